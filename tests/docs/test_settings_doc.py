"""docs/settings.md documents every setting."""

from pathlib import Path

from infrastructure.setting_list import SETTINGS

TEXT = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()


def test_every_setting_is_documented_as_the_code_says_it() -> None:
    rows = []
    for each in SETTINGS:
        default = "**required**" if each.is_required else f"`{each.default}`" if each.default else ""
        rows.append(f"| `{each.name}` | {default} | {each.meaning} |")

    written = [line for line in TEXT.splitlines() if line.startswith("| `")]

    assert written == rows, "docs/settings.md differs; its rows must be:\n" + "\n".join(rows)
