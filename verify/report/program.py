"""A finding as a program to paste, in the engine's own spellings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Const, Leaf, literal, literal_value, spell
from verify.expression.ops import OPS
from verify.report.facts import got, want
from verify.report.plain import flat
from verify.report.spelled import harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import EngineInfo
    from verify.expression.graph import Apply
    from verify.verdict.outcome import Finding

_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+|[^\W\d]\w*(?=:)")

_ARGUMENT: Final = re.compile(r"\bx\b")
"""Where the number goes in an adapter's ``Value(x)``."""


def program(finding: Finding, engine: EngineInfo) -> str:
    """The smallest program that shows the mistake, one node a line.

    Args:
        finding: what went wrong.
        engine: how its class, operations and backward pass are called.

    Returns:
        Python; it ends with a ``print`` of the wrong number, or with the line that raises.
    """
    engine = harmless(engine)
    case, adapter = finding.case, engine.adapter
    names = case.graph.names
    lines = [*_imports(finding, engine)]
    inputs = iter(case.point)
    leaf = adapter.get("leaf", f"{engine.class_name or 'Value'}(x)")
    if finding.check == "growth":
        return "\n".join([*lines, *_endless(finding, engine, leaf)])
    for index, node in enumerate(case.graph.nodes):
        if isinstance(node, Leaf):
            lines.append(
                f"{names[index]} = {_ARGUMENT.sub(literal_value(next(inputs)), leaf, count=1)}"
            )
        else:
            lines += statements(node, names[index], names, adapter.get(node.op, ""))
    raised = finding.reading.raised
    if finding.scenario:
        lines.append(f"# {flat(finding.scenario)}")
    if raised is None or raised.during not in {"construct", "forward"}:
        lines += _ending(finding, engine, names)
    if raised is not None:
        lines[-1] += f"  # {flat(raised.type)}"
    return "\n".join(lines)


def statements(node: Apply, name: str, names: Sequence[str], spelling: str = "") -> list[str]:
    """The lines of Python that make one node.

    Args:
        node: an operation.
        name: what its result is called.
        names: a name for each node of the graph.
        spelling: how the engine spells the operation, see :func:`respell`.
    """
    operands = [literal(a.value) if isinstance(a, Const) else names[a] for a in node.args]
    if node.inplace:
        return [f"{name} = {operands[0]}", f"{name} {OPS[node.op].symbol}= {operands[1]}"]
    return [f"{name} = {respell(node.op, operands, spelling)}"]


def respell(op: str, operands: Sequence[str], spelling: str) -> str:
    """The operation as the engine spells it: ``.tanh()``, ``tanh()``, ``Tanh()()`` or as usual."""
    if not spelling.endswith("()"):
        return spell(op, operands)
    if spelling.startswith("."):
        return f"{operands[0]}{spelling[:-1]}{', '.join(operands[1:])})"
    return f"{spelling[:-1]}{', '.join(operands)})"


def _endless(finding: Finding, engine: EngineInfo, leaf: str) -> list[str]:
    """The graph that takes for ever, in a loop: written out, the small one shows nothing."""
    (start,), times = finding.original.point, len(finding.original.graph.operations)
    add = respell("add", ("x", "x"), engine.adapter.get("add", ""))
    entered, returned, gradient = _backward(engine.adapter.get("backward", ".backward()"), "x", "x")
    last = [*entered, *[part for part in (returned, gradient) if part]]
    return [
        f"x = {_ARGUMENT.sub(literal_value(start), leaf, count=1)}",
        f"for _ in range({times}):",
        f"    x = {add}",
        *last[:-1],
        f"{last[-1]}  # does not come back",
    ]


def _ending(finding: Finding, engine: EngineInfo, names: Sequence[str]) -> list[str]:
    """The backward pass and the number that is wrong."""
    wrong, adapter = finding.wrong, engine.adapter
    if returned := finding.reading.cut.get(len(names) - 1):
        name = names[min(finding.reading.cut)]
        told = flat(f"is {returned}, should be {engine.class_name}")
        return [f"print(type({name}).__name__)  # {told}"]
    node, output = names[wrong.node], names[-1]
    told = (
        "" if finding.reading.raised else flat(f"  # is {got(finding)}, should be {want(finding)}")
    )
    if wrong.quantity == "value":
        return [f"print({node}.{adapter.get('value', 'data')}){told}"]
    entered, returned, gradient = _backward(adapter.get("backward", ".backward()"), node, output)
    held = gradient or f"{node}.{adapter.get('gradient', 'grad')}"
    return [*entered, f"print({returned or held}){told}"]


def _backward(words: str, node: str, output: str) -> tuple[list[str], str, str]:
    """What the adapter says of the backward pass as statements, and where the gradient then is."""

    def filled(part: str) -> str:
        part = f"{output}{part}" if part.startswith(".") else part
        return re.sub(r"\boutput\b", lambda _: output, re.sub(r"\bnode\b", lambda _: node, part))

    if words.endswith(" returns them"):
        return (
            [f"gradients = {filled(words.removesuffix(' returns them'))}"],
            f"gradients[{node}]",
            "",
        )
    *before, last = [part.strip() for part in words.split(";")]
    if re.search(r"\bnode\b", last):
        return [filled(part) for part in before], filled(last), ""
    return [filled(part) for part in (*before, last)], "", ""


def _imports(finding: Finding, engine: EngineInfo) -> list[str]:
    """Where the names come from, if that is known for sure."""
    if engine.path.endswith(".ipynb"):
        return ["# in a cell of the notebook, below its definitions"]
    module = _MODULE.match(engine.spec)
    if engine.path.endswith(".py"):
        stem = re.split(r"[/\\]", engine.path)[-1].removesuffix(".py")
        source = stem if stem.isidentifier() else ""
    else:
        source = module.group() if module and not engine.path else ""
    if not source:
        return []
    used = [engine.adapter.get(op, "") for op in dict.fromkeys(finding.case.graph.operations)]
    used += [engine.adapter.get("leaf", ""), engine.adapter.get("backward", "")]
    called = [
        m.group()
        for text in used
        if (m := re.match(r"[^\W\d]\w*(?=[.(])", text)) and m.group() != "output"
    ]
    names = dict.fromkeys([engine.class_name or "Value", *called])
    return [f"from {source} import {', '.join(names)}"]
