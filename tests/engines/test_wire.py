"""Only well-formed numbers of the exact expected count get through."""

from __future__ import annotations

import copy
import json
import math
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.engines import DEFAULT, EngineError, workshop
from verify.engines.gate import ProtocolError, cell
from verify.engines.wire import (
    decode_formulas,
    decode_load,
    decode_measure,
    decode_network,
    decode_run,
    decode_seconds,
    decode_watched,
    encode_run,
)
from verify.engines.worker.floats import encode
from verify.engines.workshop import Graphs
from verify.expression.graph import Apply, Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GRAPH = Graph.parse("a * b + 2")
POINT = (2.0, -3.0)
FINE = {"values": ["0x1.0000000000000p+0"] * 4, "gradients": [None] * 4}
FINE["values"] = FINE["values"][: len(GRAPH.nodes)]
FINE["gradients"] = FINE["gradients"][: len(GRAPH.nodes)]


@given(st.floats())
def test_every_float_crosses_to_the_bit(x: float) -> None:
    """Infinities and nan included; the sign of zero too."""
    back = cell(encode(x), "value")
    assert isinstance(back, float)
    assert math.copysign(1, back) == math.copysign(1, x) or math.isnan(x)
    assert back == x or (math.isnan(back) and math.isnan(x))


@given(st.integers())
def test_whole_numbers_cross_as_floats_or_say_why_not(n: int) -> None:
    """An int in an engine is judged as the float that it stands for."""
    back = cell(encode(n), "value")
    try:
        expected = float(n)
    except OverflowError:
        assert back == "int"
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
        number = cell(data, "value")
    except ProtocolError:
        return
    assert isinstance(data, str)
    assert isinstance(number, float)
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
        decode_run(answer, GRAPH, DEFAULT, POINT)


@given(
    st.dictionaries(
        st.sampled_from(
            ["type", "message", "during", "node", "line", "refused", "kind", "near_miss"]
        ),
        json_values,
    )
)
def test_what_was_raised_is_cut_to_size_or_refused(raised: dict[str, object]) -> None:
    """An exception is an answer too, and every part of it is checked."""
    try:
        (reading,) = decode_run({"readings": [], "raised": raised}, GRAPH, DEFAULT, POINT)
    except ProtocolError:
        return
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
        decode_run({"readings": readings, "raised": None}, GRAPH, DEFAULT, POINT)


def test_the_right_answer_is_taken() -> None:
    """Otherwise the refusals above would show nothing."""
    (reading,) = decode_run({"readings": [FINE], "raised": None}, GRAPH, DEFAULT, POINT)
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


@pytest.mark.parametrize("version", [2, 0, "1", 1.0, True, None])
def test_another_protocol_is_refused(version: object) -> None:
    """What it says may mean something else: the schema knows version 1."""
    loaded = {"protocol": version, "class": "Value", "backward": True}
    with pytest.raises(EngineError, match="protocol"):
        decode_load({"loaded": loaded}, "spec", "", "weak")


# --- answers that were right, and were changed in one place or several ---------------------------

