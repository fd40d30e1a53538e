"""The worker runs on every installed Python from 3.8 on, and gives the same numbers on each."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from verify.engines import EngineError, load
from verify.engines.loading import WORKER, ask_python, installed_pythons
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASES = [Case.parse("(a * b + 2).tanh()", a=0.5, b=-1.25), Case.parse("1 / a - a**3", a=1.75)]


def interpreters() -> dict[str, str]:
    """One for each version from 3.8 on: ``3.9`` and where it is."""
    versions = {python: ask_python(python).version for python in installed_pythons()}
    return {f"{version[0]}.{version[1]}": python for python, version in versions.items()}


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


def test_an_interpreter_is_asked_with_its_hands_tied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets no secret of ours, writes no file, and an answer without an end is cut off."""
    monkeypatch.setenv("HARNESS_SECRET", "xyzzy")
    for name, text in {
        "spy": f'[ "$HARNESS_SECRET" ] && touch {tmp_path}/secret; exec {sys.executable} "$@"',
        "writes": f'echo x > {tmp_path}/written; exec {sys.executable} "$@"',
        "flood": "yes",
    }.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    assert ask_python(str(tmp_path / "spy")).version[0] == 3
    assert not (tmp_path / "secret").exists()
    ask_python(str(tmp_path / "writes"))
    assert not (tmp_path / "written").exists() or not (tmp_path / "written").read_bytes()
    with pytest.raises(EngineError, match="flood does not run"):
        ask_python(str(tmp_path / "flood"))


@pytest.mark.parametrize("python", ["/nowhere/python", "/etc", "3.99", "/bin/ls"])
def test_what_is_no_interpreter_is_said(
    python: str, textbook: str, write: Callable[..., Path]
) -> None:
    """One message that names it."""
    with pytest.raises(EngineError, match=python) as caught:
        load(str(write(textbook)), python=python)
    assert caught.value.kind == "python"
