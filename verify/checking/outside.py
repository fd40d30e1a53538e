"""The same cases in a plain program, in a process that holds nothing of the harness.

An engine may look at who calls it, and behave.  So a few cases are written as anybody would write
them, run beside the engine's file as a program of its own, and what it prints is judged.  That
makes such a thing harder; it cannot be excluded in a black box.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.checking.assess import assess, examine
from verify.expression.graph import Apply, Case, Const, Graph, Leaf, literal, literal_value, spell
from verify.expression.ops import FORMS, OPS
from verify.generators.special import single
from verify.oracles.registry import consult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from verify.checking.assess import Examined
    from verify.engines import Engine
    from verify.expression.reading import Reading

_CASES: Final = 6
_OPERATIONS: Final = ("a + b", "a - b", "a * b")
_BEGIN: Final = "numbers:"
"""What such a program prints first."""
_NAME: Final = re.compile(r"[^\W\d]\w*")


def outside(engine: Engine, seed: int, forms: Collection[str] = ()) -> Iterator[Examined]:
    """What is judged of the cases as a plain program printed them; nothing where it cannot be run.

    Args:
        engine: the engine under test, a file with the usual spellings.
        seed: draws the cases.
        forms: that the engine has; each is asked alone, in a program of their own.
    """
    ask = getattr(engine, "as_program", None)
    adapter, name = engine.info.adapter, engine.info.class_name
    value, gradient = adapter.get("value", ""), adapter.get("gradient", "")
    usual = adapter.get("leaf") == f"{name}(x)" and adapter.get("backward") == ".backward()"
    if ask is None or not usual or not all(map(_NAME.fullmatch, (name, value, gradient))):
        return
    for cases in (_drawn(seed), _alone(forms, adapter)):
        text = "\n\n".join(_program(case, name, value, gradient) for case in cases)
        printed = ask(name, f"print({_BEGIN!r})\n{text}") if cases else None
        if printed is not None:
            yield from _judged(engine, cases, printed)


def _judged(engine: Engine, cases: list[Case], printed: str) -> Iterator[Examined]:
    """What is judged of the numbers; nothing where they are not exactly as many as are due."""
    numbers = printed.rpartition(_BEGIN)[2].split()  # the file prints while it is imported
    if len(numbers) != sum(1 + len(case.graph.leaves) for case in cases):
        return
    for case in cases:
        seen = examine(engine, case)
        count = 1 + len(case.graph.leaves)
        outputs, numbers = [_number(word) for word in numbers[:count]], numbers[count:]
        if seen.reading.raised is not None or None in outputs:
            return
        yield assess(engine, case, _with(seen.reading, case, outputs), consult(case))


def _alone(forms: Collection[str], adapter: Mapping[str, str]) -> list[Case]:
    """Each operation that the engine spells as everybody does, at an ordinary point."""
    found = []
    for form in (FORMS[text] for text in forms):
        record, words = OPS[form.op], adapter.get(form.op, "")
        method = record.syntax == "method" and words == f".{record.symbol}()"
        operator = record.syntax in {"infix", "prefix", "call"} and words.startswith("__")
        if (method or operator) and not form.inplace:
            found.append(single(form)[0])
    return found


def _drawn(seed: int) -> list[Case]:
    """Small graphs that share nodes, at points that nobody knows beforehand."""
    chance = random.Random(f"outside {seed}")  # noqa: S311 - repeated with the seed
    cases = []
    for _ in range(_CASES):
        names, lines = ["a", "b"], []
        for new in ("c", "d", "e", "f"):
            form = chance.choice(_OPERATIONS)
            left, right = chance.choice(names), chance.choice(names[-2:])
            lines.append(f"{new} = {left}{form[1:-1]}{right}")
            names.append(new)
        graph = Graph.parse("; ".join([*lines, "f * c + a * b"]))
        point = tuple([round(chance.uniform(-2.0, 2.0), 3) or 1.0 for _ in graph.leaves])
        cases.append(Case(graph, point))
    return cases


def _program(case: Case, name: str, value: str, gradient: str) -> str:
    """The case as a person would write it, the number of the output and the gradients printed."""
    graph, inputs = case.graph, iter(case.point)
    names = graph.names
    lines = []
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Leaf):
            lines.append(f"{names[index]} = {name}({literal_value(next(inputs))})")
        else:
            lines.append(f"{names[index]} = {_spelled(node, names)}")
    lines += [f"{names[-1]}.backward()", f"print({names[-1]}.{value})"]
    lines += [f"print({names[leaf]}.{gradient})" for leaf in graph.leaves]
    return "\n".join(lines)


def _spelled(node: Apply, names: tuple[str, ...]) -> str:
    return spell(
        node.op, [literal(a.value) if isinstance(a, Const) else names[a] for a in node.args]
    )


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _with(reading: Reading, case: Case, numbers: list[float | None]) -> Reading:
    """A reading with the numbers that were printed in the place of its own."""
    values, gradients = list(reading.values), list(reading.gradients)
    values[-1] = numbers[0]
    for leaf, number in zip(case.graph.leaves, numbers[1:], strict=True):
        gradients[leaf] = number
    return replace(reading, values=tuple(values), gradients=tuple(gradients))
