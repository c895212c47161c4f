"""Times as people give them to a command, and the zone in which a command shows them."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from interfaces.cli.usage import SettingsSource, UsageError, shown

MOMENT_OR_DAY = "2026-11-24T09:00:00Z, or 2026-11-24 (a day of the shop)"
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?P<time>[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_PRINTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)


class _ThisMachine(tzinfo):
    """The zone of the machine, with the offset that each moment has there."""

    def fromutc(self, dt: datetime) -> datetime:
        return dt.replace(tzinfo=UTC).astimezone()

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, dt: datetime | None) -> timedelta | None:  # noqa: ARG002 - as of every zone
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()


def shown_zone(time_zone: str | None, *, local: bool) -> tzinfo:
    """The zone that --time-zone names, or --local means; else UTC.

    Raises:
        UsageError: both are given, or there is no zone with this name.
    """
    if time_zone is not None and local:
        raise UsageError("Use either --time-zone or --local.")
    return _ThisMachine() if local else UTC if time_zone is None else zone(time_zone, "--time-zone")


def zone(text: str, option: str) -> tzinfo:
    """The zone with this name in the IANA database, such as Europe/Berlin or UTC.

    Raises:
        UsageError: there is none.
    """
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones, such as Europe
        raise UsageError(
            f"{option} must be the IANA name of a time zone such as Europe/Berlin (got {shown(text)})."
        ) from error


def moment(text: str, option: str) -> datetime:
    """RFC 3339, or a day, which means its beginning; in the shop's zone where none is named.

    Raises:
        UsageError: it is neither.
    """
    first, _ = _first_and_next(text, option)
    return first


def last_moment(text: str, option: str) -> datetime:
    """The same, but a day means its end, so that the whole day is included."""
    first, following = _first_and_next(text, option)
    return first if following == first else following - _TICK


def printed_moment(text: str) -> datetime | None:
    """What `exact` has printed in UTC; None if `text` is anything else."""
    try:
        return datetime.fromisoformat(text) if _PRINTED.fullmatch(text) else None
    except ValueError:
        return None


def period(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The first moment of --since, and the moment behind --until: of a day, the beginning of the next one.

    Raises:
        UsageError: one of them is no time and no day, or there is nothing between them.
    """
    first = None if since is None else moment(since, "--since")
    behind = None if until is None else _first_and_next(until, "--until")[1]
    if since is not None and until is not None and first is not None and behind is not None and first >= behind:
        raise UsageError(
            f"--since must be before --until (got {shown(since)} and {shown(until)}), since no checkout is between "
            "them. Choose an earlier --since or a later --until."
        )
    return first, behind


def _first_and_next(text: str, option: str) -> tuple[datetime, datetime]:
    """The beginning of a day and of the next one; of a time, twice the same.

    Raises:
        UsageError: it is neither.
    """
    found = _MOMENT.fullmatch(text.upper())
    try:
        if found and found["time"] is None:
            day = date.fromisoformat(found["day"])
            return _midnight(day), _midnight(day + _DAY)
        if found:
            read = datetime.fromisoformat(text.upper())
            read = (read.replace(tzinfo=_shop_zone()) if read.tzinfo is None else read).astimezone(UTC)
            return read, read
    except (ValueError, OverflowError):
        pass
    raise UsageError(
        f"{option} must be a time such as 2026-11-24T09:00:00Z or a date such as 2026-11-24 (got {shown(text)})."
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=_shop_zone()).astimezone(UTC)


def _shop_zone() -> ZoneInfo:
    return SettingsSource().time_zone()
