"""The worker runs on every installed Python from 3.8 on, and gives the same numbers on each."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from verify.engines import EngineError, load
from verify.engines.loading import WORKER, interpreters
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


def test_every_interpreter_runs_the_folder(textbook: str, write: Callable[..., Path]) -> None:
    """``python -I -S -B verify/engines/worker/``, without anything of the harness around it."""
    load_it = {"kind": "file", "target": str(write(textbook)), "offered": []}
    request = json.dumps({"id": 1, "load": load_it}) + "\n"
    for version, python in interpreters().items():
        command = [python, "-I", "-S", "-B", WORKER]
        done = subprocess.run(command, input=request, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        loaded = json.loads(done.stdout)["loaded"]
        assert (loaded["class"], loaded["python"].rpartition(".")[0]) == ("Value", version)


@pytest.mark.parametrize("python", ["/nowhere/python", "/etc", "3.99", "/bin/ls"])
def test_what_is_no_interpreter_is_said(
    python: str, textbook: str, write: Callable[..., Path]
) -> None:
    """One message that names it."""
    with pytest.raises(EngineError, match=python) as caught:
        load(str(write(textbook)), python=python)
    assert caught.value.kind == "python"
