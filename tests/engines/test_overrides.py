"""Any guess can be overridden, by a word or by an adapter class; what was guessed is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from verify.engines import EngineError, load
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ODD = """
class Box:
    def __init__(self, content):
        self.content, self.after = content, []
        self.slope = 0.0

def combine(op, one, two):
    value, slopes = {"plus": (one.content[0] + two.content[0], (1.0, 1.0)),
                     "star": (one.content[0] * two.content[0],
                              (two.content[0], one.content[0]))}[op]
    box = Box([value])
    box.after = list(zip((one, two), slopes))
    return box

def settle(box, weight):
    box.slope += weight
    for other, slope in box.after:
        settle(other, weight * slope)
"""
ADAPTER = """
class Adapter:
    def leaf(self, x): return Box([float(x)])
    def value(self, node): return node.content[0]
    def gradient(self, node): return node.slope
    def backward(self, output): settle(output, 1.0)
    def clear(self, node): node.slope = 0.0
    def add(self, a, b): return combine("plus", a, b)
    def mul(self, a, b): return combine("star", a, b)
"""
CASE = Case.parse("c = a * b; c * c + a", a=1.5, b=-2.0)


def test_an_adapter_class_makes_the_oddest_engine_usable(write: Callable[..., Path]) -> None:
    """Numbers in lists, functions with a tag, a weight passed down: nothing to guess from."""
    engine = str(write(ODD))
    with pytest.raises(EngineError):
        load(engine)
    with load(engine, overrides={"adapter": str(write(ADAPTER, "adapter.py"))}) as adapted:
        (reading,) = adapted.run(CASE.graph, CASE.point)
        assert adapted.info.adapter["gradient"] == "by your adapter"
    assert reading.values == (1.5, -2.0, -3.0, 9.0, 10.5)
    assert reading.gradients == (13.0, -9.0, -6.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("change", "overrides"),
    [
        (("def backward(", "def sweep("), {"backward": ".sweep()"}),
        (("class Value:", "class Value:\n    decoy = 1.4375\n"), {"value": "data"}),
        (("def tanh(", "def squash("), {"tanh": ".squash()"}),
        (('label=""', 'label="", ready=False'), {"leaf": "Value(x, ready=True)"}),
        (("self.grad = 1.0", "self.grad = self.grad or 1.0"), {"seed": "set"}),
    ],
)
def test_a_word_overrides_a_guess(
    change: tuple[str, str], overrides: Mapping[str, str], textbook: str, write: Callable[..., Path]
) -> None:
    """The engine is used as told, and says so."""
    case = Case.parse("(a * b).tanh()", a=0.5, b=-1.0)
    assert change[0] in textbook
    with load(str(write(textbook)), isolation="weak!") as plain:
        expected = plain.run(case.graph, case.point)
    with load(str(write(textbook.replace(*change))), overrides=overrides) as told:
        assert told.run(case.graph, case.point) == expected
        words = set(told.info.adapter.values())
    assert set(overrides.values()) <= words | {"set"}


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("class", "Nothing", "no class 'Nothing' here; classes: Value"),
        ("backward", "nowhere", "'nowhere': there is no such function"),
        ("backward", ".nowhere()", "'.nowhere()': there is no such method"),
        ("tanh", "no_function", "tanh = 'no_function': the engine has no such function"),
        ("tanh", ".nope()", "tanh = '.nope()': a node has no such method"),
        ("leaf", "Value(", "'Value(' is not an expression of x"),
        ("leaf", "Nope(x)", "Nope(1.4375) raises NameError"),
        ("adapter", "/nowhere.py", "the adapter /nowhere.py cannot be read"),
        ("seed", "soon", "'soon': one of none, set, argument"),
        ("value", "nope", "value = 'nope': no attribute or method of that name holds"),
        ("gradient", "nope", "gradient = 'nope': the nodes have no such attribute or method"),
        ("gradient", "label", "gradient = 'label': no backward pass that was tried changes it"),
        ("foo", "bar", "no key 'foo' of an adapter; the keys are class, leaf, value, gradient, "),
        ("source", "class Adapter: pass", "no key 'source'"),
    ],
)
def test_an_override_that_names_nothing_is_said(
    key: str, value: str, says: str, textbook: str, write: Callable[..., Path]
) -> None:
    """Never a silent return to guessing: the key, what it says, and what there is instead."""
    with pytest.raises(EngineError) as caught:
        load(str(write(textbook)), overrides={key: value})
    assert caught.value.kind in {"override", "no engine", "construct"}
    assert says in caught.value.message


def test_an_unknown_key_is_said_in_process_and_of_a_program() -> None:
    """Also where the engine is an object or a command, before anything of it is looked at."""
    for engine, command in ((object, None), ("engine", "no-such-program")):
        with pytest.raises(EngineError, match="no key 'foo'"):
            load(engine, command=command, overrides={"foo": "bar"})


def test_what_was_guessed_is_told(textbook: str, write: Callable[..., Path]) -> None:
    """In words that a person can check against the file."""
    with load(str(write(textbook))) as engine:
        told = engine.info.adapter
    keys = ("class", "leaf", "value", "gradient", "backward", "add", "exp")
    assert {key: told[key] for key in keys} == {
        "class": "Value", "leaf": "Value(x)", "value": "data", "gradient": "grad",
        "backward": ".backward()", "add": "__add__", "exp": ".exp()",
    }  # fmt: skip
