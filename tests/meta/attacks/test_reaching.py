"""Whose code reaches into the program that asks it is told so, and honest code never is.

The engine is right in every row: nothing but what its last lines do decides.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from verify import cli
from verify.checking.reaching import reaching
from verify.engines import load, sandbox
from verify.expression.graph import Case
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTBOOK = (Path(__file__).parents[2] / "zoo" / "textbook.py").read_text(encoding="utf-8")
MAIN = "import sys\nmain = sys.modules['__main__']\n"
SESSION = "import sys\nsession = sys.modules['_verify_worker.session']\n"
CASE = Case.parse("a * b", a=2.0, b=3.0)
SMALL = """
class Value:
    def __init__(self, data, links=()):
        self.data, self.grad, self.links = data, 0.0, links
    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))
    def backward(self):
        order, seen = [], set()
        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.links:
                    visit(parent)
                order.append(node)
        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in node.links:
                parent.grad += slope * node.grad
"""
"""An engine of which little is to be proven."""

REACHES = {
    "a function that is not there": (
        (f"{MAIN}READ = main.read_all\ndef read_all(*args): return READ(*args)\n"
         "main.read_all = read_all\n"), "__main__.read_all",
    ),
    "a function in its place": (f"{MAIN}def execute(*args): return {{}}\nmain.execute = execute\n",
                                "__main__.execute"),
    "by getattr": (f"{MAIN}getattr(main, 'read_all')\n", "__main__.read_all"),
    "by setattr": (f"{MAIN}setattr(main, 'execute', lambda *args: {{}})\n", "__main__.execute"),
    "by import": ("from __main__ import serve\n", "__main__.serve"),
    "what the program has": (f"{MAIN}print(main.sys)\n", "__main__.sys"),
    "a module of the program": (f"{SESSION}FINE = session.execute\n", "session.execute"),
    "a function of such a module": (
        f"{SESSION}session.execute = lambda *args: {{}}\n", "session.execute"
    ),
    "the names of such a module": (
        f"{SESSION}vars(session)['execute'] = lambda *args: {{}}\n", "session.execute"
    ),
    "a frame of the program": (
        ("import sys\nframe = sys._getframe()\n"
         "while 'execute' not in frame.f_globals:\n    frame = frame.f_back\n"
         "frame.f_globals['execute'] = lambda *args: {}\n"), "session.execute",
    ),
    "a method of the program": (
        ("import gc\nfor thing in gc.get_objects():\n"
         "    if getattr(thing, '__qualname__', '') == 'Session' and isinstance(thing, type):\n"
         "        thing.run = lambda *args: {}\n"), "session.Session.run",
    ),
    "the code of a function": (
        f"{SESSION}vars(session)['refusal'].__code__ = (lambda problem: {{}}).__code__\n",
        "session.refusal",
    ),
}  # fmt: skip
"""Lines below a right engine, and what is told."""

HONEST = {
    "a program": "if __name__ == '__main__':\n    print(Value(1.0))\n",
    "whether there is a file": "import __main__\nFILE = hasattr(__main__, '__file__')\n",
    "whether it is a notebook": "import __main__\nIPY = getattr(__main__, 'get_ipython', None)\n",
    "whether it is typed at": "import sys\nPS1 = hasattr(sys.modules['__main__'], 'ps1')\n",
    "with a way out": "import __main__\ntry:\n    print(__main__.ps1)\nexcept AttributeError:\n"
    "    pass\n",
    "a class that is unpickled": "import __main__, pickle\n__main__.Value = Value\n"
    "print(__main__.Value, pickle.loads(pickle.dumps(Value)))\n",
    "a setting": "import __main__\n__main__.SEED = 3\nprint(__main__.SEED)\n",
    "pickle looks everywhere": "import pickle\nf = lambda: 1\nf.__module__ = None\n"
    "f.__qualname__ = 'execute'\ntry:\n    pickle.dumps(f)\nexcept Exception:\n    pass\n",
    "inspect looks everywhere": "import inspect, sys\ninspect.stack()\n"
    "for module in list(sys.modules.values()):\n    inspect.getmembers(module)\n",
    "a doctest": "import doctest\ndoctest.testmod()\n",
    "the files of all modules": "import sys\n"
    "FILES = [getattr(m, '__file__', '') for m in list(sys.modules.values())]\n",
    "who calls": "import sys\nNAME = sys._getframe(1).f_globals.get('__name__')\n",
    "timeit": "import timeit\ntry:\n    timeit.timeit('f()', 'from __main__ import f')\n"
    "except ImportError:\n    pass\n",
    "types": "import typing, dataclasses\n@dataclasses.dataclass\nclass P:\n    x: 'float'\n"
    "typing.get_type_hints(P)\n",
}
"""What stands below honest engines."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every row in every tier; in one of them it is no search."""
    for name, rows in (("reaches", REACHES), ("honest", HONEST)):
        if name in metafunc.fixturenames:
            metafunc.parametrize((name, "tier"), list(in_tiers(rows)))


def in_tiers(rows: dict[str, Any]) -> Iterator[Any]:
    """Each row in each tier."""
    for place, name in enumerate(rows):
        had = [offer.tier for offer in sandbox.offers() if offer.works]
        for offer in sandbox.offers():
            search = offer.tier != had[place % len(had)]
            marks = [pytest.mark.search] if search else []
            if not offer.works:
                marks.append(pytest.mark.skip(reason=f"{offer.tier}: {offer.reason}"))
            yield pytest.param(name, offer.tier, id=f"{offer.tier}: {name}", marks=marks)


