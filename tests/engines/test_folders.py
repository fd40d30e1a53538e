"""A folder is one engine: the report says in which file it is, and two are never one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from verify.engines import EngineError, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FUNCTIONS = """
class Cell: pass
def add(a, b): return None
def mul(a, b): return None
def backward(a): return None
"""
PATCHED = """
class Value:
    def __init__(self, data): self.data = data
def plus(a, b): return Value(a.data + b.data)
Value.__add__ = plus
Value.data_of = Value.__init__.x = None
def backward(a): pass
"""
DERIVED = """
try:
    class Base:
        __add__ = __mul__ = None
except ValueError:
    pass
class Value(Base):
    if True:
        def backward(self): pass
"""
VECTOR = """
class Vector:
    size: int = 2
    def __add__(self, other): return self
"""


def notebook(*cells: str) -> str:
    """A notebook's text, one code cell each."""
    return json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells], "nbformat": 4})


def fill(folder: Path, files: Mapping[str, str]) -> str:
    """A folder of such files; its path."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, encoding="latin-1")
    return str(folder)


def refused(path: str, overrides: Mapping[str, str] | None = None) -> EngineError:
    """Why a folder cannot be judged."""
    with pytest.raises(EngineError) as caught:
        load(path, overrides=overrides)
    return caught.value


@pytest.mark.parametrize(
    "other",
    [
        {"b.py": FUNCTIONS},
        {"b.py": PATCHED},
        {"b.py": DERIVED},
        {"b.py": "import os; os._exit(0)\n" + DERIVED},
        {"b.py": "def early(): pass\nclass Value:\n  def __add__(s): return (\n  def backward("},
        {"b.py": "# Müller\nTEXTBOOK"},
        {"b.ipynb": "TEXTBOOK"},
        {"b.ipynb": "CUT"},
        {"__init__.py": "import math", "b.py": DERIVED},
    ],
    ids=[
        "functions",
        "patched",
        "derived",
        "exits",
        "broken",
        "encoding",
        "notebook",
        "cut",
        "package",
    ],
)
def test_several_submissions_are_refused_by_name(
    other: dict[str, str], textbook: str, tmp_path: Path
) -> None:
    """Whatever is wrong with one of them: no file is judged in the name of both."""
    second = max(other)
    text = {n: notebook(textbook) if n.endswith("ipynb") else textbook for n in other}
    told = {n: t.replace("TEXTBOOK", text[n]) for n, t in other.items()}
    told = {n: t.replace("CUT", notebook(textbook)[:-9]) for n, t in told.items()}
    said = refused(fill(tmp_path, {"a.py": textbook, **told}))
    assert said.kind == "several"
    assert "2 engines" in said.message
    assert f"a.py (class Value), {second} (class " in said.message
    assert f"verify check {tmp_path}/*" in said.message


def test_a_class_of_many_is_told_in_short(textbook: str, tmp_path: Path) -> None:
    """Eight names are enough; the shell pattern is quoted."""
    folder = tmp_path / "hand in"
    said = refused(fill(folder, {f"{n:02}.py": textbook for n in range(10)}) + "/").message
    assert "07.py (class Value), 2 more; " in said
    assert said.endswith(f"verify check '{folder}'/*.py")


def test_the_class_chooses_where_one_file_has_it(textbook: str, tmp_path: Path) -> None:
    """The other engine's file is not even run; a class that two files have chooses nothing."""
    files = {
        "a.py": textbook,
        "b.py": "import os; os._exit(0)\n" + textbook.replace("Value", "Scalar"),
        "helper.py": VECTOR,
    }
    path = fill(tmp_path, files)
    with load(path, overrides={"class": "Value"}) as engine:
        assert "the engine is in a.py" in engine.info.notes
    with load(path + ":Value") as engine:
        assert engine.info.class_name == "Value"
    fill(tmp_path, {"c.py": textbook})
    assert refused(path, {"class": "Value"}).kind == "several"


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"z.py": "TEXTBOOK", "a.py": VECTOR, "test_z.py": "from z import Value"}, "z.py"),
        ({"a.ipynb": "NOTEBOOK"}, "a.ipynb"),
        ({"a.ipynb": "NOTEBOOK", "plots.py": "import math"}, "a.ipynb"),
        ({"z.py": "TEXTBOOK", "demo.ipynb": '{"cells": []}'}, "z.py"),
        (
            {"__init__.py": "from .b import Value", "b.py": "TEXTBOOK", "c.py": "TEXTBOOK"},
            "b.py",
        ),
        ({"__init__.py": "", "inner/__init__.py": "", "inner/b.py": "TEXTBOOK"}, "inner/b.py"),
    ],
)
def test_one_engine_is_judged_and_its_file_named(
    files: dict[str, str], where: str, textbook: str, tmp_path: Path
) -> None:
    """Helpers, tests and notebooks that define none are no engines."""
    texts = {"TEXTBOOK": textbook, "NOTEBOOK": notebook("%matplotlib", textbook)}
    path = fill(tmp_path / "project", {name: texts.get(t, t) for name, t in files.items()})
    with load(path) as engine:
        assert engine.info.notes[0] == f"the engine is in {where}"