ONE, TWO = (1.0).hex(), (2.0).hex()
READS = (("backward", -1), ("read",), ("backward", -1), ("read",))
RUN = {
    "id": 1,
    "readings": [
        {"values": [ONE, TWO, TWO, None], "gradients": [ONE, {"not": "complex"}, "-inf", "nan"]},
        {"values": [ONE] * 4, "gradients": [ONE] * 4, "same": [2, 3], "cut": [[3, "float"]]},
    ],
    "raised": None,
    "seconds": 0.25,
}
RAISED = {
    "id": 1,
    "readings": [],
    "raised": {
        "type": "TypeError", "message": "no", "during": "forward", "node": 3, "line": 9,
        "refused": False, "kind": "misspelt", "near_miss": "_neg__", "returned": "",
    },
}  # fmt: skip
NETWORK = {
    "about": {"class": "MLP", "built": "MLP(2, [1])", "parameters": 3, "shared": 0, "hidden": 0},
    "readings": [{"outputs": [ONE], "loss": ONE, "data": [ONE] * 3, "gradients": [None] * 3}],
    "raised": None,
}
FORMULAS = {
    "readings": [
        {"values": [{"tree": "a"}, {"tree": "b"}, {"tree": ["mul", "a", "b"]},
                    {"tree": ["add", ["mul", "a", "b"], {"number": TWO}]}],
         "gradients": [{"tree": "b"}, {"tree": ["exp", "c"]}, ONE, {"tree": None}]}
    ],
    "raised": None,
    "path": [["<", "a", {"number": TWO}, True], ["%", "b", {"number": ONE}, 0.5]],
    "leaks": ["__int__"],
}  # fmt: skip
LOADED = {
    "id": 1,
    "loaded": {
        "protocol": 1, "class": "Value", "python": "3.11.7", "adapter": {"value": "data"},
        "backward": True, "extras": ["network"], "notes": ["a note"],
        "reaches": [["__main__.execute", 3], ["session.run", None]],
    },
}  # fmt: skip
REFUSED = {"id": 1, "error": {"kind": "no engine", "message": "none", "line": 3}}
WATCHED = {
    "proofs": [{
        "values": [{"tree": "a"}, {"tree": ["mul", "a", "b"]}], "gradients": [{"tree": "b"}],
        "asked": [["<", "a", {"number": ONE}, True], ["whole", "b", {"number": ONE}, False]],
        "lost": [], "notes": [["state", "x", "e.py", 3]], "sources": [["e.py", "sha256:0"]],
        "raised": None,
    }],
}  # fmt: skip
LINES = {
    "files": ["/x/e.py"], "lines": [["forward", 2, 0, 7], ["backward", None, 0, 9]],
    "wrote": [[0, 9]],
}  # fmt: skip
PRINTED = {"printed": ["1.0", "2.0"], "raised": None}
COPIES = {"answers": [RUN]}
MEASURED = {"measured": {"seconds": [0.5, 0.25], "bytes": 12}}

GATES: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "run": (RUN, lambda answer: decode_run(answer, GRAPH, READS, POINT)),
    "raised": (RAISED, lambda answer: decode_run(answer, GRAPH, READS, POINT)),
    "network": (NETWORK, lambda answer: decode_network(answer, DEFAULT)),
    "formulas": (FORMULAS, lambda answer: decode_formulas(answer, GRAPH)),
    "loaded": (LOADED, lambda answer: decode_load(answer, "spec", "", "weak")),
    "refused": (REFUSED, lambda answer: decode_load(answer, "spec", "", "weak")),
    "measured": (MEASURED, lambda answer: decode_measure(answer, 2)),
    "watched": (WATCHED, lambda answer: decode_watched(answer, [(2, 1)], frozenset({"a", "b"}))),
    "lines": (LINES, workshop._watched),
    "printed": (PRINTED, workshop._printed),
    "copies": (COPIES, lambda answer: workshop._answers(answer, [Graphs(GRAPH, POINT, READS)])),
    "seconds": (RUN, decode_seconds),
}

