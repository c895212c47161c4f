"""The sources of facts."""

from enum import StrEnum


class Source(StrEnum):
    """Where a fact came from."""

    WEBHOOK = "webhook"
    LANDING_PAGE = "landing_page"
    STAFF = "staff"
    SCHEDULE = "schedule"
