"""Code, docs, commands, pages and mails use the words of the field, in US spelling.

Each entry of `AVOIDED` is a rule: words that a reader stumbles over, and what to write in their place. Names count as
prose: `_told`, `ToldLine` and `told_lines` are found as `told` is.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SPEECHLESS = (
    "code|command|document|docstring|comment|message|error|exception|log|store|table|setting|header|prefix|shape|stderr|"
    "stdout|resolver|process|worker|server|method|function|test|story|id|parameter|output|view|query|answer"
)
"""Things that people read. Stripe, a person, a mail and a page may say something, and so may a rule of the catalog."""
AVOIDED: Mapping[str, str] = {
    "tell|tells|told|telling|untold": "report, show, notify, distinguish",
    f"(?:{_SPEECHLESS})s? (?:say|says|said)": "names, shows, contains, lists, documents, depends on",
    r"md`? (?:says?|said)": "documents, describes",
    "(?:say|says|said|saying) so": "report it, show it, name it, mark it",
    "(?:is|are|was|were|be|been) said": "is reported, is shown; the message about it",
    "nobody|somebody|everybody|anybody": "the component or person: no process, a worker, every customer, a stranger",
    "whoever|whomever": "the component or person that does it: a process that, the caller, customers who",
    "anew|afresh": "again, or the verb itself: rebuild, replan, restart, recreate",
    "for ever": "forever; never changes; permanent",
    "seldom": "rarely; throttled",
    "trouble|troubles": "error, failure, problem",
    "(?:go|goes|going|gone|went) on with": "continue, resume",
    "(?:come|comes|came|coming) to rest": "finish; have no work left",
    "(?:keep|keeps|kept) aside": "park, hold",
    "(?:hear|hears|heard|hearing) of": "know, learn of, receive",
    "in earnest": "in production",
    "of no use": "useless, unused",
    "all by itself": "by itself, automatically",
    "whose it is": "the name of the owner: its buyer, its worker",
    "no longer so|so any more|is so by then": "out of date, current",
    "licence|licences": "license",
    "colour|colours|coloured": "color",
    "behaviour|neighbour|honour|favour|favourite": "behavior, neighbor, honor, favor",
    "catalogue|catalogues": "catalog; reference",
    "centre|cheque|grey|programme|instalment|judgement|defence": "center, check, gray, program, installment, judgment",
    "fulfil|fulfils|enrol|enrols|enrolment": "fulfill, enroll",
    "cancelled|cancelling|labelled|travelled|modelled": "canceled, canceling, labeled",
    "towards|whilst|amongst": "toward, while, among",
    r"analyse|analysed|\w*synchronis\w+|\w*(?:organ|recogn|serial|initial|normal|author|custom|final|minim|maxim|optim|"
    r"summar|general|special|emphas|real|util|visual|categor|prior|standard|anonym|neutral|stabil|canonical)"
    r"is(?:e|ed|es|er|ing|ation)": "analyze, -ize, -ization",
}
NAMES_OF_OTHERS = re.compile(r"\.cancelled\(\)|CancelledError|\blog\.tell\(\)|`nobody`|getpwnam\(\"nobody\"\)")
"""Names of Python and of the operating system."""
_STORED = "it is in a sentence that logs have stored"
_MISSPELLED = "it is a setting with a spelling mistake"
EXCEPTIONS: Mapping[str, Mapping[str, str]] = {
    "domain/former_sentences.py": {"anew": _STORED, "nobody": _STORED, "no longer so": _STORED},
    "tests/infrastructure/event_store/test_former_sentences.py": {
        "anew": _STORED,
        "nobody": _STORED,
        "no longer so": _STORED,
    },
    "tests/infrastructure/test_settings.py": {"catalogue": _MISSPELLED},
    "tests/fuzz/targets/settings.py": {"fulfil": _MISSPELLED},
    "interfaces/cli/arguments/key_header.py": {"licence": _MISSPELLED, "licences": _MISSPELLED},
    "tests/interfaces/cli/test_keys.py": {"licence": "it is French"},
    "tests/infrastructure/customer_texts/test_language.py": {"licence": "it is French"},
}
"""By file, the words that it has to have, each with the reason."""

READ = (
    *(
        ROOT / room
        for room in ("domain", "application", "infrastructure", "interfaces", "tests", "docs", "scripts", ".ci")
    ),
    *(ROOT / file for file in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml")),
)
UNREAD = (
    Path(__file__),
    ROOT / "tests/golden/texts",  # the languages of customers
)
SUFFIXES = {"", ".py", ".md", ".html", ".txt", ".js", ".css", ".toml"}
_WORDS_OF_A_NAME = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GAP = r"[\s#]+"
_RULES = [
    (re.compile(words.replace(r"\w*", "")), re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.IGNORECASE), instead)
    for words, instead in ((words.replace(" ", _GAP), instead) for words, instead in AVOIDED.items())
]
"""First what is quickly looked for in lower case: without it, a file has nothing that the second finds."""


def files() -> Iterator[Path]:
    for place in READ:
        found = [place] if place.is_file() else sorted(place.rglob("*"))
        read = (path for path in found if not any(path.is_relative_to(unread) for unread in UNREAD))
        yield from (path for path in read if path.is_file() and path.suffix in SUFFIXES)


def avoided(text: str) -> Iterator[tuple[int, str, str]]:
    """The line, the words and what to write in their place, of each place that breaks a rule."""
    prose = _WORDS_OF_A_NAME.sub(" ", NAMES_OF_OTHERS.sub("", text))
    in_lower_case = prose.lower()
    for hint, pattern, instead in _RULES:
        for match in pattern.finditer(prose) if hint.search(in_lower_case) else ():
            yield prose.count("\n", 0, match.start()) + 1, " ".join(match.group().split()), instead


@pytest.mark.parametrize("path", list(files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_uses_the_words_of_the_field(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    allowed = EXCEPTIONS.get(name, {})

    found = [
        f"{name}:{line}: {words!r}. Better: {instead}"
        for line, words, instead in avoided(path.read_text())
        if words.lower() not in allowed
    ]

    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def _told(error): ...", "told"),
        ("class ToldLine: ...", "Told"),
        ("Whoever reads it", "Whoever"),
        ("kept for\n    ever", "for ever"),
        ("# goes on\n    # with it", "goes on # with"),
        ("the licence of a colour", "licence"),
        ("synchronisation", "synchronisation"),
        ("as the log's message says", "message says"),
        ("docs/cli.md` says why", "md` says"),
        ("its tables said otherwise", "tables said"),
        ("and it says\n    so", "says so"),
        ("it is no\n    longer so", "no longer so"),
    ],
)
def test_a_word_is_found_wherever_it_hides(text: str, words: str) -> None:
    assert words in [found for _, found, _ in avoided(text)]


@pytest.mark.parametrize(
    "text",
    [
        "a stole, untolden",
        "job.cancelled() or CancelledError",
        "licensed, colors, likewise",
        "Stripe says that it is paid",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert not list(avoided(text))


def test_every_exception_is_still_needed() -> None:
    for name, words in EXCEPTIONS.items():
        found = {found.lower() for _, found, _ in avoided((ROOT / name).read_text())}
        assert set(words) <= found, f"{name} no longer has {set(words) - found}"
