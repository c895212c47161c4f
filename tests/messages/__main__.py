"""`make messages`: bring the translations up to the texts as they are now."""

from messages.extraction import LANGUAGES, ROOT, read, update

for path in update():
    print(f"{path.relative_to(ROOT)} has changed.")
for language in LANGUAGES:
    missing = sum(1 for message in read(language) if message.id and not message.string)
    if missing:
        print(f"{language}: {missing} to translate.")
