"""Numbers in plain attributes are read in one go, and say what they say one by one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.engines.worker.adapter import Adapter, reader
from verify.engines.worker.columns import Columns, is_plain
from verify.engines.worker.floats import encode
from verify.engines.worker.session import WRITER, frame, in_columns

NUMBERS = st.floats() | st.integers() | st.just(-0.0)
HEX = st.floats().map(float.hex)


class Plain:
    """Keeps its numbers as most do."""

    def __init__(self, data: Any = 0.0, grad: Any = 0.0) -> None:  # noqa: D107 - as an engine has it
        self.data, self.grad = data, grad


class Slots(Plain):
    """Keeps them in slots."""

    __slots__ = ("data", "grad")


class Default(Plain):
    """Has a gradient in the class until one comes."""

    grad = 0.0

    def __init__(self, data: float) -> None:  # noqa: D107 - likewise
        self.data = data


class Computed(Plain):
    """Works its value out each time, and counts."""

    reads = 0

    @property
    def data(self) -> float:
        """One more each time."""
        type(self).reads += 1
        return float(type(self).reads)

    @data.setter
    def data(self, _: float) -> None:
        pass


class Watching(Plain):
    """Sees every look."""

    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name)


class Falling(Plain):
    """Has something for every name."""

    def __getattr__(self, name: str) -> float:
        return 1.0


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1))
def test_plain_numbers_are_sent_as_they_are_one_by_one(numbers: list[tuple[Any, Any]]) -> None:
    """``encode`` of each, whatever float or whole number it is."""
    nodes = [Plain(*each) for each in numbers]
    adapter = Adapter(Plain)
    adapter.value, adapter.gradient = reader("data"), adapter.gradient_in("grad")
    expected = [encode(a) for a, _ in numbers], [encode(b) for _, b in numbers]
    assert expected == adapter.read_together(nodes)


@pytest.mark.parametrize(
    ("cls", "name", "plain"),
    [
        (Plain, "data", True), (Slots, "data", True), (Default, "grad", True),
        (Computed, "data", False), (Computed, "grad", True),
        (Watching, "data", False), (Falling, "data", False), (Plain, "data.data", False),
        (Plain, "__init__", False),
    ],
)  # fmt: skip
def test_what_is_plain(cls: type, name: str, plain: bool) -> None:
    """An attribute that an object keeps itself, and no code of the class's stands before."""
    assert plain == is_plain(cls, name)


@pytest.mark.parametrize(
    "odd", [Plain(True), Plain(None), Plain("1"), Plain(1 + 0j), Plain(Plain(1.0)), 1.0, object()]
)
def test_what_is_no_number_is_left_to_be_read_one_by_one(odd: Any) -> None:
    """One truth value, nothing, text, node or stranger among the nodes is enough."""
    column = Columns(Plain, "data")
    assert column.read([Plain(1.0), odd]) is None
    assert [encode(1.0)] == column.read([Plain(1.0)])


def test_an_engines_own_code_is_run_no_oftener() -> None:
    """A value that is worked out each time is not read in advance."""
    before = Computed.reads
    assert Columns(Computed, "data").read([Computed(1.0)]) is None
    assert before == Computed.reads


def test_a_gradient_that_is_not_there_is_none() -> None:
    """As one by one: there, what has no such attribute has no gradient."""
    node = Plain(1.0)
    del node.grad
    assert Columns(Plain, "grad").read([node]) is None


@given(
    st.lists(st.tuples(st.lists(HEX, min_size=1), st.lists(HEX, min_size=1))),
    st.integers(1),
    st.floats(0, 9),
)
def test_an_answer_of_numbers_is_written_as_any_other(
    readings: list[tuple[list[str], list[str]]], number: int, seconds: float
) -> None:
    """The line says what JSON says."""
    told = [{"values": values, "gradients": gradients} for values, gradients in readings]
    answer: dict[str, Any] = {"readings": told, "raised": None, "id": number}
    assert WRITER.encode(answer) == in_columns(answer)
    line = json.loads(frame({**answer, "seconds": seconds}))
    assert answer == {name: line[name] for name in answer}


@pytest.mark.parametrize(
    "answer",
    [
        {"readings": [], "raised": {"type": "TypeError"}, "id": 1},
        {"readings": [{"values": [None], "gradients": []}], "raised": None, "id": 1},
        {"readings": [{"values": [], "gradients": [{"not": "str"}]}], "raised": None, "id": 1},
        {"readings": [{"values": [], "gradients": [], "same": [1]}], "raised": None, "id": 1},
        {"printed": ["1.0"], "raised": None, "id": 1},
        {"readings": [], "raised": None, "id": 1, "tree": []},
        {"answers": [], "id": 1},
        {"readings": [{"values": [], "gradients": []}], "raised": None, "id": 1},
    ],
)
def test_any_other_answer_is_written_whole(answer: dict[str, Any]) -> None:
    """What holds anything else is left to JSON."""
    assert in_columns(answer) is None
    assert answer == json.loads(frame(dict(answer)))
