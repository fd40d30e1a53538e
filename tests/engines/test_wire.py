"""Only well-formed numbers of the exact expected count get through."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.engines import DEFAULT, EngineError
from verify.engines.wire import ProtocolError, decode_load, decode_number, decode_run, encode_run
from verify.engines.worker.floats import encode
from verify.expression.graph import Graph

GRAPH = Graph.parse("a * b + 2")
FINE = {"values": ["0x1.0000000000000p+0"] * 4, "gradients": [None] * 4}
FINE["values"] = FINE["values"][: len(GRAPH.nodes)]
FINE["gradients"] = FINE["gradients"][: len(GRAPH.nodes)]


@given(st.floats())
def test_every_float_crosses_to_the_bit(x: float) -> None:
    """Infinities and nan included; the sign of zero too."""
    back = decode_number(encode(x), "value", 0, {})
    assert back is not None
    assert math.copysign(1, back) == math.copysign(1, x) or math.isnan(x)
    assert back == x or (math.isnan(back) and math.isnan(x))


@given(st.integers())
def test_whole_numbers_cross_as_floats_or_say_why_not(n: int) -> None:
    """An int in an engine is judged as the float that it stands for."""
    faults: dict[tuple[str, int], str] = {}
    back = decode_number(encode(n), "value", 0, faults)
    try:
        expected = float(n)
    except OverflowError:
        assert faults == {("value", 0): "int"}
    else:
        assert back == expected


@given(
    st.one_of(
        st.text(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.lists(st.none())
    )
)
def test_nothing_else_is_taken_for_a_number(data: object) -> None:
    """No JSON number, no text but the one spelling, no truth value, no list."""
    try:
        number = decode_number(data, "value", 0, {})
    except ProtocolError:
        return
    assert isinstance(data, str)
    assert number is not None
    assert float.fromhex(data) == number


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_no_answer_whatever_gets_through_or_breaks_the_parent(answer: object) -> None:
    """Anything that is not the right form is a ProtocolError, never another exception."""
    with pytest.raises(ProtocolError):
        decode_run(answer, GRAPH, DEFAULT)


@given(
    st.dictionaries(
        st.sampled_from(["type", "message", "during", "node", "line", "refused"]), json_values
    )
)
def test_what_was_raised_is_cut_to_size_whatever_it_holds(raised: dict[str, object]) -> None:
    """An exception is an answer too, and every part of it is checked."""
    (reading,) = decode_run({"readings": [], "raised": raised}, GRAPH, DEFAULT)
    assert reading.raised is not None
    assert len(reading.raised.type) <= 80
    assert len(reading.raised.message) <= 500
    assert reading.raised.node is None or 0 <= reading.raised.node < len(GRAPH.nodes)
    assert reading.raised.during in {"construct", "forward", "backward", "read", "answer"}
    json.dumps(reading.raised.message).encode()


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [FINE, FINE],
        [{**FINE, "values": FINE["values"][:-1]}],
        [{**FINE, "gradients": [*FINE["gradients"], None]}],
        [{**FINE, "values": []}],
        [{"values": FINE["values"]}],
        [None],
    ],
)
def test_the_count_is_exact(readings: list[object]) -> None:
    """Too few, too many, empty, missing: each is refused."""
    with pytest.raises(ProtocolError):
        decode_run({"readings": readings, "raised": None}, GRAPH, DEFAULT)


def test_the_right_answer_is_taken() -> None:
    """Otherwise the refusals above would show nothing."""
    (reading,) = decode_run({"readings": [FINE], "raised": None}, GRAPH, DEFAULT)
    assert reading.values == (1.0,) * len(GRAPH.nodes)
    assert reading.gradients == (None,) * len(GRAPH.nodes)


def test_a_request_holds_the_graph_the_point_and_the_steps() -> None:
    """Floats in hexadecimal, whole numbers and truth values as they are."""
    request = encode_run(GRAPH, (0.5, True), [["set", 0, 0.1], ["zero", (0, 1)], ["read"]])
    assert json.loads(json.dumps(request)) == {
        "graph": [["leaf", "a"], ["leaf", "b"], ["mul", 0, 1], ["add", 2, {"const": 2}]],
        "point": ["0x1.0000000000000p-1", True],
        "steps": [["set", 0, (0.1).hex()], ["zero", [0, 1]], ["read"]],
    }


@given(json_values)
def test_whatever_a_program_says_of_itself_can_be_written_down(said: object) -> None:
    """Names and notes are texts of a sane length without lone surrogates, or there is one error."""
    loaded = {"class": said, "python": said, "adapter": {"x": said}, "notes": [said]}
    for answer in ({"loaded": loaded}, {"loaded": said}, {"error": said}, {"error": loaded}):
        try:
            info = decode_load(answer, "spec", "", "weak")
        except EngineError as error:
            str(error).encode()
            continue
        texts = [info.class_name, info.python, *info.notes, *info.adapter.values()]
        assert all(len(text.encode()) <= 4 * 500 for text in texts)
