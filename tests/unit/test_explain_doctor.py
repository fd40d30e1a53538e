"""``verify explain`` and ``verify doctor``: what every oracle says, and what is here."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given

import verify
from verify import cli
from verify.commands import doctor
from verify.engines import sandbox
from verify.expression.reading import Enclosure, Truth
from verify.generators.random import cases
from verify.oracles import symbolic, torch_autograd
from verify.oracles.registry import ORACLES, afresh, consult, present
from verify.report import explain

ROOT = Path(__file__).parents[2]
FLAWED = str(ROOT / "examples/lecture_flawed.ipynb")


def run(*arguments: str) -> Result:
    """Run the command line in this process, 80 columns wide."""
    return CliRunner(env={"COLUMNS": "80"}).invoke(cli.main, arguments)


def data(*arguments: str) -> dict[str, Any]:
    """What a verb writes as JSON."""
    found: dict[str, Any] = json.loads(run(*arguments, "--json", "-").stdout)
    return found


def test_explain_shows_every_node_by_every_oracle() -> None:
    """Each node has a value and a gradient of every oracle, with the bound."""
    nodes = data("explain", "a*b + a", "a=2", "b=-3")["nodes"]
    assert [node["python"] for node in nodes] == ["a", "b", "c = a * b", "d = c + a"]
    values, slopes = [2.0, -3.0, -6.0, -4.0], [-2.0, 2.0, 1.0, 1.0]
    for node, value, slope in zip(nodes, values, slopes, strict=True):
        for oracle in present():
            assert node["value"]["readings"][oracle] == value
            assert node["gradient"]["readings"][oracle] == slope
        assert node["gradient"]["bound"] >= 0


def test_explain_as_text() -> None:
    """A table of values and one of slopes, no line wider than the terminal."""
    lines = run("explain", "a*b + a", "a=2", "b=-3").stdout.splitlines()
    assert lines[0] == "(a * b) + a   where a = 2, b = -3"
    assert lines[2].split() == ["value", "of", "interval", "bound", *ORACLES[1:]]
    (row,) = (line.split() for line in lines if line.startswith("d = c + a"))
    assert row[:6] == ["d", "=", "c", "+", "a", "-4.0"]
    assert row[7:] == ["="] * (len(present()) - 1) + ["-"] * (len(ORACLES) - len(present()))
    assert max(map(len, lines)) <= 80


def test_explain_with_an_engine() -> None:
    """``--engine`` adds what the engine says; wrong is code 1, and says which number."""
    right = run("explain", "a.tanh()", "a=2", "--engine", FLAWED)
    assert (right.exit_code, "wrong" in right.stdout) == (0, False)
    wrong = run("explain", "a.tanh() + a", "a=2", "--engine", FLAWED)
    assert wrong.exit_code == 1
    lines = wrong.stdout.splitlines()
    (place,) = [i for i, line in enumerate(lines) if line.endswith(" wrong")]
    heads = [line for line in lines[: place + 1] if not line.startswith(" ")]
    assert heads[-1].split()[0] == "a"
    assert ("value of" in lines, "slope of c by" in lines) == (True, True)  # both node by node
    assert max(map(len, lines)) <= 80


def test_explain_an_engine_that_raises() -> None:
    """An engine without the operation is shown to raise; that is no mistake."""
    result = run("explain", "a.sigmoid()", "a=2", "--engine", FLAWED)
    assert (result.exit_code, "the engine raises AttributeError" in result.stdout) == (0, True)


@given(cases(max_operations=12))
def test_every_case_can_be_explained(case: verify.Case) -> None:
    """Any case, as text, as JSON and as a picture."""
    testimony = consult(case)
    lines = [line.plain for line in explain.lines(testimony, 80)]
    assert [line for line in lines if len(line) > 80] == []
    shown = "\n".join(line.plain for line in explain.lines(testimony, 10_000))
    enclosures = (*testimony.truth.values, *testimony.truth.gradients)
    notes = {e.note for e in enclosures if e is not None} - {""}
    assert len(shown.splitlines()) == 2 * len(case.graph.nodes) + 7 + len(notes)
    assert all(f"({note}) {explain.NOTES[note]}" in shown for note in notes)
    found = json.loads(json.dumps(explain.data(testimony), allow_nan=False))
    assert verify.Graph.from_json(found["graph"]) == case.graph
    assert explain.dot(testimony).count("label=") == len(case.graph.nodes)


def test_explain_at_a_kink() -> None:
    """The range of right slopes, and what the others chose."""
    lines = run("explain", "relu(a) + abs(a)", "a=0").stdout.splitlines()
    row = next(line.split() for line in lines if line.endswith("(kink)"))
    torch = "0.0" if torch_autograd.available() else "-"
    assert row == ["a", "-1", "to", "2", "=", "=", torch, "(kink)"]
    assert lines[-1] == "(kink) at a kink any slope between those from either side is right"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("math.exp(a)", "a=1"), "'math.exp(a)' is a function of numbers: write exp(...)"),
        (("a.exp()", "a=1", "a=3"), "a=1 a=3: give each input once"),
    ],
)
def test_what_cannot_be_explained(arguments: tuple[str, ...], message: str) -> None:
    """A bad expression or input is told with the remedy."""
    result = run("explain", *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_dispute_is_code_4(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracles that contradict each other are shown, and the code is 4."""

    def lies(graph: Any, _: Any) -> Truth:
        nodes = len(graph.nodes)
        return Truth(symbolic.SOURCE, (Enclosure(7.0),) * nodes, (Enclosure(7.0),) * nodes)

    monkeypatch.setattr(symbolic, "truth", lies)
    with afresh():  # nobody else is to be told lies
        for arguments in (("explain", "a * b", "a=2", "b=3"), ("doctor",)):
            result = run(*arguments)
            assert result.exit_code == 4
            assert "symbolic: " in result.stdout


