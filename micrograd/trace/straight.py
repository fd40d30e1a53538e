"""Back end: straight-line Python, one function for value and gradients; no dependency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from micrograd.engine import BINARY, UNARY, power
from micrograd.trace.program import GUARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from micrograd.trace.program import Program, Step

    Numbers = tuple[float, ...]
    Result = tuple[float, Numbers, Numbers, tuple[tuple[float, float], ...]]

__all__ = ["NAMES", "compiled", "forward", "source"]

FORWARD = {  # {y} = ..., from slots {a} and {b}
    "neg": "-v{a}",
    "relu": "0.0 if v{a} <= 0 else v{a}",
    "+": "v{a} + v{b}",
    "-": "v{a} - v{b}",
    "*": "v{a} * v{b}",
    "/": "v{a} / v{b}",
    "**": "power(v{a}, v{b})",
    "max": "v{a} if v{a} >= v{b} or v{a} != v{a} else v{b}",
    "min": "v{a} if v{a} <= v{b} or v{a} != v{a} else v{b}",
    "detach": "v{a}",
}

BACKWARD = {  # what the operands a and b receive from the gradient of y
    "neg": ("g{a} -= g{y}",),
    "relu": ("g{a} += 0.0 * g{y} if v{a} <= 0 else g{y}",),
    "+": ("g{a} += g{y}", "g{b} += g{y}"),
    "-": ("g{a} += g{y}", "g{b} -= g{y}"),
    "*": ("g{a} += g{y} * v{b}", "g{b} += g{y} * v{a}"),
    "/": ("g{a} += g{y} * (1 / v{b})", "g{b} += g{y} * (-v{y} / v{b})"),
    "**": (
        "g{a} += g{y} * d_power(v{a}, v{b}, v{y})[0]",
        "g{b} += g{y} * d_power(v{a}, v{b}, v{y})[1]",
    ),
    "max": (
        "g{a} += g{y} if v{a} >= v{b} else 0.0 * g{y}",
        "g{b} += 0.0 * g{y} if v{a} >= v{b} else g{y}",
    ),
    "min": (
        "g{a} += g{y} if v{a} <= v{b} else 0.0 * g{y}",
        "g{b} += 0.0 * g{y} if v{a} <= v{b} else g{y}",
    ),
    "detach": (),
}

NAMES: dict[str, Any] = {
    "power": power,
    "d_power": BINARY["**"],
    **{f"f_{op}": f for op, (f, _) in UNARY.items()},
    **{f"d_{op}": d for op, (_, d) in UNARY.items()},
}

for _op in UNARY.keys() - FORWARD.keys():
    FORWARD[_op] = f"f_{_op}(v{{a}})"
    BACKWARD[_op] = (f"g{{a}} += g{{y}} * d_{_op}(v{{a}}, v{{y}})",)

TERMS = 50  # of a sum in one statement: the parser of Python is recursive


def compiled(program: Program) -> Callable[[Sequence[float], Sequence[float]], Result | None]:
    """Return the program as a function of arguments and captured numbers.

    It returns (value, gradients of the arguments, gradients of what is captured, value and gradient
    of each watched node), to the last bit those of the engine, or None where a guard fails. Outside
    of a domain it raises as `math` does.
    """
    names = {**NAMES, "constants": [x for _, x in program.constants]}
    exec(compile(source(program), "<traced>", "exec"), names)  # noqa: S102 - the code is ours
    return names["replay"]  # type: ignore[no-any-return]


def source(program: Program) -> str:
    """Return the text of the function; `constants` is the list of their numbers."""
    return "\n".join(["def replay(arguments, captured):", *(f"    {x}" for x in lines(program))])


def lines(program: Program) -> Iterator[str]:
    captured, constants = ([i for i, _ in found] for found in (program.captured, program.constants))
    if program.arguments:
        yield f"{row('v', range(program.arguments))} = arguments"
    if captured:
        yield f"{row('v', captured)} = captured"
    if constants:
        yield f"{row('v', constants)} = constants"
    for step in program.steps:
        yield from forward(step)
    active = sorted(program.active)
    for i in range(0, len(active), TERMS):
        yield " = ".join(f"g{k}" for k in active[i : i + TERMS]) + " = 0.0"
    if program.result in program.active:
        yield f"g{program.result} = 1.0"
    for step in program.sweep:
        yield from backward(step, program.active)
    yield (
        f"return v{program.result}, ({row('g', range(program.arguments))}), "
        f"({row('g', captured)}), ({''.join(f'(v{i}, g{i}), ' for i in program.watched)})"
    )


def row(letter: str, slots: Sequence[int]) -> str:
    return "".join(f"{letter}{i}, " for i in slots)


def forward(step: Step) -> Iterator[str]:
    """Give the lines that compute a step, or leave where it is a guard that fails."""
    if step.op in GUARDS:
        a, b = step.operands
        yield f"if {'not ' if step.outcome else ''}(v{a} {step.op} v{b}): return None"
    elif step.op == "dot":
        bias, *rest = step.operands
        yield f"v{step.out} = v{bias}"
        terms = [f" + v{w} * v{x}" for w, x in zip(rest[::2], rest[1::2])]
        for i in range(0, len(terms), TERMS):
            yield f"v{step.out} = v{step.out}" + "".join(terms[i : i + TERMS])
    else:
        a, b = (*step.operands, -1)[:2]
        yield f"v{step.out} = " + FORWARD[step.op].format(a=a, b=b)


def backward(step: Step, active: frozenset[int]) -> Iterator[str]:
    y = step.out
    if step.op == "dot":
        bias, *rest = step.operands
        if bias in active:
            yield f"g{bias} += g{y}"
        pairs = [p for w, x in zip(rest[::2], rest[1::2]) for p in ((w, x), (x, w))]
        terms = [f"g{i} += g{y} * v{k}" for i, k in pairs if i in active]
        if terms:
            yield f"if g{y}: " + "; ".join(terms)
        return
    a, b = (*step.operands, -1)[:2]
    for i, line in zip(step.operands, BACKWARD[step.op]):
        if i in active:
            yield line.format(a=a, b=b, y=y)