def test_who_reaches_into_the_program_is_told_what(
    reaches: str, tier: str, tmp_path: Path
) -> None:
    """With the name, and with the line, where somebody was seen to do it; it is a finding."""
    lines, name = REACHES[reaches]
    path = tmp_path / "engine.py"
    path.write_text(f"{TEXTBOOK}\n{lines}")
    with load(str(path), isolation=f"{tier}!") as engine:
        told = dict(engine.info.reaches)
        found = reaching(engine)
    assert name in told
    line = told[name]
    assert line is None or name.rpartition(".")[2] in path.read_text().splitlines()[line - 1]
    assert found is not None
    assert found[0].diagnosis.title == "it reaches into the program that asks it"
    assert found[1].judgement.verdict == "wrong"


def test_honest_code_is_not_told_that_it_reaches_into_a_program(
    honest: str, tier: str, tmp_path: Path
) -> None:
    """What people write below their engines, and what libraries look at for them."""
    path = tmp_path / "engine.py"
    path.write_text(f"{TEXTBOOK}\n{HONEST[honest]}")
    with load(str(path), isolation=f"{tier}!") as engine:
        assert engine.info.reaches == ()
        assert engine.run(CASE.graph, CASE.point)[-1].raised is None
        assert reaching(engine) is None


def test_a_helper_may_look_for_what_its_program_defines(tmp_path: Path) -> None:
    """Where the other file is run as a program, that is what it finds."""
    helper = "import __main__\ndef step():\n    return __main__.step_of(3)\n"
    (tmp_path / "helper.py").write_text(helper)
    path = tmp_path / "engine.py"
    below = "def step_of(x): return x\ntry: helper.step()\nexcept AttributeError: pass\n"
    path.write_text(f"import helper\n{TEXTBOOK}\n{below}")
    with load(str(path)) as engine:
        assert engine.info.reaches == ()


@pytest.mark.parametrize("name", ["engine.ipynb", "helper.py"])
def test_it_is_told_in_which_cell_or_file(name: str, tmp_path: Path) -> None:
    """Notebooks and helpers are an engine's own code, too."""
    bad = f"{MAIN}READ = main.read_all\ndef show():\n    return READ\n"
    target = tmp_path / "engine.ipynb"
    if name == "engine.ipynb":
        cells = [{"cell_type": "code", "source": text} for text in (TEXTBOOK, bad)]
        target.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    else:
        (tmp_path / name).write_text(f"{MAIN}main.execute = lambda: 0\n")
        target = tmp_path / "engine.py"
        target.write_text(f"import helper\n{TEXTBOOK}")
    with load(str(target)) as engine:
        told = [words for words, _ in engine.info.reaches]
    expected = {"engine.ipynb": "__main__.read_all in cell 2",
                "helper.py": "__main__.execute in helper.py"}  # fmt: skip
    assert told == [expected[name]]


def test_what_is_reached_for_later_is_no_answer(tmp_path: Path) -> None:
    """In the middle of a pass, too; what is asked next is judged by its numbers again."""
    path = tmp_path / "engine.py"
    lines = (
        f"{SESSION}FINE = Value.backward\ndef backward(self):\n    FINE(self)\n"
        "    if self.data == 12.5:\n        session.execute = session.execute\n"
        "Value.backward = backward\n"
    )
    path.write_text(f"{TEXTBOOK}\n{lines}")
    late = Case.parse("a * b", a=2.5, b=5.0)
    with load(str(path)) as engine:
        assert engine.info.reaches == ()
        said = [engine.run(case.graph, case.point)[-1].raised for case in (CASE, late, CASE)]
    assert said[0] is said[2] is None
    assert said[1] is not None
    assert (said[1].type, said[1].during) == ("protocol", "answer")
    assert "session.execute" in said[1].message


@pytest.mark.slow
def test_nothing_is_proven_of_who_reaches_into_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each formula is right; the code that says so is not to be believed."""
    monkeypatch.chdir(tmp_path)
    Path("engine.py").write_text(f"{SMALL}{REACHES['a function that is not there'][0]}")
    done = CliRunner().invoke(cli.main, ["prove", "engine.py"])
    assert done.exit_code == Exit.WRONG
    words = " ".join(done.stderr.split())
    assert "its code reaches into the program that asks it: __main__.read_all, line" in words


@pytest.mark.parametrize(("verb", "so"), [
    (["record", "engine.py", "-o", "golden.jsonl", "--cases", "4"], "nothing is recorded of it"),
    (["compare", "engine.py", "engine.py", "--examples", "4", "--no-cost"],
     "its answers are not believed"),
])  # fmt: skip
def test_every_verb_tells_who_reaches_into_the_program(
    verb: list[str], so: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers are right and alike; they are neither kept nor compared in silence."""
    monkeypatch.chdir(tmp_path)
    Path("engine.py").write_text(f"{SMALL}{REACHES['a function that is not there'][0]}")
    done = CliRunner().invoke(cli.main, verb)
    assert done.exit_code == Exit.WRONG
    words = " ".join(done.stderr.split())
    assert f"engine.py: {so}: its code reaches into the program that asks it" in words
    assert not Path("golden.jsonl").exists()
