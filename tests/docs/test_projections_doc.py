"""docs/projections.md names every view and every column."""

from pathlib import Path

import pytest

from application.projections.projection import Projection
from application.projections.registry import PROJECTIONS

TEXT = (Path(__file__).parents[2] / "docs" / "projections.md").read_text()


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)
def test_every_column_is_documented_where_its_view_is(projection: Projection) -> None:
    _, _, after = TEXT.partition(f"**`{projection.name}`**")
    section = after.partition("\n\n")[0]

    assert section
    assert [name for name in projection.table.columns if f"`{name}`" not in section] == []
