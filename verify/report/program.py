"""A finding as a program to paste, in the engine's own spellings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from verify.engines.regular import Unreadable, read_regular
from verify.expression.graph import Const, Leaf, literal, literal_value, spell
from verify.expression.ops import OPS
from verify.generators.scenarios import CAUGHT, SCENARIOS
from verify.report.facts import told
from verify.report.plain import flat
from verify.report.spelled import harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import EngineInfo
    from verify.expression.graph import Apply, Case, Graph, Number
    from verify.generators.scenarios import Scenario
    from verify.verdict.outcome import Finding

_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+|[^\W\d]\w*(?=:)")

_RELATIVE: Final = re.compile(r"^\s*from\s*\.", re.MULTILINE)
_PRINTED: Final = re.compile(r"print\((.*)\)  # is .*, should be .*$")
_TIMES_OVER: Final = 6000
"""How often a program is run whose answers change now and then."""

_ARGUMENT: Final = re.compile(r"\bx\b")
"""Where the number goes in an adapter's ``Value(x)``."""


def program(finding: Finding, engine: EngineInfo, first: str | None = None) -> str:
    """The smallest program that shows the mistake, one node a line.

    Args:
        finding: what went wrong.
        engine: how its class, operations and backward pass are called.
        first: what imports the names, one of :func:`imports`; ``None`` for the plainest.

    Returns:
        Python; it ends with a ``print`` of the wrong number, or with the line that raises.
    """
    engine = harmless(engine)
    case, adapter = finding.case, engine.adapter
    names = case.graph.names
    lines = [*_imports(finding, engine)] if first is None else [first] * bool(first)
    inputs = iter(case.point)
    leaf = adapter.get("leaf", f"{engine.class_name or 'Value'}(x)")
    if finding.check == "growth":
        return "\n".join([*lines, *_endless(finding, engine, leaf)])
    raised = finding.reading.raised
    scenario = scenario_of(finding)
    if scenario is not None:
        lines += enacted(finding, scenario, engine, leaf)
        names = built(finding, scenario).graph.names
        if raised is None:
            lines += _number(finding, engine, names)
        else:
            lines[-1] += f"  # {flat(raised.type)}"
        return "\n".join(lines)
    forward = raised is not None and raised.during in {"construct", "forward"}
    ends = None if raised is None or raised.node is None or not forward else raised.node + 1
    for index, node in enumerate(case.graph.nodes[:ends]):
        if isinstance(node, Leaf):
            lines.append(
                f"{names[index]} = {_ARGUMENT.sub(literal_value(next(inputs)), leaf, count=1)}"
            )
        else:
            lines += statements(node, names[index], names, adapter.get(node.op, ""))
    if finding.scenario:
        lines.append(f"# {flat(finding.scenario)}")
    if not forward:
        lines += _ending(finding, engine, names)
    if ends is not None and raised is not None and raised.returned:  # what comes next raises
        lines.append(_of_what_kind(names[ends - 1], raised.returned, engine))
    elif raised is not None:
        lines[-1] += f"  # {flat(raised.type)}"
    return "\n".join(lines)


def shown(finding: Finding, engine: EngineInfo) -> str:
    """The program that was run, ``""`` if none shows it; as it would be, where none was run."""
    return program(finding, engine) if finding.program is None else finding.program


def repeated(finding: Finding, engine: EngineInfo, first: str) -> str:
    """The program many times over, for answers that change: it prints whether they do.

    Between two times other nodes are made, so that nothing lies where it lay before.

    Args:
        finding: whose answers change.
        engine: how its class, operations and backward pass are called.
        first: what imports the names.

    Returns:
        ``""`` for a finding whose program prints no number.
    """
    *lines, last = program(finding, engine, "").split("\n")
    printed = _PRINTED.match(last)
    if printed is None:
        return ""
    engine = harmless(engine)
    leaf = engine.adapter.get("leaf", f"{engine.class_name or 'Value'}(x)")
    spare = _ARGUMENT.sub("1.0", leaf, count=1)
    times = max(_TIMES_OVER, *finding.repeats)
    rows = [f"kept = [{spare} for _ in range(turn % 5)]", *lines, f"answers.add(str({printed[1]}))"]
    return "\n".join([
        *[first] * bool(first), "answers = set()", f"for turn in range({times}):",
        *[f"    {row}" for row in rows],
        "print(len(answers) > 1)  # is True, should be False",
    ])  # fmt: skip


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


def scenario_of(finding: Finding) -> Scenario | None:
    """The scenario that a finding names, where it is known what it was done to."""
    if finding.built is None or not finding.scenario:
        return None
    return next((s for s in (*SCENARIOS, *CAUGHT) if s.says == finding.scenario), None)