@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz's program dot")
def test_the_picture_is_drawn(tmp_path: Path) -> None:
    """``--dot FILE`` writes what Graphviz draws."""
    file = tmp_path / "case.dot"
    assert run("explain", "a = x * y; a / a", "x=2", "y=3", "--dot", str(file)).exit_code == 0
    drawn = subprocess.run(
        ["dot", "-Tsvg", str(file)], capture_output=True, text=True, check=True
    ).stdout
    assert drawn.count("<polygon") >= 4
    assert "a = x * y" in drawn


def test_doctor_without_an_engine() -> None:
    """Every oracle with its package, every tier of isolation, the versions."""
    found = data("doctor")
    assert found["schema"] == "verify.doctor/1"
    assert found["oracles"] == {name: name in present() for name in ORACLES}
    assert set(found["isolation"]) == set(sandbox.TIERS)
    assert found["isolation"]["weak"] == "works"
    assert found["engine"] is None
    text = run("doctor").stdout
    for word in (*ORACLES, *sandbox.TIERS, f"Python {found['versions']['python']}"):
        assert word in text


def test_doctor_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch is an extra, and its absence is said."""
    monkeypatch.setattr(torch_autograd, "available", lambda: False)
    assert "torch: not installed, 3 of 4 oracles" in run("doctor").stdout


def test_doctor_knows_the_other_micrograd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyPI's package is installed too it is said what that means, and what to do."""
    monkeypatch.setattr(doctor, "rival_micrograd", lambda: "")
    assert "\nmicrograd " not in run("doctor").stdout
    monkeypatch.undo()
    monkeypatch.setattr(doctor.metadata, "version", {"micrograd": "0.1.0"}.__getitem__)
    said = doctor.rival_micrograd()
    assert said.startswith("the package micrograd 0.1.0 is installed here as well")
    assert "pip install --force-reinstall --no-deps micrograd-verify" in said


def test_doctor_names_the_completion() -> None:
    """How a shell completes verbs and options."""
    assert '"$(_VERIFY_COMPLETE=bash_source verify)"' in doctor.COMPLETION
    assert "completion" in run("doctor").stdout


def test_explain_chooses_numbers() -> None:
    """Without numbers usual ones are taken, and that is said."""
    lines = run("explain", "a*b").stdout.splitlines()
    assert lines[0].startswith("numbers chosen here")
    assert lines[1] == "a * b   where a = 2.0, b = -3.0"


def test_explain_writes_a_page(tmp_path: Path) -> None:
    """``--html FILE``: the picture and the tables, for a browser."""
    file = tmp_path / "page.html"
    assert run("explain", "a*b", "a=2", "b=3", "--html", str(file)).exit_code == 0
    text = file.read_text()
    assert ("<svg" in text, "Every node, by every oracle" in text) == (True, True)


def test_doctor_of_an_engine() -> None:
    """What is guessed about an engine, each guess under the key that overrides it."""
    found = data("doctor", FLAWED)["engine"]
    assert (found["class"], found["backward"]) == ("Value", True)
    guessed = {"class": "Value", "value": "data", "gradient": "grad", "tanh": ".tanh()"}
    assert guessed.items() <= found["adapter"].items()
    text = run("doctor", FLAWED).stdout
    for key, guess in found["adapter"].items():
        assert f"  {key}" in text
        assert guess in text
