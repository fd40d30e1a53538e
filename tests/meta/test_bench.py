"""The measurements of ``bench/`` start: what they take from the harness is there."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Final

import pytest

BENCH: Final = sorted((Path(__file__).parents[2] / "bench").glob("*.py"))


@pytest.mark.parametrize("script", BENCH, ids=lambda path: path.stem)
def test_what_a_measurement_imports_is_there(script: Path) -> None:
    """Names that moved are missed here, and not when a figure is due; inside of functions too."""
    wanted = [
        (node.module, name.name)
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("verify")
        for name in node.names
    ]
    assert [each for each in wanted if not is_there(*each)] == []


def is_there(module: str | None, name: str) -> bool:
    """Whether a module has something of this name, or is a package with a module of it."""
    found = importlib.import_module(module or "")
    package = hasattr(found, "__path__")
    return hasattr(found, name) or (
        package and importlib.util.find_spec(f"{module}.{name}") is not None
    )