def built(finding: Finding, scenario: Scenario) -> Case:
    """What is really built for a scenario."""
    return scenario.built(finding.built or finding.case)


def enacted(finding: Finding, scenario: Scenario, engine: EngineInfo, leaf: str) -> list[str]:
    """All that a scenario does, as statements, up to where the number is read."""
    case, adapter = built(finding, scenario), engine.adapter
    names = case.graph.names
    value, gradient = adapter.get("value", "data"), adapter.get("gradient", "grad")

    def leaves(point: Sequence[Number], graph: Graph) -> list[str]:
        numbers = iter(point)
        return [
            f"{graph.names[i]} = {_ARGUMENT.sub(literal_value(next(numbers)), leaf, count=1)}"
            for i in graph.leaves
        ]

    def operations(graph: Graph) -> list[str]:
        return [
            line
            for i, node in enumerate(graph.nodes)
            if not isinstance(node, Leaf)
            for line in statements(node, graph.names[i], graph.names, adapter.get(node.op, ""))
        ]

    def backward(output: str) -> list[str]:
        before, returned, _ = _backward(adapter.get("backward", ".backward()"), output, output)
        return before or ([returned] if returned else [])

    lines = []
    for other in scenario.before:
        tried = [*leaves(other.point, other.graph), *operations(other.graph)]
        tried += backward(other.graph.names[-1])
        lines += ["try:", *[f"    {line}" for line in tried], "except Exception:", "    pass"]
    lines += [*leaves(case.point, case.graph), *operations(case.graph)]
    steps: Sequence[Sequence[Any]] = scenario.steps(case)
    for name, *rest in steps:
        if name == "backward":
            lines += backward(names[rest[0]])
        elif name == "zero":
            which = range(len(names)) if rest[0] == "all" else rest[0]
            which = case.graph.leaves if rest[0] == "leaves" else which
            chosen = ", ".join(names[i] for i in which)
            lines += [f"for node in ({chosen},):", f"    node.{gradient} = 0.0"]
        elif name == "set":
            lines.append(f"{names[rest[0]]}.{value} = {literal_value(rest[1])}")
        elif name == "rebuild":
            lines += operations(case.graph)
    return lines


def _number(finding: Finding, engine: EngineInfo, names: Sequence[str]) -> list[str]:
    """The print of the wrong number after a scenario, whose backward passes are behind it."""
    wrong, adapter = finding.wrong, engine.adapter
    node = names[wrong.node]
    comment = flat(f"  # {told(finding)}")
    if wrong.quantity == "value":
        return [f"print({node}.{adapter.get('value', 'data')}){comment}"]
    words = adapter.get("backward", ".backward()")
    _, returned, gradient = _backward(words, node, names[-1])
    held = gradient or f"{node}.{adapter.get('gradient', 'grad')}"
    return [f"print({returned or held}){comment}"]


def _endless(finding: Finding, engine: EngineInfo, leaf: str) -> list[str]:
    """The graph that takes for ever, in a loop: written out, the small one shows nothing."""
    (start,), graph = finding.original.point, finding.original.graph
    made = _ARGUMENT.sub(literal_value(start), leaf, count=1)
    spelling = engine.adapter.get("add", "")
    if graph.uses[0] > 2:  # the leaf is in every step: see chains.doubled_apart
        begin, times = ["a = " + made, "x = a"], len(graph.operations) // 2
        step = respell("add", ("x", f"({respell('add', ('x', 'a'), spelling)})"), spelling)
    else:
        begin, times = ["x = " + made], len(graph.operations)
        step = respell("add", ("x", "x"), spelling)
    entered, returned, gradient = _backward(engine.adapter.get("backward", ".backward()"), "x", "x")
    last = [*entered, *[part for part in (returned, gradient) if part]]
    return [
        *begin,
        f"for _ in range({times}):",
        f"    x = {step}",
        *last[:-1],
        f"{last[-1]}  # does not come back",
    ]


def _of_what_kind(name: str, returned: str, engine: EngineInfo) -> str:
    """The print of what an operation gave in place of a node."""
    comment = flat(f"is {returned}, should be {engine.class_name}")
    return f"print(type({name}).__name__)  # {comment}"


