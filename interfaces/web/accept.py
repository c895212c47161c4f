"""What a client wants to be answered with."""

import re
from collections.abc import Iterable

_JSON = "application/json"
_NOT_WANTED = re.compile(r"q=0(\.0{0,3})?")


def accepts_json(headers: Iterable[str]) -> bool:
    """Whether `Accept` names JSON, with any quality but none: https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2."""
    return any(_names_json(media_range) for header in headers for media_range in header.split(","))


def _names_json(media_range: str) -> bool:
    name, *parameters = (part.strip().lower() for part in media_range.split(";"))
    return name == _JSON and not any(_NOT_WANTED.fullmatch(parameter) for parameter in parameters)