@pytest.mark.parametrize("package", [{}, {"__init__.py": ""}], ids=["files", "package"])
@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("import matplotlib.pyplot as plt\nplt.plot([1])", "matplotlib is not available here"),
        ("size = int(input())", "EOFError"),
        ("open('weights.bin')", "No such file or directory: 'weights.bin'"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
    ],
    ids=["library", "input", "file", "exit"],
)
def test_a_demonstration_at_its_end_is_left_out(
    package: dict[str, str], end: str, says: str, textbook: str, tmp_path: Path
) -> None:
    """As in a file by itself; what is beside it and imports it finds the same class."""
    dot = "." if package else ""
    files = {
        "a.py": f"from {dot}engine import Value" + NEURON,
        "engine.py": f"{textbook}\n\n{end}\n",
        "nn.py": f"from {dot}engine import Value\nclass MLP: pass\n{end}\n",
    }
    with load(fill(tmp_path / "grad", {**package, **files})) as engine:
        first, *notes = engine.info.notes
        answer = engine.network([2], [["forward", [1.0, 2.0], None], ["read"]])
    assert first == "the engine is in engine.py"
    left = [note for note in notes if "only its definitions were used" in note]
    assert [says in note for note in left] == [True, True]
    assert answer.raised is None


@pytest.mark.parametrize("package", [{}, {"__init__.py": ""}], ids=["files", "package"])
@pytest.mark.parametrize(
    "files",
    [
        {"engine.py": "ONE = float(open('w.bin').read())\nUSING ONE"},
        {"engine.py": "open('w.bin')\nimport math"},
        {"engine.py": "from DOThelp import ONE\nUSING ONE", "help.py": "open('w.bin')\nONE = 1.0"},
    ],
    ids=["its own", "no class", "a helper's"],
)
def test_what_failed_is_named(
    package: dict[str, str], files: dict[str, str], textbook: str, tmp_path: Path
) -> None:
    """Nothing is judged that needs what is lost, and the reason is never hidden."""
    texts = dict(package)
    for name, text in files.items():
        head, needs, what = text.replace("DOT", "." if package else "").partition("USING ")
        body = textbook.replace("self.grad = 1.0", f"self.grad = {what}")
        texts[name] = head + (body if needs else "")
    assert "No such file or directory: 'w.bin'" in refused(fill(tmp_path, texts)).message


PARTED = {
    "inner/__init__.py": (
        "from .node import Node\nfrom . import rules\n"
        "Node.__add__, Node.__mul__ = rules.add, rules.mul\n"
    ),
    "inner/node.py": """
class Node:
    def __init__(self, number, parts=()):
        self.number, self.grad, self.parts = number, 0.0, parts
    def backward(self, upstream=1.0):
        self.grad += upstream
        for part, slope in self.parts:
            part.backward(slope * upstream)
""",
    "inner/rules.py": """
from .node import Node
def add(a, b):
    return Node(a.number + b.number, ((a, 1.0), (b, 1.0)))
def mul(a, b):
    return Node(a.number * b.number, ((a, b.number), (b, a.number)))
""",
}


