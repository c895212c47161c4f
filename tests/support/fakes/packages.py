"""Packages as an installer leaves them: modules, and beside them what importlib.metadata reads."""

from collections.abc import Mapping
from pathlib import Path

from infrastructure.entry_points import installed


def install(
    directory: Path, name: str, files: Mapping[str, str], entry_points: Mapping[str, Mapping[str, str]]
) -> None:
    """`entry_points` by group and name, as `[project.entry-points]` of a pyproject.toml has them."""
    for path, content in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(content)
    metadata = directory / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    groups = (
        "\n".join([f"[{group}]", *(f"{each} = {target}" for each, target in entries.items())])
        for group, entries in entry_points.items()
    )
    (metadata / "entry_points.txt").write_text("\n".join(groups) + "\n")
    installed.cache_clear()
