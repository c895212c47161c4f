"""How the lines of the log are written."""

from enum import StrEnum


class LogFormat(StrEnum):
    JSON = "json"
    TEXT = "text"
