"""Builds the engines of ``zoo.toml``: a start, edits to it, and the verdict it must get."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Animal:
    """One engine of the zoo; the fields are explained at the top of ``zoo.toml``."""

    name: str
    aspect: str
    start: str
    edits: tuple[tuple[str, str], ...] = ()
    prepend: str = ""
    append: str = ""
    encoding: str = "utf-8"
    verdict: str = "correct"
    ops: tuple[str, ...] = ()
    error: tuple[str, int] | None = None
    python: str | None = None
    backward: bool = True

    def build(self, folder: Path) -> Path:
        """Write it into a folder.

        Raises:
            ValueError: for an edit that finds nothing, so that no variant is silently the original.
        """
        source = HERE / self.start
        if source.parent != HERE:  # a file that needs those beside it
            shutil.copytree(source.parent, folder / source.parent.name)
            return folder / source.parent.name / source.name
        if source.is_dir():
            return Path(shutil.copytree(source, folder / source.name))
        text = self.prepend + source.read_text(encoding="utf-8")
        for old, new in self.edits:
            if old not in text:
                raise ValueError(f"{self.name}: {old!r} is not in {self.start}")
            text = text.replace(old, new)
        path = folder / f"{self.name.replace('.', '_')}{source.suffix}"
        path.write_bytes((text + self.append).encode(self.encoding))
        return path


def animals() -> list[Animal]:
    """All of them, in the order of the file."""
    rows = tomllib.loads((HERE / "zoo.toml").read_text(encoding="utf-8"))["engine"]
    frozen = [
        {
            k: tuple(map(tuple, v)) if k == "edits" else tuple(v) if isinstance(v, list) else v
            for k, v in r.items()
        }
        for r in rows
    ]
    return [Animal(**row) for row in frozen]
