"""What lies beside a file is what its imports mean; what is not there is named, never blamed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from verify.engines import EngineError, load
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CASE = Case.parse("a * b + a", a=1.5, b=-2.0)
ORDER = """
def order(root):
    topo, seen = [], set()
    def visit(v):
        if v not in seen:
            seen.add(v)
            for p in v._prev:
                visit(p)
            topo.append(v)
    visit(root)
    return topo
"""
INIT: Mapping[str, str] = {"__init__.py": ""}


def using(textbook: str, line: str) -> str:
    """The textbook with an order from elsewhere; the line imports it."""
    return line + "\n" + textbook.replace("build_topo(self)", "topo = order(self)", 1).replace(
        "topo = order(self)", "build_topo(self)", 1
    ).replace("        build_topo(self)\n", "        topo = order(self)\n")


def notebook(*cells: str) -> str:
    """A notebook's text, one code cell each."""
    return json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells], "nbformat": 4})


def fill(folder: Path, files: Mapping[str, str]) -> None:
    """A folder of such files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, encoding="utf-8")


def refused(path: Path) -> tuple[str, str]:
    """Why this cannot be judged: the kind and the sentence."""
    with pytest.raises(EngineError) as caught:
        load(str(path))
    return caught.value.kind, caught.value.message


@pytest.mark.parametrize(
    ("line", "engine", "order", "packages"),
    [
        ("from .order import order", "pack/value.py", "pack/order.py", ["pack"]),
        ("from .order import order", "pack/value.py", "pack/order.py", []),
        ("from pack.order import order", "pack/value.py", "pack/order.py", ["pack"]),
        ("from pack.order import order", "pack/value.py", "pack/order.py", []),
        ("from tiny.order import order", "pack/value.py", "pack/order.py", ["pack"]),
        ("from tiny import order\norder = order.order", "p/value.py", "p/order.py", ["p"]),
        ("import tiny.order\norder = tiny.order.order", "p/value.py", "p/order.py", ["p"]),
        ("from ..util.order import order", "p/core/value.py", "p/util/order.py",
         ["p", "p/core", "p/util"]),
        ("from p.util.order import order", "p/core/value.py", "p/util/order.py",
         ["p", "p/core", "p/util"]),
        ("from tiny.util.order import order", "p/core/value.py", "p/util/order.py",
         ["p", "p/core", "p/util"]),
        ("from helpers.order import order", "value.py", "helpers/order.py", ["helpers"]),
        ("from helpers.order import order", "value.py", "helpers/order.py", []),
        ("from helpers.order import order", "lab/value.py", "helpers/order.py", ["helpers"]),
        ("from helpers.order import order", "value.py", "src/helpers/order.py", ["src/helpers"]),
    ],
)  # fmt: skip
def test_a_file_imports_its_own_package(
    line: str, engine: str, order: str, packages: list[str], *, textbook: str, tmp_path: Path
) -> None:
    """By its name, relative to itself, by the name before the folder was renamed."""
    fill(tmp_path, {f"{folder}/__init__.py": "" for folder in packages})
    fill(tmp_path, {engine: using(textbook, line), order: ORDER})
    with load(str(tmp_path / engine)) as loaded:
        (reading,) = loaded.run(CASE.graph, CASE.point)
        assert loaded.info.notes == ()
    assert reading.gradients[:2] == (-1.0, 1.5)


@pytest.mark.parametrize("initial", ["from .value import Value\n", "from pack.value import *\n"])
def test_a_package_that_imports_the_file_is_no_circle(
    initial: str, textbook: str, tmp_path: Path
) -> None:
    """The file is run once, as a module of its package."""
    fill(tmp_path, {
        "pack/__init__.py": initial, "pack/order.py": ORDER,
        "pack/value.py": using(textbook, "from .order import order"),
    })  # fmt: skip
    for named in ("pack/value.py", "pack"):
        with load(str(tmp_path / named)) as engine:
            assert engine.run(CASE.graph, CASE.point)[0].gradients[:2] == (-1.0, 1.5)


@pytest.mark.parametrize("package", ["micrograd", "numgrad"])
@pytest.mark.parametrize(
    ("notebook_at", "package_at"),
    [("n.ipynb", ""), ("n.ipynb", "src/"), ("notebooks/n.ipynb", ""), ("notebooks/n.ipynb", "src/"),
     ("use.py", ""), ("demo/use.py", "")],
)  # fmt: skip
def test_the_package_beside_it_is_meant(
    package: str, notebook_at: str, package_at: str, textbook: str, tmp_path: Path
) -> None:
    """Never one that is installed or bundled under the same name."""
    text = f"from {package}.engine import Value"
    fill(tmp_path, {
        notebook_at: notebook(text, "a = Value(2.0)") if notebook_at.endswith("b") else text,
        f"{package_at}{package}/__init__.py": "",
        f"{package_at}{package}/engine.py": textbook.replace("(self, other)", "(other, self)", 1),
    })  # fmt: skip
    with load(str(tmp_path / notebook_at)) as engine:
        assert engine.info.class_name == "Value"
        assert engine.info.notes == ()
        assert engine.run(CASE.graph, CASE.point)[0].gradients[:2] == (-1.0, 1.5)


def test_a_folder_of_relative_imports_is_a_package(textbook: str, tmp_path: Path) -> None:
    """Also without ``__init__.py``, and whatever its name."""
    line = "from .order import order"
    fill(tmp_path, {"my-grad 1.0/value.py": using(textbook, line), "my-grad 1.0/order.py": ORDER})
    with load(str(tmp_path / "my-grad 1.0")) as engine:
        assert engine.info.notes == ("the engine is in value.py",)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"engine.py": "import ctypes\nlibrary = ctypes.CDLL('./none.so')\nUSING library"},
         "./none.so: cannot open shared object file"),
        ({"engine.py": "import ctypes\nlib = ctypes.cdll.LoadLibrary('none.so')\n"
          "lib.f.restype = int\nUSING lib"}, "none.so: cannot open shared object file"),
        ({"engine.py": "from nowhere.order import order\nUSING order"},
         "nowhere.order.order is needed, and nowhere is not available here"),
        ({"engine.py": "import torch\norder = None\nUSING torch.tensor"},
         "torch.tensor is needed, and torch is not available here"),
        ({"engine.py": "import scipy.constants as c\nUSING c.pi * 1.0 and float"},
         "scipy.constants.pi is needed, and scipy is not available here"),
        ({"engine.py": "from help import order\nUSING order", "help.py": "def order(:\n"},
         "(help.py, line 1)"),
        ({"engine.py": "from help import order\nUSING order", "help.py": "open('w.bin')\norder=1"},
         "FileNotFoundError: [Errno 2] No such file or directory: 'w.bin'"),
        ({"engine.py": "import help\nUSING help.order", "help.py": "import x.y\nx.y.z()"},
         "x.y.z is needed, and x is not available here"),
        ({"engine.ipynb": "from pack.engine import Value", "pack/__init__.py": "",
          "pack/engine.py": "import ctypes\nctypes.CDLL('./none.so')\n"},
         "./none.so: cannot open shared object file"),
        ({"engine.py": "from pack.engine import Value", "pack/__init__.py": "",
          "pack/engine.py": "raise OSError('not built')"}, "OSError: not built"),
        ({"engine.ipynb": "class Value:\n    def __add__(self, other: Valeu): pass"},
         "NameError: name 'Valeu' is not defined"),
    ],
    ids=[
        "shared library", "of a function", "package", "torch", "a constant", "own: syntax",
        "own: file", "own: needs another", "notebook's", "file's", "class",
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(
    files: Mapping[str, str], says: str, textbook: str, tmp_path: Path
) -> None:
    """A library, or a module of its own that fails: nothing is judged, and nobody is blamed."""
    for name, text in files.items():
        head, using_it, what = text.partition("USING ")
        body = textbook.replace("build_topo(self)\n        self", f"{what}(self)\n        self")
        content = head + (body if using_it else "")
        fill(tmp_path, {name: notebook(content) if name.endswith("ipynb") else content})
    kind, message = refused(tmp_path / next(iter(files)))
    assert (kind, says in message) == ("import", True), message


def test_what_only_a_picture_needs_is_not_missed(
    textbook: str, write: Callable[..., Path]
) -> None:
    """A name that was lost and that no method refers to."""
    text = f"{textbook}\nFONT = open('font.ttf').read()\n\n\ndef draw(root):\n    return FONT\n"
    with load(str(write(text))) as engine:
        assert "FileNotFoundError" in engine.info.notes[0]


@pytest.mark.parametrize("name", ["engine.py", "engine.ipynb"])
@pytest.mark.parametrize("future", [True, False])
def test_annotations_are_put_off_where_the_file_says_so(
    name: str, *, future: bool, textbook: str, write: Callable[..., Path]
) -> None:
    """``from __future__`` holds for all that follows, and for nothing that does not ask for it."""
    first = "from __future__ import annotations\n" if future else "import math\n"
    body = textbook.replace("def __add__(self, other)", "def __add__(self, other: Later)")
    body = body.partition('"""\n')[2]
    path = write(notebook(first, body) if name.endswith("b") else first + body, name)
    if future:
        with load(str(path)) as engine:
            assert engine.info.notes == ()
    else:
        assert refused(path) == ("import", refused(path)[1])


