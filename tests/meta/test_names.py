"""A finding is named after its own mistake: a known one only where all that it does is seen."""

import pytest

from verify.engines import load
from verify.faults import module
from verify.faults.base import SOURCE
from verify.graph import Graph
from verify.recognise import recognise
from verify.run import Plan, outcome

BRIEF = Plan(examples=0, exhaust=0)

DIVISION = """
    def __truediv__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data / other.data, (self, other))

        def _backward():
            self.grad += out.grad / other.data

        out._backward = _backward
        return out
"""
NEGATION = """
    def __neg__(self):
        return Value(-self.data)
"""
PRODUCT = """
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
"""


def engine(old: str, new: str) -> str:
    """The right engine with one thing changed."""
    assert old in SOURCE
    return SOURCE.replace(old, new)


NEW = {  # not in the catalogue: title and program of a finding
    "divisor gets nothing": (
        engine("    def __truediv__(self, other):\n        return self * other**-1\n", DIVISION),
        ("wrong local derivative of div", "a / b"),
    ),
    "negation is cut off": (
        engine("    def __neg__(self):\n        return self * -1\n", NEGATION),
        ("wrong local derivative of neg", "-a"),
    ),
    "a product's own derivative": (
        engine(PRODUCT, PRODUCT.replace("other.data * out.grad", "out.data * out.grad")),
        ("wrong local derivative of mul", "a * b"),
    ),
    "backward is called, not kept": (
        engine("out._backward = _backward\n", "out._backward = _backward()\n"),
        ("add raises TypeError", "a + b"),
    ),
    "no gradient to begin with": (
        engine("self.grad = 0.0\n", "self.grad = None\n"),
        ("add raises TypeError", "a + b"),
    ),
}


@pytest.mark.parametrize("name", NEW)
def test_new_mistakes_have_no_old_name(name: str) -> None:
    """A mistake that is not in the catalogue gets the name of its operation, on leaves apart."""
    source, (title, program) = NEW[name]
    result = outcome(load(module(source, "student")), BRIEF)
    found = [(f.diagnosis.fault, f.diagnosis.title, f.case.graph) for f in result.findings]
    assert ("", title, Graph.parse(program)) in found


def test_an_engine_that_is_right_where_a_mistake_shows_has_not_made_it() -> None:
    """Two mistakes that say the same of one graph differ on the witness of one of them."""
    source, _ = NEW["divisor gets nothing"]
    under_test = load(module(source, "student"))
    first = outcome(under_test, BRIEF).findings[0]
    assert recognise(under_test, first.case) is None