def test_the_only_package_in_a_folder_is_judged_though_no_class_of_it_has_operators(
    tmp_path: Path,
) -> None:
    """They are given to it when the package is imported."""
    with load(fill(tmp_path / "handed in", PARTED)) as engine:
        assert engine.info.class_name == "Node"
        assert engine.info.adapter["add"] == "__add__"
    refused(fill(tmp_path / "two", {**PARTED, "other/__init__.py": ""}))


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"ad/e.py": "TEXTBOOK", "README.md": "", "docs/conf.py": "import math"}, "ad/e.py"),
        ({"src/ad/e.py": "TEXTBOOK", "src/ad/nn.py": "from ad.e import Value"}, "src/ad/e.py"),
        ({"ad/__init__.py": "from .core.e import Value", "ad/core/e.py": "TEXTBOOK",
          "ad/core/__init__.py": ""}, "ad/core/e.py"),
    ],
    ids=["one down", "two down", "package"],
)  # fmt: skip
def test_an_engine_further_down_is_judged(
    files: dict[str, str], where: str, textbook: str, tmp_path: Path
) -> None:
    """Where the folder holds no Python itself, and one folder below it an engine."""
    texts = {name: text.replace("TEXTBOOK", textbook) for name, text in files.items()}
    path = fill(tmp_path / "x", texts)
    with load(path) as engine:
        assert engine.info.notes == (f"the engine is in {where}",)
    fill(tmp_path / "x", {"other/e.py": textbook})
    said = refused(path)
    assert (said.kind, f"{path}/other" in said.message) == ("not found", True)


def test_a_package_is_found_in_every_tier(tier: str, textbook: str, tmp_path: Path) -> None:
    """Also where the worker may not list the folder in which the package lies."""
    path = fill(tmp_path / "project", {"__init__.py": "from .b import Value", "b.py": textbook})
    with load(path, isolation=f"{tier}!") as engine:
        assert engine.info.notes[0] == "the engine is in b.py"


NEURON = """
class Neuron:
    def __init__(self, nin):
        self.w, self.b = [Value(0.1) for _ in range(nin)], Value(0.0)
    def __call__(self, x):
        return self.w[0] * x[0] + self.w[1] * x[1] + self.b
    def parameters(self):
        return [*self.w, self.b]
"""


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("scalar", {"scalar.py": "TEXTBOOK"}),
        ("scalar", {"scalar.py": "TEXTBOOK", "nn.py": "from scalar import Value" + NEURON}),
        ("scalar", {"scalar.py": "TEXTBOOK", "nn.py": "from scalar.scalar import Value" + NEURON}),
        ("Value", {"Value.py": "TEXTBOOK", "nn.py": "from Value import Value" + NEURON}),
        ("grad", {"engine.py": "TEXTBOOK", "nn.py": "from grad.engine import Value" + NEURON}),
        ("grad", {"z.py": "TEXTBOOK", "nn.py": "import grad.z\nValue = grad.z.Value" + NEURON}),
        ("grad", {"engine.py": "TEXTBOOK", "nn.py": "from grad.engine import Value" + NEURON,
                  "demo.py": "from engine import Value\nfrom nn import Neuron"}),
    ],
    ids=["alone", "beside", "dotted", "class", "package", "package first", "both"],
)  # fmt: skip
def test_one_file_is_one_module(
    folder: str, files: dict[str, str], textbook: str, tmp_path: Path
) -> None:
    """Also in a folder of its name, and where its folder imports it by two names."""
    path = fill(tmp_path / folder, {name: t.replace("TEXTBOOK", textbook)
                                    for name, t in files.items()})  # fmt: skip
    where = next(name for name, text in files.items() if text == "TEXTBOOK")
    with load(path) as engine:
        assert engine.info.notes == (f"the engine is in {where}",)
        answer = engine.network([2], [["forward", [1.0, 2.0], None], ["read"]])
    assert (answer.raised is None) == ("nn.py" in files)


