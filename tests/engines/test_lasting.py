"""A method that nobody here knows is not called where what it does would stay in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from verify.engines import load
from verify.expression.graph import Graph
from verify.faults.base import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATE = """

ON = True
STATE = {{"on": True}}
KEEP = SimpleNamespace(on=True)


def switch(on):
    global ON
    ON = on


class Value(Value):
    on = True

    def __add__(self, other):
        out = super().__add__(other)
        if not (ON and STATE["on"] and KEEP.on and Value.on):
            out._backward = lambda: None
        return out

    def helper(self):
        switch(False)

    def constant(self):
        {does}
        return Value(self.data + 1.0)
"""


@pytest.mark.parametrize(
    "does",
    [
        "globals(); switch(False)", "self.helper()", "STATE['on'] = False", "KEEP.on = False",
        "Value.on = False", "type(self).on = False", "self.__class__.on = False",
    ],
)  # fmt: skip
def test_what_lasts_is_not_called(does: str, write: Callable[..., Path]) -> None:
    """A right engine stays right: nobody asked it to switch its gradients off."""
    text = f"from types import SimpleNamespace\n{SOURCE}{STATE.format(does=does)}"
    with load(str(write(text, "hw.py"))) as engine:
        assert engine.run(Graph.parse("a + b"), (2.0, 3.0))[-1].gradients[:2] == (1.0, 1.0)
        assert not [note for note in engine.info.notes if "constant" in note]


def test_what_changes_nodes_alone_is_called(write: Callable[..., Path]) -> None:
    """An operation of its own is told as one that was not judged."""
    does = "out = self + 1; out.label = 'kept'; out.more = {}; out.more['x'] = self; ON"
    text = f"from types import SimpleNamespace\n{SOURCE}{STATE.format(does=does)}"
    with load(str(write(text, "hw.py"))) as engine:
        assert [note for note in engine.info.notes if "constant" in note]
