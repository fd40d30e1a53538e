"""Proven means proven: right engines are, and no wrong one ever is."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from click.testing import CliRunner

from verify.checking.assess import examine
from verify.commands.prove import as_it_is, command
from verify.engines import load
from verify.expression.ops import OPS
from verify.prove.networks import networks
from verify.prove.operations import operations
from verify.prove.proof import Plain, prove

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.prove.proof import Proof

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "prove"
ENGINE = (FOLDER / "right_small.py").read_text()


@dataclass(frozen=True)
class Kind:
    """A row of ``prove.toml``; the fields are explained at its top."""

    file: str
    truth: str
    op: str
    standing: str
    says: str


def kinds() -> list[Kind]:
    """All of them, in the order of the file."""
    rows = tomllib.loads((FOLDER / "prove.toml").read_text(encoding="utf-8"))["engine"]
    return [Kind(**row) for row in rows]


def proof_of(path: Path, *only: str, confirm: bool = False) -> Proof:
    """What is proven of an engine, of these operations only; of all where none is named."""
    with load(str(path), watched=True) as engine, load(str(path)) as plainly:
        more: dict[str, Any] = {"only": frozenset(only)} if only else {}
        return prove(engine, as_it_is(plainly) if confirm else None, **more)  # type: ignore[arg-type]


@pytest.fixture
def engine_file(tmp_path: Path) -> Callable[[str], Path]:
    """A file with this text."""

    def write(text: str) -> Path:
        path = tmp_path / "engine.py"
        path.write_text(text)
        return path

    return write


# --- right engines -------------------------------------------------------------------------------


@pytest.mark.slow
def test_operations_of_ours_are_proven() -> None:
    """One whose rule needs both operands, one that is a curve, one with two branches."""
    with load(str(ROOT / "micrograd"), watched=True) as engine:
        found = [(t.op, t.standing) for t in operations(engine, {"mul", "tanh", "relu"})]
    assert set(found) == {(op, "proven") for op in ("mul", "tanh", "relu")}


@pytest.mark.search
def test_ours_is_proven_on_small_graphs() -> None:
    """Every operation of our engine, its networks, and all graphs of two operations."""
    with load(str(ROOT / "micrograd"), watched=True) as engine:
        proof = prove(engine, largest=2)  # type: ignore[arg-type]
    assert proof.standing == "proven"
    assert {t.op for t in proof.theorems if t.standing == "proven"} >= set(OPS)
    assert any("network 2-2-1" in t.name for t in proof.theorems)


@pytest.mark.slow
@pytest.mark.search
def test_ours_is_proven_and_its_certificate_holds(tmp_path: Path) -> None:
    """Exit 0 for our own engine and its networks, and for its certificate when it is checked."""
    certificate = str(tmp_path / "certificate.json")
    run = CliRunner()
    folder = str(ROOT / "micrograd")
    proven = run.invoke(command, [folder, "--json", certificate], standalone_mode=False)
    assert (proven.return_value, "network 2-2-1" in proven.output) == (0, True), proven.output
    again = run.invoke(command, [folder, "--check", certificate], standalone_mode=False)
    assert (again.return_value, again.output.startswith("holds")) == (0, True), again.output


@pytest.mark.slow
def test_a_right_engine_is_proven(engine_file: Callable[[str], Path]) -> None:
    """What a right engine has is proven, what it lacks is missing, and nothing else is said."""
    path = engine_file(ENGINE)
    with load(str(path), watched=True) as engine:
        proof = prove(engine, largest=2)  # type: ignore[arg-type]
    assert proof.standing == "proven"
    found = {t.op for t in proof.theorems if t.standing == "proven"}
    assert found == {"add", "mul", "exp", "sum", ""}


STYLES = (
    "right/closures", "right/division_by_power", "right/backward_function", "right/dataclass_nodes",
    "right/dispatch_by_name", "right/function_objects", "right/generators",
    "right/exact_constants", "right/gradient_is_a_node", "right/metaclass", "right/microgpt",
    "right/numpy_scalars", "right/slots", "right/tape",
    "zoo/lazy", "zoo/operation_objects", "zoo/subclasses", "zoo/tape",
)  # fmt: skip
OPEN = {
    "right/exact_sums": "the backward pass calculates with a number of its own",
}
"""Right styles that are not proven, and what is said instead: what the prover does not follow."""


@pytest.mark.parametrize("style", [
    pytest.param(s, marks=pytest.mark.slow if s in STYLES[:1] else pytest.mark.search)
    for s in STYLES
])  # fmt: skip
def test_right_styles_are_proven(style: str) -> None:
    """Closures, tables, tapes, classes, other formulas: whatever is right and local is proven."""
    with load(str(ROOT / "tests" / f"{style}.py"), watched=True) as engine:
        proof = prove(engine, largest=2)  # type: ignore[arg-type]
    doubtful = [t for t in proof.theorems if t.standing not in {"proven", "missing"}]
    assert [(t.name, t.note) for t in doubtful] == []


@pytest.mark.search
@pytest.mark.parametrize("style", OPEN)
def test_what_is_not_followed_is_open(style: str) -> None:
    """Neither proven nor refuted, and why: no exception is laid to the engine."""
    with load(str(ROOT / "tests" / f"{style}.py"), watched=True) as engine:
        proof = prove(engine, largest=2)  # type: ignore[arg-type]
    standings = {t.standing for t in proof.theorems} - {"missing"}
    assert (proof.standing, standings) == ("open", {"proven", "open"})
    told = [text for t in proof.theorems for text in (t.note, *t.complement)]
    assert [text for text in told if OPEN[style] in text] != []


NETWORK = """
import random