@pytest.mark.parametrize(
    ("files", "kind", "says"),
    [
        ({}, "not found", "no Python file and no notebook"),
        ({"a.ipynb": "", "b.ipynb": ""}, "several", ": a.ipynb, b.ipynb; "),
        ({"a.py": "import math"}, "no engine", "no class here"),
        ({"a.py": "import math", "b/c.py": "import math"}, "no engine", "no class here"),
        (
            {"setup.py": "import x; x.setup()", "test/test_e.py": "", "grad/e.py": DERIVED},
            "not found",
            "a folder in it does, grad: verify check FOLDER/grad",
        ),
        ({"a.py": "1 / 0\n" + DERIVED, "b/c.py": DERIVED}, "import", "ZeroDivisionError"),
    ],
)
def test_a_folder_without_an_engine(
    files: dict[str, str], kind: str, says: str, tmp_path: Path
) -> None:
    """What is missing is said."""
    said = refused(fill(tmp_path, files))
    assert said.kind == kind
    assert says.replace("FOLDER", str(tmp_path)) in said.message


@pytest.mark.parametrize(
    "outer",
    [
        {"train.py": "from grad.engine import Value\nprint(Value(1.0) + 2)"},
        {"train.py": "while True: pass"},
        {"setup.py": "import x; x.setup()", "tests/test_e.py": "import unittest"},
        {"model.py": "from grad.engine import Value\nclass Model: pass"},
        {"__init__.py": ""},
    ],
)
def test_the_one_inner_engine_is_judged_where_that_is_meant(
    outer: dict[str, str], textbook: str, tmp_path: Path
) -> None:
    """A package with a script beside it is one person's work; a note says where the engine is."""
    path = fill(tmp_path / "noether", {"grad/engine.py": textbook, **outer})
    with load(path, inner=True) as engine:
        assert engine.info.notes[0] == "the engine is in grad/engine.py"
    fill(tmp_path / "noether", {"copy/engine.py": textbook})
    with pytest.raises(EngineError):
        load(path, inner=True)


def test_what_has_no_file_is_judged_too(write: Callable[..., Path], textbook: str) -> None:
    """A class that says to be from elsewhere has no file to be named."""
    text = textbook + "\nValue.__module__ = 'engine.nowhere'\n"
    with load(str(write(text).parent)) as engine:
        said: Any = engine.info
    assert not [note for note in said.notes if "the engine is in" in note]


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ("RENAMED", ["class Scalar, an engine too (--class Scalar), was not judged"]),
        ("class Leaf(Value): pass", []),
        (VECTOR, []),
        ("class Plan:\n    def backward(self): pass", []),
    ],
    ids=["rival", "subclass", "no backward pass", "no operators"],
)
def test_a_second_engine_in_a_file_is_not_passed_over_in_silence(
    more: str, note: list[str], textbook: str, write: Callable[..., Path]
) -> None:
    """The report names the class that it says nothing of, and how to judge that."""
    other = textbook.replace("Value", "Scalar") if more == "RENAMED" else more
    path = str(write(f"{textbook}\n{other}\n"))
    with load(path) as engine:
        assert engine.info.class_name == "Value"
        assert list(engine.info.notes) == note
    with load(path, overrides={"class": "Value"}) as engine:
        assert engine.info.notes == ()


def test_a_second_engine_that_is_imported_is_named_with_its_module(
    textbook: str, write: Callable[..., Path]
) -> None:
    """Two classes of one name: the file's own is judged, and it is said whose is not."""
    write(textbook, "reference.py")
    with load(str(write("import reference\n" + textbook))) as engine:
        assert engine.info.notes == ("class Value of reference, an engine too, was not judged",)


def test_a_file_that_bears_the_name_of_a_module_of_pythons_own_is_left_out(
    textbook: str, tmp_path: Path
) -> None:
    """Python's own is never replaced, and is no part of the engine."""
    files = {"engine.py": textbook, "time.py": "raise SystemExit"}
    with load(fill(tmp_path, files)) as engine:
        assert engine.info.class_name == "Value"
        assert "time.py was left out: Python has a module of that name" in engine.info.notes
