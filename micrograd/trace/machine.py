"""Back end: machine code by numba, for graphs of thousands of nodes (extra `fast`).

The program is handed over as arrays, so that one kernel, compiled once, runs every program.
Its formulas are those of the engine, written for numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd.trace.program import GUARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from micrograd.trace.program import Program, Step
    from micrograd.trace.straight import Result

__all__ = ["compiled"]


def compiled(
    program: Program, kernel: Any = None
) -> Callable[[Sequence[float], Sequence[float]], Result | None]:
    """Return the program as a function of arguments and captured numbers, as `straight` does.

    Where a number is not finite on the way, it raises ArithmeticError: there the engine's own
    conventions, errors included, are to be asked.

    Args:
        program: what to run.
        kernel: the module that runs it; None is `micrograd.trace.kernel`, compiled by numba.

    Raises:
        ModuleNotFoundError: numba is missing.
    """
    kernel = kernel or machine_code()
    steps = scheduled(program)
    code = np.array([kernel.CODE[step.op] for step in steps], np.int8)
    out = np.array([step.outcome if step.op in GUARDS else step.out for step in steps], np.uint32)
    flat, a, b = [0], [], []  # operands of sums stand in `flat`, from a to b
    for step in steps:
        if step.op == "dot":
            a.append(len(flat))
            flat += step.operands
            b.append(len(flat))
        else:
            a.append(step.operands[0])
            b.append(step.operands[-1])
    left, right, table = (np.array(x, np.uint32) for x in (a, b, flat))
    flowing = {step.out for step in program.sweep}
    sweep = np.array([k for k, s in enumerate(steps) if s.out in flowing][::-1], np.uint32)
    captured = [i for i, _ in program.captured]
    seed = 1.0 if program.result in program.active else 0.0
    n, watched = program.arguments, list(program.watched)

    def replay(arguments: Sequence[float], outside: Sequence[float]) -> Result | None:
        v, g = np.zeros((2, program.size), kernel.NUMBER)
        v[:n] = arguments
        v[captured] = outside
        for i, x in program.constants:
            v[i] = x
        state = kernel.run(code, left, right, out, table, sweep, v, g, program.result, seed)
        if state == kernel.NOT_FINITE:
            raise ArithmeticError("a number is not finite")
        if state == kernel.OTHER_WAY:
            return None
        seen = tuple(zip(v[watched].tolist(), g[watched].tolist())) if watched else ()
        outputs = tuple(g[:n].tolist()), tuple(g[captured].tolist())
        return v.item(program.result), *outputs, seen

    return replay


def machine_code() -> Any:
    try:
        from micrograd.trace import kernel
    except ModuleNotFoundError as error:
        remedy = 'pip install "micrograd-verify[fast]"'
        raise ModuleNotFoundError(f"the backend numba needs the package: {remedy}") from error
    return kernel


def scheduled(program: Program) -> list[Step]:
    """Return the steps by depth, and the same operations together: fewer branches go wrong."""
    depth = [0] * program.size
    ranked = []
    for step in program.steps:
        level = 1 + max(depth[i] for i in step.operands)
        if step.op not in GUARDS:
            depth[step.out] = level
        ranked.append((level, step.op, step))
    return [step for _, _, step in sorted(ranked, key=lambda r: r[:2])]
