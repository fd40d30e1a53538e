"""What Linux has and other systems lack is not needed, and a report says what isolation is left."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("platforms.py")
OURS = str(ROOT / "micrograd/engine.py")
_SPEC = importlib.util.spec_from_file_location("platforms", SCRIPT)
assert _SPEC is not None
assert _SPEC.loader is not None
platforms: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(platforms)
WHATS = ("all", *[pytest.param(what, marks=pytest.mark.slow) for what in platforms.ABSENT])


def run(what: str, program: str, **environment: str) -> str:
    """What a program prints where something is absent."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), what, program], cwd=ROOT, env={**os.environ, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def verbs(*lines: str) -> str:
    """A program that runs each line as a command and prints its code and its output."""
    return (
        "from click.testing import CliRunner\nfrom verify import cli\n"
        f"for words in {[line.split() for line in lines]!r}:\n"
        "    done = CliRunner(env={'COLUMNS': '80'}).invoke(cli.main, words)\n"
        "    print(done.exit_code)\n    print(done.stdout)\n"
    )


@pytest.mark.parametrize("what", WHATS)
def test_the_doors_open(what: str) -> None:
    """``--version`` and ``--help`` need nothing of the system."""
    first, second, *_, = run(what, verbs("--version", "check --help")).split("\n0\n")
    assert (first[:9], second[:6]) == ("0\nverify ", "Usage:")


LOADED = f"""
import json
import verify
from micrograd.engine import Value

case = verify.Case.parse("a * b + a", a=2.0, b=-3.0)
answers = []
for named in ({OURS!r}, Value):
    with verify.load(named) as engine:
        (reading,) = engine.run(case.graph, case.point)
        answers.append([engine.info.isolation, reading.gradients])
print(json.dumps(answers))
"""


@pytest.mark.parametrize("what", WHATS)
def test_engines_run_and_name_their_isolation(what: str) -> None:
    """A file in a process of its own, a class in this one: right numbers, and no tall claims."""
    file, thing = json.loads(run(what, LOADED))
    assert file == ["weak: a process of its own, limits of time alone", [-2.0, 2.0, 1.0, 1.0]]
    assert thing == ["none: in this process", [-2.0, 2.0, 1.0, 1.0]]


HANGS = """
class Value:
    def __init__(self, data):
        self.data, self.grad = data, 0.0
    def __add__(self, other):
        return Value(self.data + other.data)
    __mul__ = __add__
    def backward(self):
        while True:
            pass
"""
ASKED = """
import verify
from verify.engines import Limits

limits = Limits(seconds=0.2, load_seconds=1.0, total_seconds=4.0)
try:
    with verify.load("hangs.py", limits=limits) as engine:
        case = verify.Case.parse("a * a", a=2.0)
        print(engine.run(case.graph, case.point)[-1].raised.type)
except verify.EngineError as error:
    print(error.kind)
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["all"])
def test_what_hangs_is_ended_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    """The clock alone ends a loop; neither a process nor a folder is left."""
    (tmp_path / "hangs.py").write_text(HANGS)
    (tmp_path / "temporary").mkdir()
    program = f"import os\nos.chdir({str(tmp_path)!r})\n{ASKED}"
    said = run(what, program, TMPDIR=str(tmp_path / "temporary"))
    assert said.strip() in {"timeout", "endless"}
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.search
@pytest.mark.parametrize("what", ["all"])
def test_a_whole_check(what: str) -> None:
    """``check FILE``, ``verify.check(Value)`` and ``explain``: a verdict, and the isolation."""
    program = verbs(f"check --examples 4 {OURS}", f"explain a*b a=2 b=3 --engine {OURS}")
    program += "import verify\nfrom micrograd.engine import Value\n"
    program += "done = verify.check(Value, examples=4)\nprint(done.verdict, done.engine.isolation)"
    checked, explained = run(what, program).split("\n0\n")
    assert checked.startswith("0\nCORRECT")
    assert "isolation: weak" in checked
    assert "slope of c by" in explained
    assert explained.endswith("\ncorrect none: in this process\n")
