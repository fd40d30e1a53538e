"""Back end: NumPy, a column of samples in place of each number.

A slot is either the same for all samples (parameters, constants, what is computed from them alone)
and holds a number, or differs and holds an array of shape (samples,). The gradient of the first
kind is summed over the samples as it comes in; but that of a watched node is kept for each sample.

NumPy rounds elementary functions and sums of products in its own way. What a guard compares is
therefore computed as the engine does it, number by number: a sample goes the way that a call goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd.trace import straight
from micrograd.trace.program import GUARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from micrograd.trace.program import Program, Step

__all__ = ["Parted", "compiled", "source"]


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


def each(function: Callable[..., Any], *operands: Any) -> Any:
    arrays = [np.asarray(x) for x in operands]
    if not any(x.ndim for x in arrays):
        return function(*operands)
    rows = zip(*(x.tolist() for x in np.broadcast_arrays(*arrays)))
    return np.array([function(*row) for row in rows], np.result_type(*arrays))


OWN = {"np": np, "sigmoid": sigmoid, "bell": bell, "stay": stay, "each": each}
NAMES: dict[str, Any] = {**straight.NAMES, **OWN}

EXACT = {  # rounded as the engine does it
    "**": "each(power, v{a}, v{b})",
    **{op: f"each(f_{op}, v{{a}})" for op in ("exp", "log", "sin", "cos", "tanh", "sigmoid")},
}

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


def compiled(program: Program) -> Callable[[Any, Sequence[float]], Any]:
    """Return the program as a function of a table, a row an argument, and captured numbers.

    It returns (values, gradients of the arguments, summed gradients of what is captured, values and
    gradients of watched nodes), or raises Parted where a guard fails for some samples,
    ValueError or ArithmeticError at an edge. It computes in the type that the table has.
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
        exact: the slots that guards depend on.
        rows: inputs of weighted sums with the same weights for all samples, numbered.
        views: the rows whose gradients are kept as one matrix.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        outside = {i for i, _ in (*program.captured, *program.constants)}
        self.same = outside.difference(program.watched)
        self.exact = compared(program)
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
        elif step.op != "dot":
            a, b = (*step.operands, -1)[:2]
            forms = {**FORWARD, **EXACT} if y in self.exact else FORWARD
            yield f"v{y} = " + forms[step.op].format(a=a, b=b)
        elif self.stacks(step):
            bias, ws, xs = step.operands[0], step.operands[1::2], step.operands[2::2]
            row = self.rows[xs]
            if row not in stacked:
                stacked.add(row)
                yield f"R{row} = np.empty(({len(xs)}, n), table.dtype)"
                yield from (f"R{row}[{k}] = v{x}" for k, x in enumerate(xs))
            yield f"w{y} = np.array([{listed('v', ws)}], table.dtype)"
            if y not in self.exact:
                yield f"v{y} = v{bias} + w{y} @ R{row}"
        if step.op == "dot" and (y in self.exact or not self.stacks(step)):  # in its order
            yield from straight.forward(step)

    def stacks(self, step: Step) -> bool:  # the same weights for all samples, but not all the same
        ws, xs = step.operands[1::2], step.operands[2::2]
        return step.out not in self.same and xs in self.rows and self.same.issuperset(ws)

    def backward(self, step: Step) -> Iterator[str]:
        y = step.out
        if step.op != "dot":
            a, b = (*step.operands, -1)[:2]
            for i, expression in zip(step.operands, BACKWARD[step.op]):
                yield from self.add(i, expression.format(a=a, b=b, y=y), y)
            return
        bias, ws, xs = step.operands[0], step.operands[1::2], step.operands[2::2]
        yield from self.add(bias, f"g{y}", y)
        if not self.stacks(step):
            for w, x in zip(ws, xs):
                yield from self.add(w, f"g{y} * v{x}", y)
                yield from self.add(x, f"g{y} * v{w}", y)
            return
        row = self.rows[xs]
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


def compared(program: Program) -> set[int]:
    slots: set[int] = set()
    for step in reversed(program.steps):
        if step.op in GUARDS or step.out in slots:
            slots.update(step.operands)
    return slots
