"""Tasks of the queue for programs."""

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from application.reading.answers import WorkItem


def task_fields(item: "WorkItem") -> dict[str, object]:
    """Return the fields of a task, by the names that programs rely on."""
    return {
        "subject": item.subject,
        "kind": item.kind,
        "item": item.item,
        "detail": item.detail,
        "why": asdict(item.why),
        "since": item.since,
        "retry_at": item.retry_at,
    }
