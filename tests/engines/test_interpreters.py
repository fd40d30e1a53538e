"""The worker runs on every installed Python from 3.8 on, and gives the same numbers on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from verify.engines import EngineError, load
from verify.engines.loading import interpreters
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASES = [Case.parse("(a * b + 2).tanh()", a=0.5, b=-1.25), Case.parse("1 / a - a**3", a=1.75)]


def test_every_interpreter_gives_the_same_answers(
    textbook: str, write: Callable[..., Path]
) -> None:
    """Its version is named, and the readings are equal to the bit."""
    found = interpreters()
    path = str(write(textbook.replace(' f"Value(data={self.data})"', ' "Value(%r)" % self.data')))
    answers = {}
    for version, python in found.items():
        with load(path, python=python) as engine:
            assert engine.info.python.startswith(f"{version}.")
            answers[version] = [engine.run(case.graph, case.point) for case in CASES]
    assert len(answers) >= 1
    assert all(answer == next(iter(answers.values())) for answer in answers.values())


@pytest.mark.parametrize("python", ["/nowhere/python", "/etc", "3.99", "/bin/ls"])
def test_what_is_no_interpreter_is_said(
    python: str, textbook: str, write: Callable[..., Path]
) -> None:
    """One message that names it."""
    with pytest.raises(EngineError, match=python) as caught:
        load(str(write(textbook)), python=python)
    assert caught.value.kind == "python"
