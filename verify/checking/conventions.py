"""What an engine does where right engines differ: reported, never failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verify.checking.promise import KEPT, promise
from verify.expression.graph import Graph
from verify.generators.scenarios import CONVENTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.engines import Engine
    from verify.generators.scenarios import Convention


def conventions(engine: Engine) -> Iterator[tuple[str, str]]:
    """Name and what the engine does, in words, for every convention that applies to it."""
    backward = engine.info.adapter.get("backward", "")
    if backward.startswith("output."):
        yield "seed", f"the caller sets it: {backward}"
    promised = promise(engine)
    for name, usual, words in KEPT:
        if not usual(promised):
            yield name, words
    if engine.info.has_backward:
        for convention in CONVENTIONS:
            if words := _words(engine, convention):
                yield convention.name, words


def _words(engine: Engine, convention: Convention) -> str:
    graph = Graph.parse(convention.program)
    reading = engine.run(graph, convention.point, convention.steps)[-1]
    if reading.raised is not None:
        return "" if reading.raised.refused else f"raises {reading.raised.type}"
    numbers = reading.column(convention.quantity)
    number = numbers[convention.node]
    if number is None:
        return ""
    other = f"something else: gives {number:g} there" if convention.meanings else f"{number:g}"
    return convention.meanings.get(number, other)