class Neuron:
    def __init__(self, n):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(n)]
        self.b = Value(0.0)

    def __call__(self, x):
        total = self.b
        for wi, xi in zip(self.w, x):
            total = total + wi * xi
        return total

    def parameters(self):
        return [*self.w, self.b]

class Convolution(Neuron):
    def __call__(self, x, y):
        return sum(a * b for a, b in zip(x, y))
"""


def test_a_network_that_no_theorem_covers_is_open(engine_file: Callable[[str], Path]) -> None:
    """A neuron is proven by its closed form; another class of networks is named, and open."""
    path = engine_file(ENGINE + NETWORK)
    with load(str(path), watched=True) as engine:
        found = {t.name: t.standing for t in networks(engine)}  # type: ignore[arg-type]
    assert found == {"neuron 2": "proven", "class Convolution": "open"}


RIGHT_FORMULAS = {
    "a power of e": ("math.exp(self.data)", "math.e ** self.data"),
    "a square": ("math.exp(self.data)", "math.exp(self.data / 2) ** 2"),
    "a quotient": ("math.exp(self.data)", "1 / math.exp(-self.data)"),
    "hyperbolic": ("math.exp(self.data)", "math.sinh(self.data) + math.cosh(self.data)"),
    "expm1": ("math.exp(self.data)", "math.expm1(self.data) + 1.0"),
    "base 2": ("math.exp(self.data)", "2 ** (self.data / math.log(2))"),
}


@pytest.mark.parametrize("formula", RIGHT_FORMULAS)
def test_other_formulas_are_proven(formula: str, engine_file: Callable[[str], Path]) -> None:
    """An exponential in whatever form is the exponential."""
    right = ENGINE.replace(*RIGHT_FORMULAS[formula])
    assert right != ENGINE
    with load(str(engine_file(right)), watched=True) as engine:
        found = {t.standing for t in operations(engine, {"exp"})}  # type: ignore[arg-type]
    assert found == {"proven"}


# --- wrong engines -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sample(4)
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.file)
def test_what_is_not_proven_is_told(kind: Kind) -> None:
    """The standing of its row, with the place or the numbers; never proven."""
    proof = proof_of(FOLDER / kind.file, kind.op, confirm=True)
    assert proof.standing == kind.standing
    told = [f"{t.note} | {' | '.join(t.complement)}" for t in proof.theorems if t.op == kind.op]
    assert any(re.search(kind.says, text, re.DOTALL) for text in told), told


def test_every_engine_has_its_row() -> None:
    """No engine lies here unjudged."""
    assert {k.file for k in kinds()} == {p.name for p in FOLDER.glob("*.py")}


LACKING: Final = ENGINE.replace("    def exp(self)", "    def cube(self)")


def test_what_is_refused_is_missing(engine_file: Callable[[str], Path]) -> None:
    """Also where a leaf has to fit a float before: that leaves out no real number."""
    made = LACKING.replace("= data, 0.0", "= float(data), 0.0")
    assert made.count("float(data)") == 1
    (found,) = [t for t in proof_of(engine_file(made), "exp").theorems if t.op == "exp"]
    assert (found.standing, found.complement) == ("missing", ())


@pytest.mark.parametrize(("computes", "standing"), [(False, "missing"), (True, "open")])
def test_what_is_refused_is_asked_of_the_engine_as_it_is(
    computes: bool, standing: str, engine_file: Callable[[str], Path]
) -> None:
    """What is refused only where it is watched is there, and nothing is known of it."""
    plain = Plain(lambda _: None, lambda _: computes)
    with load(str(engine_file(LACKING)), watched=True) as engine:
        proof = prove(engine, plain, {"exp"}, 1)  # type: ignore[arg-type]
    (found,) = [t for t in proof.theorems if t.op == "exp"]
    assert (found.standing, bool(found.note)) == (standing, computes)


def test_what_a_pass_refuses_is_not_missing(engine_file: Callable[[str], Path]) -> None:
    """The operation was built: a rule that raises ``NotImplementedError`` is no missing one."""
    made = ENGINE.replace("slope = y", "raise NotImplementedError('exp')")
    (found,) = [t for t in proof_of(engine_file(made), "exp").theorems if t.op == "exp"]
    assert found.standing == "open"


def test_a_refutation_is_the_judges(engine_file: Callable[[str], Path]) -> None:
    """Exit 1 only where the judge finds the number wrong: here the witness is one case of exp."""
    path = engine_file(ENGINE.replace("slope = y", "slope = y if self.data < 3 else 0.0"))
    with load(str(path), watched=True) as watched, load(str(path)) as plainly:
        told: list[str] = []

        def confirm(case: Any) -> str | None:
            verdict = examine(plainly, case).judgement.verdict
            told.append(verdict)
            return "wrong" if verdict == "wrong" else None

        plain = replace(as_it_is(plainly), wrong=confirm)
        proof = prove(watched, plain, only=frozenset({"exp"}))  # type: ignore[arg-type]
    assert (proof.standing, told[-1]) == ("refuted", "wrong")
