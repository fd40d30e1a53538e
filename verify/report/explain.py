"""One case node by node: what every oracle says, with bounds; as text, as JSON, as a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from verify.expression.graph import Leaf
from verify.expression.reading import QUANTITIES
from verify.report import facts
from verify.report.layout import STYLES, block, table
from verify.report.plain import plain
from verify.report.program import statements
from verify.verdict.disputes import disputes
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from verify.checking.assess import Examined
    from verify.expression.graph import Case
    from verify.expression.reading import Enclosure, Quantity
    from verify.oracles.registry import Testimony
    from verify.verdict.judgement import Judged

SCHEMA: Final = "verify.explain/1"
ENGINE: Final = "engine"
SAME: Final = "="
NOTHING: Final = "-"
LEGEND: Final = (
    f"{SAME} is the float of interval arithmetic, {NOTHING} no answer; else the difference to it"
)
NOTES: Final = {
    "kink": "at a kink any slope between those from either side is right",
    "slopes": "a kink; its slope is at least all those between the two sides",
    "edge": "known, but an honest formula may overflow on the way",
    "domain": "outside of the domain there is no number",
    "overflow": "too large for a float",
    "pole": "an infinite slope",
    "beyond": "computed from what is no number: nothing is due",
    "conditioning": "too ill-conditioned to tell",
}
"""Of :data:`verify.expression.reading.Note`, for a person."""


def spelled(case: Case) -> tuple[str, ...]:
    """Each node as it is written: a leaf's name, or ``c = a * b``."""
    names = case.graph.names
    return tuple(
        [
            names[i] if isinstance(node, Leaf) else "; ".join(statements(node, names[i], names))
            for i, node in enumerate(case.graph.nodes)
        ]
    )


def readings_of(
    testimony: Testimony, quantity: Quantity, node: int, examined: Examined | None = None
) -> dict[str, float | None]:
    """What every oracle, and the engine if there is one, says of one number; ``None``: nothing."""
    found: dict[str, float | None] = dict.fromkeys(facts.ORACLES)
    for oracle in (testimony.truth, *testimony.witnesses):
        enclosure = oracle.column(quantity)[node]
        found[oracle.source] = None if enclosure is None else enclosure.middle
    readings = (*testimony.floats, *([examined.reading] if examined else []))
    for reading in readings:
        numbers = reading.column(quantity)
        is_engine = examined is not None and reading is examined.reading
        found[ENGINE if is_engine else reading.source] = numbers[node] if numbers else None
    return found


def lines(testimony: Testimony, width: int, examined: Examined | None = None) -> Iterator[Text]:
    """The case, then a table of its values and one of its gradients."""
    case = testimony.case
    inputs = ", ".join(f"{name} = {value!r}" for name, value in case.inputs.items())
    head = Text.assemble((case.graph.expression(), "bold"), f"   where {inputs}")
    yield from block(head, width, 0)
    both = [list(_rows(testimony, quantity, examined)) for quantity in QUANTITIES]
    wide = any(line.cell_len > width for rows in both for line in table(rows, width))
    for rows in both:
        yield Text()
        yield from _node_by_node(rows, width) if wide else table(rows, width)
    yield Text()
    yield Text(LEGEND, "dim")
    notes = {e.note for e in (*testimony.truth.values, *testimony.truth.gradients) if e is not None}
    for note in sorted(notes & NOTES.keys()):
        yield Text(f"({note}) {NOTES[note]}", "dim")
    if examined is not None and examined.reading.raised is not None:
        words = plain(facts.placeless(f"the engine raises {examined.reading.raised}"))
        yield from block(Text(words, STYLES["wrong"]), width, 0)
    for dispute in disputes(testimony):
        words = f"the oracles contradict each other: {dispute}"
        yield from block(Text(words, STYLES["wrong"]), width, 0)


def _node_by_node(rows: Sequence[tuple[Text, ...]], width: int) -> Iterator[Text]:
    """A table that is too wide for the screen: a heading for each row, below it the columns."""
    (title, *heads), *nodes = rows
    yield title
    for name, *cells in nodes:
        yield from block(name, width, 0)
        yield from table(list(zip(heads, cells, strict=True)), width, indent=2)