def _ending(finding: Finding, engine: EngineInfo, names: Sequence[str]) -> list[str]:
    """The backward pass and the number that is wrong."""
    wrong, adapter = finding.wrong, engine.adapter
    if returned := finding.reading.cut.get(len(names) - 1):
        return [_of_what_kind(names[min(finding.reading.cut)], returned, engine)]
    node, output = names[wrong.node], names[-1]
    comment = "" if finding.reading.raised else flat(f"  # {told(finding)}")
    if wrong.quantity == "value":
        return [f"print({node}.{adapter.get('value', 'data')}){comment}"]
    entered, returned, gradient = _backward(adapter.get("backward", ".backward()"), node, output)
    if finding.reading.raised and finding.reading.raised.during == "backward" and not gradient:
        return entered  # it raises there, and nothing is printed
    held = gradient or f"{node}.{adapter.get('gradient', 'grad')}"
    return [*entered, f"print({returned or held}){comment}"]


def _backward(words: str, node: str, output: str) -> tuple[list[str], str, str]:
    """What the adapter says of the backward pass as statements, and where the gradient then is."""

    def filled(part: str) -> str:
        part = f"{output}{part}" if part.startswith(".") else part
        return re.sub(r"\boutput\b", lambda _: output, re.sub(r"\bnode\b", lambda _: node, part))

    if words.endswith(" returns them"):
        call = filled(words.removesuffix(" returns them"))
        held = "gradients" if not re.search(r"\bgradients\b", call) else "found"
        return [f"{held} = {call}"], f"{held}[{node}]", ""
    *before, last = [part.strip() for part in words.split(";")]
    if re.search(r"\bnode\b", last):
        return [filled(part) for part in before], filled(last), ""
    return [filled(part) for part in (*before, last)], "", ""


def imports(finding: Finding, engine: EngineInfo, *, handed_in: bool = False) -> list[str]:
    """Ways to import what a program uses, the plainest first; which of them works shows in use.

    A file of a package may have to be imported by the package's name, and one whose name is no
    identifier is run by its path.

    Args:
        finding: what went wrong.
        engine: where it is, and how its class and operations are called.
        handed_in: whether its author knows a folder that was named by another name, or none.
    """
    used = [engine.adapter.get(op, "") for op in dict.fromkeys(finding.case.graph.operations)]
    used += [engine.adapter.get("leaf", ""), engine.adapter.get("backward", "")]
    called = [
        m.group()
        for text in used
        if (m := re.match(r"[^\W\d]\w*(?=[.(])", text)) and m.group() not in {"output", "node"}
    ]
    names = list(dict.fromkeys([engine.class_name, *called, *_network(finding)]))
    if engine.path.endswith(".ipynb"):
        return ["# in a cell at the end of the notebook"]
    module = _MODULE.match(engine.spec)
    if module and not engine.path:
        return [f"from {module.group()} import {', '.join(names)}"]
    file = engine.path if engine.path.endswith(".py") else _inside(engine)
    if not file:
        return []
    *folders, last = re.split(r"[/\\]", file)
    stem = last.removesuffix(".py")
    ways = []
    if stem.isidentifier():
        ways.append(f"from {stem} import {', '.join(names)}")
        for count in (1, 2):
            above = folders[-count:]
            if len(above) == count and all(f.isidentifier() for f in above):
                ways.append(f"from {'.'.join([*above, stem])} import {', '.join(names)}")
    if _in_package(file):
        ways = ways[1:] + ways[:1]
    picked = ", ".join(f'engine["{name}"]' for name in names)
    ways.append(f"import runpy\nengine = runpy.run_path({last!r})\n{', '.join(names)} = {picked}")
    if not engine.path.endswith(".py"):
        named = "/".join(folders) == engine.path.rstrip("/")
        ways = ways[:2] if handed_in and named and not _in_package(file) else ways[1:2] + ways[:1]
    numpy = any(re.search(r"\bnp\.", text) for text in used)
    return [f"import numpy as np\n{way}" for way in ways] if numpy else ways


def _in_package(file: str) -> bool:
    """Whether a file cannot be imported by its own name: it imports what is beside it by dots."""
    try:
        return bool(_RELATIVE.search(read_regular(file, follow=True).decode("utf-8", "replace")))
    except Unreadable:
        return False


def _inside(engine: EngineInfo) -> str:
    """The file of a folder in which the engine is, where that was said."""
    words = [n.removeprefix("the engine is in ") for n in engine.notes]
    file = next((s for s, n in zip(words, engine.notes, strict=True) if s != n), "")
    return f"{engine.path.rstrip('/')}/{file}" if file.endswith(".py") else ""


def _network(finding: Finding) -> list[str]:
    """The classes and functions that make the engine's own network that a finding is about."""
    found = re.search(r" (?:of|in) ([^\W\d]\w*\(.*)", finding.place)
    return list(dict.fromkeys(re.findall(r"([^\W\d]\w*)\(", found[1]))) if found else []


def _imports(finding: Finding, engine: EngineInfo) -> list[str]:
    """The plainest way to import what a program uses."""
    return imports(finding, engine)[:1]
