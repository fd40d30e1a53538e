"""Work on what a worker sent ends within a time and a memory, or is given up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sympy

from verify import bounded as module
from verify.bounded import TooMuch, bounded
from verify.expression.graph import Case
from verify.expression.reading import Formulas
from verify.prove.formulas import formula


def test_what_comes_to_an_end_is_returned() -> None:
    """As plain data; what the function did to anything else is not seen."""
    seen: list[int] = []

    def work(number: int, *, factor: int) -> tuple[int, str]:
        seen.append(number)
        return number * factor, "done"

    assert bounded(work, 7, factor=6) == (42, "done")
    assert seen == []


@pytest.mark.slow
def test_what_takes_too_long_or_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A power tower, memory without end, an exception, a process that dies: each ends here."""
    monkeypatch.setattr(module, "SECONDS", 1)
    monkeypatch.setattr(module, "MEMORY", 1 << 28)

    def tower() -> str:
        return str(sympy.Integer(3 << 60) ** sympy.Integer(3 << 24))

    def heap() -> int:
        return len(bytearray(1 << 30))

    def die() -> None:
        os._exit(7)

    def fail() -> None:
        raise KeyError("x")

    for work in (tower, heap, die, fail):
        with pytest.raises(TooMuch):
            bounded(work)


@pytest.mark.slow
def test_a_formula_that_nobody_can_simplify_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's answer is well formed; what it stands for is larger than the machine."""
    monkeypatch.setattr(module, "SECONDS", 1)
    case, huge = Case.parse("a * b", a=2.0, b=3.0), float(3 << 59)
    tree = ("pow", ("pow", huge, huge), "a")

    class Tower:
        def formulas(self, *_: object, **__: object) -> Formulas:
            return Formulas((tree,) * 3, (tree,) * 3)

    with pytest.raises(TooMuch):
        bounded(formula, Tower(), case, 0, gradient=True)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_the_work_ends_with_who_asked_for_it() -> None:
    """A process that works on a formula does not outlive the one that was killed."""
    program = (
        "import os, time\nfrom verify.bounded import bounded\n"
        "def work():\n    print(os.getpid(), flush=True)\n    time.sleep(60)\n"
        "bounded(work)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as asked:
        assert asked.stdout is not None
        worker = int(asked.stdout.readline())
        asked.kill()
        assert asked.stdout.read() == ""  # the worker holds it open as long as it lives
    assert not Path(f"/proc/{worker}/exe").exists()
