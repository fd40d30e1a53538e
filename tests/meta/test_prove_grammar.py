"""A hundred wrong engines out of a grammar: none is ever called proven."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from verify.engines import load
from verify.prove.proof import prove

if TYPE_CHECKING:
    from verify.prove.proof import Proof

ENGINE: Final = (Path(__file__).parents[1] / "prove" / "right_small.py").read_text()
MANY: Final = 100

NUMBERS: Final = ("self.data", "y", "out.grad", "(self.data * out.grad)")
OF_NUMBER: Final = (
    "{x} > 40", "{x} == 1.5", "30 < {x} < 31", "abs({x}) < 1e-3", "{x} % 3 == 1", "{x} // 2 == 5",
    "math.floor({x}) == 7", "math.ceil({x}) == 7", "math.trunc({x}) == 7", "round({x}) == 4",
    "int({x}) == 12", "{x}.is_integer()", "{x} in (1.5, 2.5)", "hash({x}) % 5 == 0",
    "'7' in repr({x})", "str({x}).startswith('1')", "f'{{{x}:.1f}}' == '0.3'",
    "'%.1f' % {x} == '0.3'",
    "math.frexp({x})[1] > 8", "float.hex({x}).endswith('p+3')", "{x}.as_integer_ratio()[1] == 1",
    "divmod({x}, 2)[1] == 0.5", "not {x} < 40", "max({x}, 40) == {x}", "min({x}, -40) == {x}",
    "sorted([{x}, 40])[0] == 40", "{x} is SEEN", "{x} == 3", "math.isclose({x}, 3)",
    "bool({x} - 3) is False", "math.copysign(1, {x} - 9) > 0",
    "struct.pack('d', {x})[0] == 0", "pickle.dumps({x})[-3] == 0", "decimal.Decimal({x}) > 40",
)  # fmt: skip
"""Guards on a number: by value, by text, by type, by bits."""
OF_STATE: Final = (
    "CALLS.append(1) or len(CALLS) > 30", "next(COUNT) % 50 == 7", "CACHE.setdefault('y', y) != y",
    "len(CACHE) > 3", "bump() > 30", "random.random() < 0.01", "time.time() % 10 < 1",
    "id(self) % 64 == 0", "id(out) > id(self) + 10000", "sys.getrefcount(self) > 30",
    "hash(self) % 7 == 0", "len(gc.get_objects()) % 2", "os.getpid() % 2",
    "datetime.datetime.now().hour > 3",
)  # fmt: skip
"""Guards on what an operation has no business with."""
OF_GRAPH: Final = (
    "self.op == 'exp'", "self.op == '*' and self.children[0].op == '*'", "self.children",
    "any(c.op == '+' for c in self.children)", "out is not ROOT[0] and self.op",
    "getattr(self, 'op') == '+'", "vars(self)['op'] == '+'", "self.__dict__['op'] == '+'",
    "self.rule.__name__ == 'rule'", "isinstance(self.children, tuple) and len(self.children) > 1",
    "self.grad != 0 and self.op",
)  # fmt: skip
"""Guards on operands of operands."""
WRONG: Final = ("0.0", "y * 1.0001", "-y", "2 * y", "y + 1.0", "y * (1 + 1e-13)")
OF_PASS: Final = (
    "len(order) > 30", "order.index(v) == 12", "v.op == '*' and v.children[0].op == '*'",
    "(CALLS.append(v) or len(CALLS)) > 60", "v.op == 'exp' and self.op == 'exp' and v is not self",
    "v is order[20:21]", "any(v is w for w in order[25:26])", "sum(1 for w in order) > 40",
    "'x' * len(order) == 'x' * 33", "(len(order), 0) == (33, 0)", "v in order[:-40]",
    "len(v.children) + len(order) in {33, 35}",
)  # fmt: skip
"""Guards in the pass: which nodes get nothing."""
OF_CONSTANT: Final = (
    "other is True", "type(other) is bool", "other == 3", "type(other) is int and other > 10",
    "isinstance(other, float) and other == 1.5", "not isinstance(other, Value) and other < -7",
    "not isinstance(other, Value) and repr(other) == '2'", "other in (4, 5)",
    "not isinstance(other, Value) and float(other) % 2 == 1",
)  # fmt: skip
"""Guards on a number beside a node: then the graph is cut."""

HEAD: Final = """
import datetime, decimal, gc, itertools, os, pickle, random, struct, sys, time
CALLS, CACHE, COUNT, SEEN, ROOT = [], {}, itertools.count(), 1.5, [None]
def bump():
    CALLS.append(0)
    return len(CALLS)
"""


def proof_of(path: Path) -> Proof:
    """What is proven of the operations that the engine has."""
    with load(str(path), watched=True) as engine:
        only = frozenset({"add", "mul", "exp"})
        return prove(engine, only=only, largest=3)  # type: ignore[arg-type]


def grammar() -> list[str]:
    """All that it makes: the edits of the right engine, each as text before and after."""
    guards = [g.format(x=x) for x, g in itertools.product(NUMBERS, OF_NUMBER)]
    guards += ["type(self.data) is int", "isinstance(self.data, int)", *OF_STATE * 4, *OF_GRAPH * 4]
    dice = random.Random(15)
    made = [
        ENGINE.replace("slope = y\n", f"slope = {dice.choice(WRONG)} if {guard} else y\n")
        for guard in guards
    ]
    slopes = list(dict.fromkeys(made))
    passes = [
        ENGINE.replace("        v.rule()", f"        if not ({g}): v.rule()") for g in OF_PASS
    ]
    products = [
        ENGINE.replace(
            "__mul__(self, other):\n",
            f"__mul__(self, other):\n        if {g}: return Value(self.data * other)\n",
        )
        for g in OF_CONSTANT
    ]
    chosen = dice.sample(slopes, MANY - len(passes) - len(products))
    return [HEAD + text for text in (*passes, *products, *chosen)]


EVERY_TIME: Final = (0, 20, 40, 60, 80)


def test_there_are_a_hundred() -> None:
    """No two of them are the same."""
    assert len(set(grammar())) == MANY


@pytest.mark.parametrize("number", [
    pytest.param(number, marks=() if number in EVERY_TIME else pytest.mark.search)
    for number in range(MANY)
])  # fmt: skip
def test_none_is_proven(number: int, tmp_path: Path) -> None:
    """Each of them is something else than proven, and it is said why."""
    path = tmp_path / "engine.py"
    path.write_text(grammar()[number])
    proof = proof_of(path)
    assert proof.standing != "proven"
    assert [t for t in proof.theorems if t.note or t.complement or t.seen]
