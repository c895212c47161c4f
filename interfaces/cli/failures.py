"""Reports a failed command: one sentence and an exit code, as JSON with --json."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from interfaces.cli.output.printing import print_json, talk
from interfaces.cli.output.text import harmless
from interfaces.cli.usage import FAILED, WRONG_USAGE


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error means for the caller of the command."""

    code: int
    kind: str
    advice: str = ""
    """What to do, where the error's own message does not include it."""


_NOT_RECORDED = "Nothing was recorded. Try again in a moment."

MEANINGS: Mapping[str, Meaning] = {
    "interfaces.cli.usage.UsageError": Meaning(WRONG_USAGE, "wrong_usage"),
    "domain.identifiers.InvalidIdentifier": Meaning(WRONG_USAGE, "wrong_usage"),
    "interfaces.sandbox.model.errors.StripeError": Meaning(WRONG_USAGE, "wrong_usage"),
    "infrastructure.setting_values.SettingsError": Meaning(WRONG_USAGE, "wrong_setting"),
    "infrastructure.catalog_file.CatalogError": Meaning(WRONG_USAGE, "wrong_setting"),
    "infrastructure.customer_texts.own_texts.OwnTextsError": Meaning(WRONG_USAGE, "wrong_setting"),
    "infrastructure.entry_points.NotLoaded": Meaning(WRONG_USAGE, "wrong_setting"),
    "application.errors.UnknownCheckout": Meaning(FAILED, "not_found", "`fulfill run` retrieves it from Stripe."),
    "application.errors.NotFound": Meaning(FAILED, "not_found"),
    "application.errors.NotMigrated": Meaning(FAILED, "not_migrated"),
    "application.errors.UnfinishedCopy": Meaning(FAILED, "unfinished_copy"),
    "application.errors.LogMoved": Meaning(FAILED, "log_moved"),
    "application.errors.NotABackup": Meaning(FAILED, "not_a_backup"),
    "domain.errors.Refused": Meaning(FAILED, "refused"),
    "application.errors.Busy": Meaning(FAILED, "busy", _NOT_RECORDED),
    "application.errors.Stopped": Meaning(FAILED, "stopped", _NOT_RECORDED),
    "application.errors.StoreUnavailable": Meaning(FAILED, "store_unavailable", _NOT_RECORDED),
    "application.errors.LogReplaced": Meaning(FAILED, "log_replaced"),
    "domain.errors.UnreadableEvent": Meaning(
        FAILED, "unreadable_event", "Use the version of fulfill that wrote it. If it is damaged, restore a backup."
    ),
    "eventsourcing.persistence.PersistenceError": Meaning(FAILED, "store_unavailable"),
    "application.reading.views.ViewNotBuilt": Meaning(
        FAILED,
        "view_not_built",
        "Build it with `fulfill projections rebuild`. If a later version of fulfill has taken it over, use that one.",
    ),
    "application.ports.SessionUnknown": Meaning(FAILED, "unknown_to_stripe", "Nothing was recorded."),
    "application.ports.Temporary": Meaning(FAILED, "outside_unavailable", _NOT_RECORDED),
    "application.ports.Permanent": Meaning(FAILED, "outside_refused", "Nothing was recorded."),
    "application.ports.PortError": Meaning(FAILED, "outside_refused", "Nothing was recorded."),
    "builtins.OSError": Meaning(FAILED, "system"),
}
"""The one table of errors, by name, so that a wrong argument can be reported without importing the engine."""


def report(error: Exception, arguments: Sequence[str]) -> int | None:
    """Print what went wrong, and return the exit code; None for an unexpected error, which is a bug."""
    if isinstance(error, BrokenPipeError):
        return FAILED  # the reader of the output is gone
    found = meaning(error)
    if found is None:
        return None
    text = _sentence(_text(error))
    if found.advice and found.advice not in text:
        text = f"{text} {found.advice}"
    talk(f"fulfill: {text}")
    if any(argument.partition("=")[0] == "--json" for argument in arguments):
        with suppress(OSError):  # standard output may be what went wrong
            print_json({"error": {"kind": found.kind, "message": text, "exit_code": found.code}})
    return found.code


def meaning(error: Exception) -> Meaning | None:
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
    return next((MEANINGS[name] for name in names if name in MEANINGS), None)


def _text(error: Exception) -> str:
    from application.text.identifier_wording import described
    from application.text.reason_wording import in_words
    from domain.errors import Refused, UnreadableEvent
    from domain.identifiers import InvalidIdentifier
    from interfaces.cli.output.refusal_hints import with_hint

    if isinstance(error, Refused):
        return with_hint(error.refusal)
    if isinstance(error, UnreadableEvent):
        return in_words(error.reason)
    if isinstance(error, InvalidIdentifier):
        return f"A value is not {described(error.expected)}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def _sentence(text: str) -> str:
    """One line that ends as a sentence does, whatever an adapter made of it."""
    line = " ".join(harmless(text).split())
    return line if line.endswith((".", "!", "?", ")", "`")) else f"{line}."
