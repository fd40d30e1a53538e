"""A finding about a network as a program: the engine's own class, with its weights set."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from verify.expression.graph import Apply, Const, literal_value
from verify.report.facts import told
from verify.report.plain import flat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.engines import EngineInfo
    from verify.verdict.outcome import Finding

LISTED: Final = (
    "parameters()", "parameters", "params()", "get_parameters()", "weights", "params",
    "get_params()",
)  # fmt: skip
"""How networks list their parameters; which one it is shows in use."""
_BUILT: Final = re.compile(r" (?:of|in) ([^\W\d]\w*\(.*\))$")
_ARGUMENT: Final = re.compile(r"\bx\b")


def network_programs(finding: Finding, engine: EngineInfo) -> Iterator[str]:
    """Programs that may show it, without their imports; the first that does is shown."""
    found = _BUILT.search(finding.place)
    if found is None:
        return
    built, where = flat(found[1]), finding.place[: found.start()]
    sizes = _sizes(finding)
    one = len(sizes) < 2 or sizes[-1] == 1  # what a network gives then is a node by itself
    for listed in LISTED:
        for several in (not one, one):
            lines = _called(finding, engine, built, listed, several=several)
            for ending in _endings(finding, engine, where, listed, several=several):
                yield "\n".join([*lines, *ending])


def _sizes(finding: Finding) -> list[int]:
    """Inputs and each layer's outputs; one number alone is a neuron."""
    return [int(n) for n in re.findall(r"\d+", finding.triage.summary.partition(":")[0])]


def _called(
    finding: Finding, engine: EngineInfo, built: str, listed: str, *, several: bool
) -> list[str]:
    """The network built, its parameters set, and called."""
    adapter, case = engine.adapter, finding.case
    value = adapter.get("value", "data")
    leaf = adapter.get("leaf", f"{engine.class_name}(x)")
    names = case.graph.names
    pairs = list(zip([names[i] for i in case.graph.leaves], case.point, strict=True))
    parameters = ", ".join(literal_value(x) for name, x in pairs if name.startswith("p"))
    inputs = ", ".join(
        _ARGUMENT.sub(literal_value(x), leaf, count=1) for name, x in pairs if name.startswith("x")
    )
    lines = [f"net = {built}"]
    if parameters:
        lines += [
            f"for p, number in zip(net.{listed}, [{parameters}]):",
            f"    p.{value} = number",
        ]
    if inputs:
        lines.append(f"out = net([{inputs}])")
        if not several:
            one = _sizes(finding)[-1:] in ([], [1])
            lines.append("out = [out]" if one else "out = out if isinstance(out, list) else [out]")
        targets = _targets(finding)
        if targets:
            for i, t in enumerate(targets):
                made = _ARGUMENT.sub(literal_value(-t), leaf, count=1)
                lines.append(f"e{i} = out[{i}] + {made}")
            lines.append(f"loss = {' + '.join(f'e{i} * e{i}' for i in range(len(targets)))}")
        else:
            lines.append("loss = out[0]")
    return lines


def _targets(finding: Finding) -> list[float]:
    """What the outputs were compared with, if the pass starts from a loss."""
    nodes = finding.case.graph.nodes
    found = []
    for node in nodes:
        if isinstance(node, Apply) and node.op == "mul" and node.args[0] == node.args[1]:
            inner = node.args[0]
            error = nodes[inner] if isinstance(inner, int) else None
            if isinstance(error, Apply) and error.op == "add" and isinstance(error.args[1], Const):
                found.append(-float(error.args[1].value))
    return found


def _endings(
    finding: Finding, engine: EngineInfo, where: str, listed: str, *, several: bool
) -> Iterator[list[str]]:
    """What is done last, and the print with what it has to print."""
    adapter, node = engine.adapter, finding.wrong.node
    value, gradient = adapter.get("value", "data"), adapter.get("gradient", "grad")
    backward = adapter.get("backward", ".backward()")
    passed = [f"loss{backward}"] if re.fullmatch(r"\.\w+\(\)", backward) else []
    comment = flat(f"  # {told(finding)}")
    graph = finding.case.graph
    sizes = _sizes(finding)
    count = sum((n + 1) * m for n, m in pairwise(sizes))
    if finding.wrong.quantity == "gradient":
        if node < len(graph.leaves) and passed:
            place = f"net.{listed}[{node}].{gradient}"
            yield [*passed, f"print({place}){comment}"]
    elif where == "output" or where.startswith("value"):
        if several or len(sizes) < 2 or sizes[-1] > 1:
            many = sizes[-1] if sizes else 1
            yield [f"print(len(out))  # is {{}}, should be {many}"]
        outputs = range(sizes[-1] if several and sizes else 1)
        for i in outputs:
            yield [f"print(out[{i}].{value}){comment}"]
        yield [f"print(loss.{value}){comment}"]
    elif where.startswith("parameters"):
        yield [f"print(len(net.{listed}))  # is {{}}, should be {count}"]
        yield [f"print(len(set(map(id, net.{listed}))))  # is {{}}, should be {count}"]
    elif where.startswith("zero_grad") and passed:
        zero = next(iter(re.findall(r"\(\.?(\w+\(\))\)", where)), "zero_grad()")
        left = f"sum(bool(p.{gradient}) for p in net.{listed})"
        yield [*passed, f"net.{zero}", f"print({left})  # is {{}}, should be 0"]
        kept = [f"before = net.{listed}[0]", f"net.{zero}"]
        yield [*kept, f"print(net.{listed}[0] is before)  # is {{}}, should be True"]
        before = [*passed, f"before = [p.{value} for p in net.{listed}]", f"net.{zero}"]
        same = f"[p.{value} for p in net.{listed}] == before"
        yield [*before, f"print({same})  # is {{}}, should be True"]
