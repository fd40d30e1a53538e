"""What a proof says is no more than what was shown, and all of it is printed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.meta.test_prove_attacks import ENGINE, passing, theorems
from verify.commands.prove import as_text
from verify.engines import load
from verify.expression.graph import Graph
from verify.expression.reading import Raised, Watched
from verify.prove.proof import Proof, prove
from verify.prove.structure import Exhausted, run_large, structure
from verify.prove.theorem import Theorem

if TYPE_CHECKING:
    from pathlib import Path

TIMES: Final = "    def __mul__(self, other):\n"
KINDS: Final = {
    "float": (TIMES, f"{TIMES}        if isinstance(other, float): raise TypeError('no')\n",
              "mul", "c is a float"),
    "bool": (TIMES, f"{TIMES}        if isinstance(other, bool): return NotImplemented\n",
             "mul", "c is True"),
    "leaf": ("    def exp(self):\n", ("    def exp(self):\n"
             "        if type(self.data) is int: raise TypeError('no')\n"), "exp", "a is an int"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_refused_of_some_numbers_is_named(kind: str, tmp_path: Path) -> None:
    """An operation that takes floats and refuses ints, or the reverse, is not proven for all."""
    before, after, op, where = KINDS[kind]
    found = [t for t in theorems(passing(before, after).text, tmp_path, op)
             if t.standing != "missing"]  # fmt: skip
    told_of = [t for t in found if any(f"where {where}: it is refused" in c for c in t.complement)]
    assert told_of
    assert {t.standing for t in told_of} == {"conditional"}


def test_what_is_raised_of_a_plain_number_is_what_python_says(tmp_path: Path) -> None:
    """A node's attribute asked of a number: it is an object that lacks it, and no class."""
    text = passing("        other = other if isinstance(other, Value) else Value(other)\n", "").text
    (about,) = [t for t in theorems(text, tmp_path, "mul") if t.name == "a * c"]
    assert "'float' object has no attribute 'data'" in about.note


SOFTPLUS: Final = """    def softplus(self):
        out = Value(math.log(1 + math.exp(self.data)), (self,), "softplus")
        def rule():
            self.grad += 3 * out.grad
        out.rule = rule
        return out

"""


def test_what_no_theorem_is_about_is_open(tmp_path: Path) -> None:
    """A method that gives a node and is no known operation is named, and may be wrong."""
    path = tmp_path / "engine.py"
    path.write_text(passing("    def exp(self)", f"{SOFTPLUS}    def exp(self)").text)
    with load(str(path), watched=True) as engine:
        proof = prove(engine, only={"exp"}, largest=1)  # type: ignore[arg-type]  # watched
    found = {t.name: t for t in proof.theorems}
    assert (proof.standing, found["other methods"].standing) == ("open", "open")
    assert ".softplus()" in found["other methods"].note


def test_a_gradient_of_a_result_is_not_spoken_of(tmp_path: Path) -> None:
    """A rule that spoils the gradient of its own node: what is proven is that of leaves."""
    spoiled = passing(
        "self.grad += slope * out.grad", "self.grad += slope * out.grad\n            out.grad = 7.0"
    )
    path = tmp_path / "engine.py"
    path.write_text(spoiled.text)
    with load(str(path), watched=True) as engine:
        proof = prove(engine, only={"mul", "exp"}, largest=1)  # type: ignore[arg-type]  # watched
    assert [t.statement for t in proof.theorems if t.name == "all graphs" and "leaf" in t.statement]


def test_a_statement_is_told_to_its_end() -> None:
    """What is proven is no text of the engine's, that might be cut."""
    theorem = Theorem("structure", "all graphs", "", "proven", "word " * 200 + "end")
    about: Any = SimpleNamespace(class_name="Value", spec="engine.py", python="3.11.7")
    (line,) = [line for line in as_text(about, Proof((theorem,), ())) if "word" in line]
    assert line.endswith("end")


def test_what_takes_too_long_is_no_wrong_number() -> None:
    """Cost is not covered: a large graph that does not end is not shown, and refutes nothing."""
    watched = Watched((), (), (), (), (), (), Raised("timeout"))
    engine: Any = SimpleNamespace(watched=lambda requests: [watched for _ in requests])
    found = Exhausted(0, 0, [], {})
    run_large(engine, iter([Graph.parse("a + b")]), found)
    assert [path.outcome for path in found.wrong] == ["lost"]


def test_the_engine_of_these_tests_is_proven(tmp_path: Path) -> None:
    """None of this is said of it."""
    assert {t.standing for t in theorems(ENGINE, tmp_path, "exp", "mul")} == {"proven"}


LINKED: Final = (
    "        room = ROOM\n        for v in reversed(order):\n            v.rule()\n"
    "            room = room.after\n            if room is None:\n                return\n"
)
ROOM: Final = (
    "class Cell:\n    def __init__(self, after):\n        self.after = after\n\n\n"
    "ROOM = None\nfor _ in range(9000):\n    ROOM = Cell(ROOM)\n\n\n"
)
RULES: Final = "        for v in reversed(order):\n            v.rule()\n"


def test_how_a_pass_may_count_unseen_is_printed(tmp_path: Path) -> None:
    """A pass that ends after 9,000 linked objects has no number: that there is none is assumed."""
    path = tmp_path / "engine.py"
    counting = passing(RULES, LINKED).text
    path.write_text(ROOM + counting)
    with load(str(path), watched=True) as engine:
        proof = prove(engine, only={"mul", "exp"}, largest=1)  # type: ignore[arg-type]  # watched
    (about,) = [t for t in proof.theorems if t.name == "all graphs"]
    told = " ".join(about.assumed)
    assert about.standing != "proven" or ("linked" in told and "truth values" in told)


TOPOLOGICAL: Final = """        self.grad = 1.0
        users, met = {}, [self]
        for v in met:
            for p in v.children:
                if p not in users:
                    users[p] = []
                    met.append(p)
                if v not in users[p]:
                    users[p].append(v)
        ready = [self]
        for v in ready:
            v.rule()
            for p in reversed(v.children):
                if users[p]:
                    users[p].pop()
                    if not users[p]:
                        ready.append(p)
"""


def test_known_shapes_show_an_order_that_few_others_do(tmp_path: Path) -> None:
    """Users that are listed once an operation and struck out once an operand: not proven.

    No count is compared, and it is right on chains, fans and trees.
    """
    path = tmp_path / "engine.py"
    path.write_text(ENGINE[: ENGINE.index("        order, seen")] + TOPOLOGICAL)
    with load(str(path), watched=True) as engine:
        theorem = structure(engine, {"a + b", "a * b"}, (), exhaust=False)  # type: ignore[arg-type]  # watched
    assert theorem.standing == "open"
    assert {6, 7} == {len(found.graph.operations) for found in theorem.paths}
