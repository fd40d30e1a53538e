"""What the tests of engines share: the zoo, and the tiers of isolation that this machine offers."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from verify.engines import sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

ZOO = Path(__file__).parents[1] / "zoo"
ANIMALS = runpy.run_path(str(ZOO / "zoo.py"))["animals"]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``animal``: every engine of the zoo; ``tier``: every tier, or a skip that names it."""
    if "animal" in metafunc.fixturenames:
        metafunc.parametrize("animal", [pytest.param(a, id=a.name) for a in ANIMALS])
    if "tier" in metafunc.fixturenames:
        offers = sandbox.offers()
        metafunc.parametrize(
            "tier",
            [
                pytest.param(
                    o.tier,
                    marks=() if o.works else pytest.mark.skip(reason=f"{o.tier}: {o.reason}"),
                )
                for o in offers
            ],
        )


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file of the test's own and gives its path."""

    def write_file(text: str, name: str = "engine.py") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture(scope="session")
def textbook() -> str:
    """The source of a complete engine."""
    return (ZOO / "textbook.py").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def animal_named() -> Callable[[str], Any]:
    """One engine of the zoo by its name."""
    return {a.name: a for a in ANIMALS}.__getitem__
