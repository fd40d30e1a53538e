"""Many samples at once: a program on NumPy columns.

A slot is either the same for all samples (parameters, constants, what is computed from them alone)
and holds a number, or differs and holds an array of shape (samples,). The gradient of the first
kind is summed over the samples as it comes in; but that of a watched node is kept for each sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd.trace.program import GUARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from micrograd.trace import Traced
    from micrograd.trace.program import Program, Step

__all__ = ["compiled", "replay", "source"]


class Parted(Exception):  # noqa: N818 - not an error
    """Some samples go another way; `args[0]` tells which of them stay, an array of bools."""


def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)


def bell(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return e / (1 + e) ** 2


def stay(kept: Any, samples: int) -> None:
    kept = np.broadcast_to(kept, (samples,))
    if not kept.all():
        raise Parted(kept)


NAMES: dict[str, Any] = {"np": np, "sigmoid": sigmoid, "bell": bell, "stay": stay}

FORWARD = {
    "+": "v{a} + v{b}",
    "-": "v{a} - v{b}",
    "*": "v{a} * v{b}",
    "/": "np.divide(v{a}, v{b})",
    "**": "np.power(v{a}, v{b})",
    "max": "np.maximum(v{a}, v{b})",
    "min": "np.minimum(v{a}, v{b})",
    "neg": "-v{a}",
    "abs": "np.abs(v{a})",
    "relu": "np.maximum(v{a}, 0.0)",
    "sigmoid": "sigmoid(v{a})",
    **{op: f"np.{op}(v{{a}})" for op in ("exp", "log", "sqrt", "sin", "cos", "tanh")},
    "detach": "v{a}",
}

BACKWARD = {  # what the operands receive, to be added
    "+": ("g{y}", "g{y}"),
    "-": ("g{y}", "-g{y}"),
    "*": ("g{y} * v{b}", "g{y} * v{a}"),
    "/": ("g{y} * np.divide(1.0, v{b})", "g{y} * np.divide(-v{y}, v{b})"),
    "**": ("g{y} * (v{b} * np.power(v{a}, v{b} - 1.0))", "g{y} * (v{y} * np.log(v{a}))"),
    "max": ("np.where(v{a} >= v{b}, g{y}, 0.0)", "np.where(v{a} >= v{b}, 0.0, g{y})"),
    "min": ("np.where(v{a} <= v{b}, g{y}, 0.0)", "np.where(v{a} <= v{b}, 0.0, g{y})"),
    "neg": ("-g{y}",),
    "abs": ("g{y} * np.sign(v{a})",),
    "relu": ("np.where(v{a} <= 0.0, 0.0, g{y})",),
    "exp": ("g{y} * v{y}",),
    "log": ("g{y} * np.divide(1.0, v{a})",),
    "sqrt": ("g{y} * np.divide(0.5, v{y})",),
    "sin": ("g{y} * np.cos(v{a})",),
    "cos": ("g{y} * -np.sin(v{a})",),
    "tanh": ("g{y} * (4.0 * bell(2.0 * v{a}))",),
    "sigmoid": ("g{y} * bell(v{a})",),
    "detach": (),
}


def replay(traced: Traced, columns: Sequence[Any]) -> tuple[Any, ...]:
    """Return values and derivatives of all samples; see `Traced.batch`."""
    table = tabulate(columns)
    samples = table.shape[1]
    values, gradients = np.empty(samples), np.empty((len(columns), samples))
    watched: list[Any] = []  # an array of shape (2, samples) for each node, once we know how many
    ways = [program for program, _ in traced._paths if program.arguments == len(columns)]
    sums: list[tuple[Program, Any]] = []
    pending = [(np.arange(samples), 0)] if samples else []  # samples, and the first way to try
    while pending:
        here, k = pending.pop()
        if k == len(ways):
            ways.append(traced._record(table[:, here[0]].tolist())[0])
        program = ways[k]
        try:
            found = run(traced, program, table[:, here])
        except Parted as parted:
            (kept,) = parted.args
            parts = (here[~kept], k + 1), (here[kept], k)
            pending += [(part, way) for part, way in parts if len(part)]
        except FloatingPointError:  # the edge of a domain, or of the floats: ask for each sample
            for i in here:
                values[i], gradients[:, i], *seen = traced(*table[:, i].tolist())
                put(watched, seen[0] if seen else [], i, samples)
        else:
            values[here], gradients[:, here], own, seen = found
            put(watched, seen, here, samples)
            sums.append((program, own))
    for program, own in sums:
        for (_, leaf), gradient in zip(program.captured, own):
            leaf.grad += float(gradient)
    return (values, list(gradients), list(map(tuple, watched)))[: 3 if watched else 2]


def put(watched: list[Any], seen: Sequence[Any], here: Any, samples: int) -> None:
    watched += [np.full((2, samples), np.nan) for _ in seen[len(watched) :]]
    for row, (value, gradient) in zip(watched, seen):
        row[0, here], row[1, here] = value, gradient


def tabulate(columns: Sequence[Any]) -> Any:
    arrays = [np.asarray(c, float) for c in columns]
    if not any(c.ndim for c in arrays):
        raise ValueError("no column among the arguments: call the function itself")
    try:
        table = np.array(np.broadcast_arrays(*arrays))
    except ValueError as error:
        lengths = [c.shape for c in arrays]
        raise ValueError(f"columns of shapes {lengths}: they must be equally long") from error
    if table.ndim > 2:
        raise ValueError(f"columns of shape {table.shape[1:]}: give one number a sample")
    return table


def run(traced: Traced, program: Program, table: Any) -> Any:
    if id(program) not in traced._columns:
        traced._columns[id(program)] = compiled(program)
    outside = [leaf.data for _, leaf in program.captured]
    with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
        return traced._columns[id(program)](table, outside)


def compiled(program: Program) -> Callable[[Any, Sequence[float]], Any]:
    """Return the program as a function of a table, a row an argument, and captured numbers.

    It returns (values, gradients of the arguments, summed gradients of what is captured, values and
    gradients of watched nodes), or raises Parted where a guard fails for some samples,
    FloatingPointError at an edge. It computes in the type that the table has.
    """
    names = {**NAMES, "constants": [x for _, x in program.constants]}
    exec(compile(source(program), "<columns>", "exec"), names)  # noqa: S102 - the code is ours
    return names["replay"]  # type: ignore[no-any-return]


def source(program: Program) -> str:
    """Return the text of the function; `constants` is the list of their numbers."""
    body = (f"    {line}" for line in Writer(program).lines())
    return "\n".join(["def replay(table, captured):", *body])


class Writer:
    """Writes a program down in NumPy.

    Attributes:
        same: the slots that hold one number for all samples, and one gradient.
        rows: inputs of weighted sums with the same weights for all samples, numbered.
        views: the rows whose gradients are kept as one matrix.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        outside = {i for i, _ in (*program.captured, *program.constants)}
        self.same = outside.difference(program.watched)
        self.rows: dict[tuple[int, ...], int] = {}
        self.views: set[int] = set()
        taken: set[int] = set()
        for step in program.steps:
            if self.same.issuperset(step.operands) and step.out not in program.watched:
                self.same.add(step.out)
            elif step.op == "dot" and self.same.issuperset(step.operands[1::2]):
                xs = step.operands[2::2]
                row = self.rows.setdefault(xs, len(self.rows))
                own = program.active.difference(self.same, taken)
                if len(set(xs)) == len(xs) and own.issuperset(xs):
                    self.views.add(row)
                    taken.update(xs)

    def lines(self) -> Iterator[str]:
        program = self.program
        captured, constants = [
            [i for i, _ in found] for found in (program.captured, program.constants)
        ]
        yield "n = table.shape[1]"
        yield f"{listed('v', range(program.arguments))} = table"
        if captured:
            yield f"{listed('v', captured)} = captured"
        if constants:
            yield f"{listed('v', constants)} = constants"
        stacked: set[int] = set()
        for step in program.steps:
            yield from self.forward(step, stacked)
        yield from self.zeros()
        if program.result in program.active:
            yield f"g{program.result} += " + ("n" if program.result in self.same else "1.0")
        for step in program.sweep:
            yield from self.backward(step)
        sums = [f"g{i}" if i in self.same else f"g{i}.sum()" for i in captured]
        yield (
            f"return v{program.result}, [{listed('g', range(program.arguments))}], "
            f"[{', '.join(sums)}], [{''.join(f'(v{i}, g{i}), ' for i in program.watched)}]"
        )

    def zeros(self) -> Iterator[str]:
        rest = set(self.program.active)
        for xs, row in self.rows.items():
            if row in self.views:
                rest.difference_update(xs)
                yield f"G{row} = np.zeros(({len(xs)}, n), table.dtype); {listed('g', xs)} = G{row}"
        for i in sorted(rest):
            yield f"g{i} = 0.0" if i in self.same else f"g{i} = np.zeros(n, table.dtype)"

    def forward(self, step: Step, stacked: set[int]) -> Iterator[str]:
        y = step.out
        if step.op in GUARDS:
            a, b = step.operands
            yield f"stay((v{a} {step.op} v{b}) == {step.outcome}, n)"
        elif step.op == "dot":
            bias, ws, xs = step.operands[0], step.operands[1::2], step.operands[2::2]
            row = self.rows.get(xs)
            if row is None or not self.same.issuperset(ws):  # weights of its own for each sample
                terms = "".join(f" + v{w} * v{x}" for w, x in zip(ws, xs))
                yield f"v{y} = v{bias}{terms}"
                return
            if row not in stacked:
                stacked.add(row)
                yield f"R{row} = np.empty(({len(xs)}, n), table.dtype)"
                yield from (f"R{row}[{k}] = v{x}" for k, x in enumerate(xs))
            yield f"w{y} = np.array([{listed('v', ws)}], table.dtype)"
            yield f"v{y} = v{bias} + w{y} @ R{row}"
        else:
            a, b = (*step.operands, -1)[:2]
            yield f"v{y} = " + FORWARD[step.op].format(a=a, b=b)

    def backward(self, step: Step) -> Iterator[str]:
        y = step.out
        if step.op != "dot":
            a, b = (*step.operands, -1)[:2]
            for i, expression in zip(step.operands, BACKWARD[step.op]):
                yield from self.add(i, expression.format(a=a, b=b, y=y), y)
            return
        bias, ws, xs = step.operands[0], step.operands[1::2], step.operands[2::2]
        yield from self.add(bias, f"g{y}", y)
        row = self.rows.get(xs)
        if row is None or not self.same.issuperset(ws) or y in self.same:
            for w, x in zip(ws, xs):
                yield from self.add(w, f"g{y} * v{x}", y)
                yield from self.add(x, f"g{y} * v{w}", y)
            return
        if not self.program.active.isdisjoint(ws):
            yield f"t = (R{row} @ g{y}).tolist()"
            yield from (f"g{w} += t[{k}]" for k, w in enumerate(ws) if w in self.program.active)
        if row in self.views:
            yield f"G{row} += np.multiply.outer(w{y}, g{y})"
        else:
            for w, x in zip(ws, xs):
                yield from self.add(x, f"g{y} * v{w}", y)

    def add(self, slot: int, expression: str, y: int) -> Iterator[str]:
        if slot in self.program.active:
            summed = slot in self.same and y not in self.same
            yield f"g{slot} += ({expression}).sum()" if summed else f"g{slot} += {expression}"


def listed(letter: str, slots: Sequence[int]) -> str:
    return "".join(f"{letter}{i}, " for i in slots)
