"""What the command line adds to a refusal: the option or the command that helps."""

from collections.abc import Mapping

from application.text.refusal_wording import in_sentences
from domain.refusal import Refusal, RefusalCode, Typed

_DECISION = "`fulfill replan` delivers it by the catalog, `fulfill cancel` does not."

HINTS: Mapping[RefusalCode, str] = {
    RefusalCode.NO_MANUAL_LINE: "Name the delivered lines with --line.",
    RefusalCode.PAID_TWICE: _DECISION,
    RefusalCode.PAID_AFTER_CANCELLATION: _DECISION,
    RefusalCode.SHIPPED_ALREADY: "`fulfill unship` undoes a parcel.",
    RefusalCode.SEVERAL_PARCELS: "Name one with --parcel.",
    RefusalCode.SEVERAL_LINES_WITH_KEYS: "Name one with --line.",
    RefusalCode.UNKNOWN_KEY: "`fulfill keys show` shows them with their numbers.",
    RefusalCode.KEYS_REVOKED_BEFORE: "Name the keys with --number; `fulfill keys show` numbers them.",
    RefusalCode.NEW_KEYS_AWAITED: "`fulfill keys import {pool} FILE` adds some.",
    RefusalCode.KEYS_WAIT_FOR_STOCK: "Deliver it with them by `fulfill stock count` or `fulfill complete`.",
    RefusalCode.MAIL_FAILED: "`fulfill retry` sends it.",
    RefusalCode.SEVERAL_MAILS: "Name one with --occasion.",
    RefusalCode.NO_ADDRESS_TO_RESEND: "Add --to, or set one with `fulfill readdress` first.",
    RefusalCode.NO_ADDRESS_TO_NOTIFY: "Leave out --notify, or set one with `fulfill readdress` first.",
    RefusalCode.NOTIFIED_TOO_EARLY: "Leave out --notify.",
    RefusalCode.NOT_RETRIEVED: "Run `fulfill run`, then try again.",
    RefusalCode.REPORTED_MEANWHILE: "If its retrieval failed, `fulfill retry` repeats it.",
    RefusalCode.OF_OTHER_ACCOUNT: "`fulfill dismiss` takes it out of the queue.",
    RefusalCode.LINES_OF_OTHER_APPLICATION: (
        "If it is yours, correct `[sessions]` in the catalog, then run `fulfill retry`."
    ),
    RefusalCode.LINES_OF_OTHER_ACCOUNT: "Use the settings of the shop that it belongs to.",
    RefusalCode.ONLY_AS_A_WHOLE: "Leave out --line.",
    RefusalCode.NOTHING_CORRECTED: "Name what changes, such as --line1 or --postal-code.",
    RefusalCode.ADDRESS_INCOMPLETE: "Add what is missing of --line1, --city and --country.",
    RefusalCode.PART_NEEDED: "Leave out {option} to keep that part as it is.",
    RefusalCode.PART_TOO_LONG: "Correct {option}.",
    RefusalCode.PART_OF_PUNCTUATION: "Correct {option}.",
    RefusalCode.NOT_A_PHONE_NUMBER: "Correct --phone.",
    RefusalCode.STRIPE_EVENT_HANDLED: "If its checkout is stuck, retry that.",
    RefusalCode.UNPRINTABLE_TEXT: "Correct {option}.",
    RefusalCode.ROUNDED_TRACKING: "Correct --tracking.",
}
"""By code, with the names of parameters in braces; `option` is that of what was typed."""

OPTIONS: Mapping[str, str] = {
    Typed.ACTOR: "--as",
    Typed.REASON: "--reason",
    Typed.CARRIER: "--carrier",
    Typed.TRACKING: "--tracking",
    Typed.NAME: "--name",
    Typed.PHONE: "--phone",
    Typed.LINE1: "--line1",
    Typed.LINE2: "--line2",
    Typed.CITY: "--city",
    Typed.POSTAL_CODE: "--postal-code",
    Typed.STATE: "--state",
    Typed.COUNTRY: "--country",
}


def with_hint(refusal: Refusal) -> str:
    """Return the sentences about the refusal, and what helps on the command line."""
    hint, said = HINTS.get(refusal.code), refusal.parameters
    if hint is None:
        return in_sentences(refusal)
    option = OPTIONS.get(said.get("part") or said.get("typed") or "", "")
    return f"{in_sentences(refusal)} {hint.format_map({**said, 'option': option})}"