ODD: list[Any] = [
    "0x1.0p+9999", "-0x1p+1024", "0x1p0", "inf", "1.0", "", "nosuch", "\ud800", "x" * 9000,
    -1, 0, 1, 4, 1 << 31, 10**400, 1e308, True, False, None, [], {}, [[]], {"not": 3},
    {"not": "x", "is": 1}, {"tree": ["nosuch", "a"]}, {"tree": ["mul", "a"]}, ["pow", "a"],
    {"number": "0x1.0p+9999"}, {"tree": "nosuch"}, ["~", "a", "b", True], [0, "float"],
]  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of an answer."""
    yield path
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield from places(data[key], (*path, key))


def mutated(seed: int) -> tuple[str, Any]:
    """Which gate, and an answer for it in which one to three parts are something else or gone.

    By a seed, not drawn part by part: that is many times as quick.
    """
    chance = random.Random(seed)
    name = chance.choice(sorted(GATES))
    answer = copy.deepcopy(GATES[name][0])
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(list(places(answer)))
        new = copy.deepcopy(chance.choice(ODD))
        if not path:
            return name, new
        holder = answer
        for key in path[:-1]:
            holder = holder[key]
        match chance.choice(["replace", "replace", "remove", "repeat"]):
            case "remove":
                del holder[path[-1]]
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[path[-1]]))
            case _:
                holder[path[-1]] = new
    return name, answer


@pytest.mark.parametrize("name", sorted(GATES))
def test_each_right_answer_passes_its_gate(name: str) -> None:
    """What is changed below was right before; a refusal by the engine itself is an EngineError."""
    answer, gate = GATES[name]
    if name == "refused":
        with pytest.raises(EngineError, match="none"):
            gate(answer)
    else:
        gate(answer)


@settings(max_examples=max(500, settings().max_examples))  # `tox -e fuzz` tries 10,000
@given(st.integers(0, 1 << 32))
def test_a_changed_answer_is_read_or_refused_and_nothing_else(seed: int) -> None:
    """Never a traceback of ours: a reading of the exact size, a ProtocolError, an EngineError."""
    name, answer = mutated(seed)
    answer = json.loads(json.dumps(answer))
    try:
        got = GATES[name][1](answer)
    except (ProtocolError, EngineError) as error:
        str(error).encode()
        return
    for reading in got if isinstance(got, tuple) else ():
        assert len(reading.values) in {0, len(GRAPH.nodes)}
        assert all(x is None or type(x) is float for x in reading.values + reading.gradients)
        assert all(isinstance(GRAPH.nodes[i], Apply) for i in (*reading.same, *reading.cut))
    repr(got).encode("utf-8", "strict")


@pytest.mark.parametrize(
    ("program", "point", "claimed", "believed"),
    [
        ("abs(a)", (2.0,), {1}, {1}),
        ("abs(a)", (-2.0,), {1}, set()),
        ("a.relu()", (2.0,), {1}, {1}),
        ("a.relu()", (-2.0,), {1}, set()),
        ("a + 0", (2.0,), {1}, {1}),
        ("1 * a", (2.0,), {1}, {1}),
        ("a ** 1", (2.0,), {1}, {1}),
        ("a / 1", (2.0,), {1}, {1}),
        ("sum([a])", (2.0,), {1}, {1}),
        ("-(-a)", (2.0,), {1, 2}, {2}),
        ("a.max(b)", (3.0, 2.0), {2}, {2}),
        ("a.max(b)", (2.0, 2.0), {2}, {2}),
        ("c = a * b; d = b * a; c + d", (3.0, 2.0), {3}, {3}),
        ("a + b", (2.0, 2.0), {1, 2}, set()),
        ("a + b", (2.0, 0.0), {2}, set()),
        ("a * b", (1.0, 1.0), {1, 2}, set()),
        ("a * a", (1.0,), {1}, set()),
    ],
)
def test_the_same_object_is_believed_where_it_may_be(
    program: str, point: tuple[float, ...], claimed: set[int], believed: set[int]
) -> None:
    """Never of two leaves, nor of nodes that are another function of them."""
    graph = Graph.parse(program)
    value = {"abs(a)": abs, "a.relu()": lambda x: max(x, 0.0)}.get(program)
    values = [*point, *[None] * (len(graph.nodes) - len(point))]
    for index in range(len(point), len(graph.nodes)):
        values[index] = value(point[0]) if value else point[0]
    if program == "-(-a)":
        values[1] = -point[0]
    row = {
        "values": [x.hex() for x in values],
        "gradients": [ONE] * len(graph.nodes),
        "same": sorted(claimed),
    }
    (reading,) = decode_run({"readings": [row], "raised": None}, graph, DEFAULT, point)
    assert set(reading.same) == believed


@pytest.mark.parametrize(
    "tree", [["nosuch", "a"], "z", ["mul", "a"], ["exp", "a", "b"], ["mul", "a", ["mul"]]]
)
def test_a_formula_is_of_known_operations_and_names(tree: object) -> None:
    """Whatever else stands there would break who reads it later."""
    answer = copy.deepcopy(FORMULAS)
    answer["readings"][0]["values"][0] = {"tree": tree}
    with pytest.raises(ProtocolError):
        decode_formulas(answer, GRAPH)


def test_a_number_beyond_floats_is_no_number() -> None:
    """It looks like one, and Python cannot make one of it."""
    with pytest.raises(ProtocolError, match="beyond the range"):
        cell("0x1.0p+9999", "a value")