def test_a_local_name_is_no_need_of_what_bears_it_outside(
    textbook: str, write: Callable[..., Path]
) -> None:
    """A picture's own variables are not the demonstration's: no note about what it left out."""
    drawing = "def draw(root):\n    for n in {root}:\n        L = n.data\n    return L"
    demonstration = "x = Value(2.0)\nxx = x * x\nn = xx + 1.0\nL = n * 2"
    path = write(notebook(textbook, drawing, demonstration, "draw(n)"), "n.ipynb")
    with load(str(path)) as engine:
        assert engine.info.notes == ()


NETWORKS = """
class Neuron:
    def __init__(self, nin):
        self.w, self.b = [Value(0.5) for _ in range(nin)], Value(0.0)
    def __call__(self, x):
        return sum((w * y for w, y in zip(self.w, x)), self.b).tanh()
    def parameters(self):
        return [*self.w, self.b]
"""


@pytest.mark.parametrize(
    ("init", "name"),
    [
        ("", "{}.engine:Value"),
        ("from .engine import Value", "{}:Value"),
        ("from .nn import Neuron", "{}.engine"),
    ],
)
def test_networks_of_a_sister_module(
    tmp_path: Path, textbook: str, monkeypatch: pytest.MonkeyPatch, init: str, name: str
) -> None:
    """A module of a package has the networks of the others, imported by the package or not."""
    package = f"scalars{abs(hash(init)) % 1000}"
    importing = f"from {package}.engine import Value\n"
    files = {"__init__.py": init, "engine.py": textbook, "nn.py": importing + NETWORKS}
    fill(tmp_path, {f"{package}/{file}": text for file, text in files.items()})
    monkeypatch.syspath_prepend(str(tmp_path))
    with load(name.format(package)) as engine:
        said = engine.network([1], (("read",),))
    assert (said.raised, said.words["class"]) == (None, "Neuron")


def test_a_line_of_another_file_is_told_with_it(tmp_path: Path, textbook: str) -> None:
    """A line number alone would be taken for one of the engine's own file."""
    apart = "import math\ndef tanh(x):\n    return math.log(-x * x)\n"
    engine = "import functions\n" + textbook.replace("math.tanh(", "functions.tanh(")
    fill(tmp_path, {"functions.py": apart, "engine.py": engine})
    case = Case.parse("a.tanh()", a=1.5)
    with load(str(tmp_path / "engine.py")) as loaded:
        said = loaded.run(case.graph, case.point)[-1].raised
    assert str(said) == "ValueError: math domain error (line 3 of functions.py)"
    (tmp_path / "engine.py").write_text(textbook.replace("math.tanh(", "math.log(-"))
    with load(str(tmp_path / "engine.py")) as loaded:
        said = loaded.run(case.graph, case.point)[-1].raised
    assert said is not None
    assert str(said) == f"ValueError: math domain error (line {said.line})"
