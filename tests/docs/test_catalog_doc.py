"""docs/catalog.md documents everything that a catalog can contain, and its examples are valid."""

import re
from pathlib import Path

import pytest

from domain.deliveries.kind import BUILT_IN
from infrastructure.catalog_file import COMMON_KEYS, KIND_KEYS, CatalogError, load_catalog

TEXT = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text()
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", TEXT, re.DOTALL | re.MULTILINE))
OWN = frozenset({"enrollment"})


def keys(text: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


def test_every_kind_is_documented_with_its_keys_and_no_others() -> None:
    assert set(SECTIONS) == BUILT_IN
    assert {kind: keys(text) for kind, text in SECTIONS.items()} == {kind: list(KIND_KEYS[kind]) for kind in SECTIONS}


def test_the_keys_of_every_rule_are_documented() -> None:
    assert keys(TEXT.partition("## The kinds")[0]) == list(COMMON_KEYS)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_used(example: str, tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text(example)

    catalog = load_catalog(file, OWN)

    assert catalog.products or catalog.prices


def test_all_examples_together_show_every_key(tmp_path: Path) -> None:
    shown = set(re.findall(r"^(\w+) = ", "".join(EXAMPLES), re.MULTILINE))

    assert shown >= {*COMMON_KEYS, *(key for kind in KIND_KEYS.values() for key in kind)}


def test_the_mistake_that_is_shown_is_refused_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sentence,) = re.findall(r"^catalog\.toml: .*", TEXT, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    Path("catalog.toml").write_text('[products.prod_Mug]\ndelivery = "shipment"\ntrack_stok = true')

    with pytest.raises(CatalogError) as refused:
        load_catalog(Path("catalog.toml"), OWN)

    assert str(refused.value) == sentence
