"""The formats of the program's log."""

from enum import StrEnum


class LogFormat(StrEnum):
    JSON = "json"
    TEXT = "text"
