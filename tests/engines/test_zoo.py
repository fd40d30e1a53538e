"""Engines of every shape are adapted without configuration, and each gets its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from verify.checking.run import Plan, outcome
from verify.engines import EngineError, load
from verify.engines.loading import find_python

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(examples=40)


def interpreter(version: str | None) -> str | None:
    """An interpreter of that version; skips if there is none."""
    try:
        return version and find_python(version)
    except EngineError as error:
        pytest.skip(error.message)


@pytest.mark.slow
@pytest.mark.sample(30)
def test_every_shape_gets_its_verdict(animal: Any, tmp_path: Path) -> None:
    """No configuration, the right verdict, and the operations that are spelled oddly are found."""
    path = str(animal.build(tmp_path))
    if animal.verdict == "unusable":
        with pytest.raises(EngineError) as caught:
            load(path)
        assert (caught.value.kind, caught.value.line or 0) == animal.error
        return
    with load(path, python=interpreter(animal.python)) as engine:
        result = outcome(engine, PLAN)
        assert set(animal.ops) <= set(engine.info.adapter)
        assert engine.info.has_backward is animal.backward
    assert result.verdict == animal.verdict
    assert ("only its forward pass" in result.reason) is not animal.backward
