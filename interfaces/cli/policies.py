"""`fulfill policies`: what the policies read, and how far they have come."""

from dataclasses import asdict

from interfaces.cli.output.printing import page, print_json
from interfaces.cli.running.read_side import open_side
from interfaces.cli.usage import DONE, Json


def policies_list(*, json: Json = False) -> int:
    """List the policies: what each one reads, from where, and its position in the log."""
    from application.running.readings import reading_statuses
    from application.running.registry import READERS

    with open_side() as side:
        statuses = reading_statuses(side.log, READERS)
    if json:
        print_json([asdict(status) for status in statuses])
    else:
        rows = [(each.name, each.begins, each.position, each.behind, each.parked) for each in statuses]
        page().table(("name", "begins", "position", "behind", "parked"), rows)
    return DONE