def _rows(
    testimony: Testimony, quantity: Quantity, examined: Examined | None
) -> Iterator[tuple[Text, ...]]:
    case = testimony.case
    others = (*facts.ORACLES[1:], *([ENGINE] if examined else []))
    output = case.graph.names[-1]
    title = "value of" if quantity == "value" else f"slope of {output} by"
    yield tuple(Text(head, "underline") for head in (title, "interval", "bound", *others))
    heads = spelled(case) if quantity == "value" else case.graph.names
    judged = _judged(examined, quantity)
    for node, head in enumerate(heads):
        readings = readings_of(testimony, quantity, node, examined)
        truth = testimony.truth.column(quantity)[node]
        expected = readings[facts.JUDGE]
        kink = truth is not None and truth.note == "kink" and truth.radius > 0
        bound = "" if kink else _bound(truth)
        row = [Text(head), Text(_expected(truth, expected)), Text(bound, "dim")]
        row += [Text(_beside(readings.get(name), expected, apart=not kink)) for name in others]
        if node in judged and judged[node].verdict is not Verdict.CORRECT:
            row[-1].append(f" {judged[node].verdict.value}", STYLES[judged[node].verdict.value])
        if truth is not None and truth.note:
            row[-1].append(f" ({truth.note})", "dim")
        yield tuple(row)


def wrong(
    testimony: Testimony, examined: Examined | None
) -> dict[tuple[int, Quantity], float | None]:
    """The right number for each that the engine has wrong, by node and quantity."""
    truth = testimony.truth
    return {
        (node, quantity): None if (e := truth.column(quantity)[node]) is None else e.middle
        for quantity in QUANTITIES
        for node, number in _judged(examined, quantity).items()
        if number.verdict is Verdict.WRONG
    }


def _judged(examined: Examined | None, quantity: Quantity) -> Mapping[int, Judged]:
    if examined is None or examined.judgement.raised is not None:
        return {}
    return {n.node: n for n in examined.judgement.numbers if n.quantity == quantity}


def _bound(truth: Enclosure | None) -> str:
    return f"{truth.bound:.1e}" if truth is not None else ""


def _expected(truth: Enclosure | None, expected: float | None) -> str:
    if truth is None or truth.note != "kink" or not truth.radius:
        return facts.number(expected)
    return f"{truth.middle - truth.radius:g} to {truth.middle + truth.radius:g}"


def _beside(value: float | None, expected: float | None, *, apart: bool = True) -> str:
    if value is None:
        return NOTHING
    if value == expected or (expected is not None and math.isnan(value) and math.isnan(expected)):
        return SAME
    if expected is None or not (apart and math.isfinite(value) and math.isfinite(expected)):
        return repr(value)
    return f"{value - expected:+.1e}"


def data(testimony: Testimony, examined: Examined | None = None) -> dict[str, Any]:
    """The same as plain JSON data; numbers that JSON does not have are text."""
    case = testimony.case
    nodes = []
    for node, name in enumerate(case.graph.names):
        entry: dict[str, Any] = {"name": name, "python": spelled(case)[node]}
        for quantity in QUANTITIES:
            truth = testimony.truth.column(quantity)[node]
            readings = readings_of(testimony, quantity, node, examined)
            entry[quantity] = {
                "readings": {who: facts.as_json(number) for who, number in readings.items()},
                "bound": None if truth is None else facts.as_json(truth.bound),
                "note": "" if truth is None else truth.note,
            }
        nodes.append(entry)
    return {
        "schema": SCHEMA,
        "graph": case.graph.to_json(),
        "expression": case.graph.expression(),
        "inputs": dict(case.inputs),
        "nodes": nodes,
        "verdict": None if examined is None else examined.judgement.verdict.value,
        "disputes": [str(each) for each in disputes(testimony)],
    }


def dot(testimony: Testimony, examined: Examined | None = None) -> str:
    """The graph with values and gradients in Graphviz's language, left to right, on one page.

    The numbers are the engine's, where there is one: what is wrong says so, beside what is right.
    """
    case = testimony.case
    right = wrong(testimony, examined)
    text = [
        'digraph "case" {',
        '  rankdir="LR"; size="11,7.5"; node [shape="record", fontname="monospace"];',
    ]
    for index, node in enumerate(case.graph.nodes):
        fields = [_escaped(spelled(case)[index])]
        for quantity, name in zip(QUANTITIES, ("value", "slope"), strict=True):
            readings = readings_of(testimony, quantity, index, examined)
            shown = _shown(readings.get(ENGINE if examined else facts.JUDGE))
            wrongly = (index, quantity) in right
            right_one = f" wrong, right: {_shown(right[index, quantity])}" if wrongly else ""
            fields.append(f"{name} {shown}{right_one}")
        bad = any((index, quantity) in right for quantity in QUANTITIES)
        frame = ', color="#a40e26", fontcolor="#a40e26", penwidth=2' if bad else ""
        text.append(f'  n{index} [label="{" | ".join(fields)}"{frame}];')
        if not isinstance(node, Leaf):
            text += [f"  n{parent} -> n{index};" for parent in node.parents]
    return "\n".join([*text, "}"]) + "\n"


def _escaped(text: str) -> str:
    """Text as a record's label takes it."""
    return "".join(f"\\{c}" if c in '\\{}|<>"' else c for c in text)


def _shown(number: float | None) -> str:
    return "none" if number is None else f"{number:.6g}"
