"""The demo notebooks run from top to bottom and show what they say."""

import base64
import html
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[bytes]]:
    """Execute a notebook; return what it printed and its pictures."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient: not installed")
    pytest.importorskip("ipykernel", reason="ipykernel: not installed")
    pytest.importorskip("matplotlib", reason="matplotlib: not installed")
    nbformat = pytest.importorskip("nbformat")
    path = os.pathsep.join(filter(None, [str(EXAMPLES.parent), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    notebook: Any = nbformat.read(EXAMPLES / f"{name}.ipynb", 4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # kept without results
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute()
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    text = "".join(o["text"] for o in outputs if o.get("name") == "stdout")
    data = [o["data"] for o in outputs if "data" in o]
    pictures = [base64.b64decode(d["image/png"]) for d in data if "image/png" in d]
    pictures += ["".join(d["image/svg+xml"]).encode() for d in data if "image/svg+xml" in d]
    return text, pictures


@pytest.mark.filterwarnings("ignore")  # those of the notebook machinery are not ours
def test_moons(monkeypatch: pytest.MonkeyPatch) -> None:
    """The moons are learnt without a mistake, and three pictures show it."""
    text, pictures = run("moons", monkeypatch)
    assert "337 parameters" in text
    assert text.rstrip().endswith("accuracy 100%")
    assert [p.startswith(b"\x89PNG") for p in pictures] == [True] * 3
    assert min(map(len, pictures)) > 5_000  # none is blank


@pytest.mark.filterwarnings("ignore")
def test_trace_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five graphs are drawn, with the known gradients of the neuron."""
    pytest.importorskip("graphviz", reason="graphviz: not installed")
    if not shutil.which("dot"):
        pytest.skip("dot: not installed")
    text, pictures = run("trace_graph", monkeypatch)
    assert len(pictures) == 5
    for picture in pictures[3:]:
        for number in ("0.7071", "-1.5000", "1.0000", "0.5000"):
            assert number in html.unescape(picture.decode())
    assert "6 edges" in text


@pytest.mark.filterwarnings("ignore")
def test_lecture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way to the neuron's gradients gives the same numbers, torch's too where it is there."""
    pytest.importorskip("graphviz", reason="graphviz: not installed")
    if not shutil.which("dot"):
        pytest.skip("dot: not installed")
    text, pictures = run("lecture", monkeypatch)
    assert len(pictures) == 3
    assert text.count("0.7071 -1.5000  1.0000  0.5000  0.0000") == 3 - ("torch: not" in text)
    assert "by the rules: 3.0" in text
