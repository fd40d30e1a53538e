"""The one kernel that runs every program: an interpreter of operations, compiled by numba.

A program is arrays. Of step k: `code[k]` is the operation, `left[k]` and `right[k]` are the slots
of its operands (of a weighted sum, where they begin and end in `table`: bias, then weight and input
in turn), `out[k]` is the slot of the result (of a guard, the outcome that is due). `v` and `g` hold
the numbers and the gradients of the slots, arrays of `NUMBER`.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

__all__ = ["CODE", "DONE", "NOT_FINITE", "NUMBER", "OTHER_WAY", "run"]

OPERATIONS = (
    *("+", "-", "*", "neg"),
    *("/", "**", "max", "min", "dot", "abs", "relu"),
    *("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "detach"),
    *("!=", "<", "<=", "==", ">", ">="),
)
CODE = {op: k for k, op in enumerate(OPERATIONS)}
ADD, SUB, MUL, NEG = range(4)  # these are computed without a branch that could go wrong
DIV, POW, MAX, MIN, DOT, ABS, RELU, EXP, LOG, SQRT, SIN, COS, TANH, SIGMOID = range(4, 18)
NE, LT, LE, EQ, GT, GE = range(19, 25)
DONE, OTHER_WAY, NOT_FINITE = range(3)
NUMBER: type = float


def cacheable() -> bool:
    try:
        njit(cache=True)(cacheable)
    except RuntimeError:  # no folder to write to: compiled anew by each process
        return False
    return True


OPTIONS = {"cache": cacheable(), "error_model": "numpy"}


@njit(**OPTIONS)  # type: ignore[untyped-decorator]
def bell(x: float) -> float:
    e = math.exp(-abs(x))
    return e / (1 + e) ** 2


@njit(**OPTIONS)  # type: ignore[untyped-decorator]
def arithmetic(op: int, a: float, b: float) -> float:
    product = a * b
    x = a - b if op == SUB else a + b
    x = product if op == MUL else x
    return -a if op == NEG else x


@njit(**OPTIONS)  # type: ignore[untyped-decorator]
def slopes(op: int, a: float, b: float) -> tuple[float, float]:
    da = b if op == MUL else 1.0
    db = a if op == MUL else 1.0
    da = -1.0 if op == NEG else da
    db = -1.0 if op == SUB else db
    return da, 0.0 if op == NEG else db  # its one operand stands on both sides


@njit(**OPTIONS)  # type: ignore[untyped-decorator]
def check(numbers: Any) -> int:
    for x in numbers:
        if not math.isfinite(x):
            return NOT_FINITE
    return DONE


@njit(**OPTIONS)  # type: ignore[untyped-decorator]
def forward(code: Any, left: Any, right: Any, out: Any, table: Any, v: Any) -> int:
    for k in range(len(code)):
        op, y = code[k], out[k]
        if op <= NEG:
            v[y] = arithmetic(op, v[left[k]], v[right[k]])
            continue
        if op == DOT:
            i, end = left[k], right[k]
            x = v[table[i]]
            for j in range(i + 1, end, 2):
                x += v[table[j]] * v[table[j + 1]]
            v[y] = x
            continue
        a, b = v[left[k]], v[right[k]]
        if op >= NE:
            if op == LT:
                truth = a < b
            elif op == LE:
                truth = a <= b
            elif op == GT:
                truth = a > b
            elif op == GE:
                truth = a >= b
            elif op == EQ:
                truth = a == b
            else:
                truth = a != b
            if truth != (y == 1):
                return OTHER_WAY
            continue
        if op == DIV:
            x = a / b
        elif op == POW:
            x = a**b
        elif op == MAX:
            x = a if a >= b else b
        elif op == MIN:
            x = a if a <= b else b
        elif op == ABS:
            x = abs(a)
        elif op == RELU:
            x = 0.0 if a <= 0 else a
        elif op == EXP:
            x = math.exp(a)
        elif op == LOG:
            x = math.log(a)
        elif op == SQRT:
            x = math.sqrt(a)
        elif op == SIN:
            x = math.sin(a)
        elif op == COS:
            x = math.cos(a)
        elif op == TANH:
            x = math.tanh(a)
        elif op == SIGMOID:
            e = math.exp(-abs(a))
            x = 1 / (1 + e) if a >= 0 else e / (1 + e)
        else:
            x = a
        v[y] = x
    return check(v)  # type: ignore[no-any-return]


@njit(**OPTIONS)  # type: ignore[untyped-decorator]
def backward(
    code: Any, left: Any, right: Any, out: Any, table: Any, sweep: Any, v: Any, g: Any
) -> None:
    for k in sweep:
        op = code[k]
        i, j, y = left[k], right[k], v[out[k]]
        s = g[out[k]]
        if op <= NEG:
            da, db = slopes(op, v[i], v[j])
            g[i] += s * da
            g[j] += s * db
            continue
        if op == DOT:
            g[table[i]] += s
            if s != 0:
                for m in range(i + 1, j, 2):
                    w, x = table[m], table[m + 1]
                    g[w] += s * v[x]
                    g[x] += s * v[w]
            continue
        a, b = v[i], v[j]
        if op == DIV:
            g[i] += s * (1 / b)
            g[j] += s * (-y / b)
        elif op == POW:
            g[i] += 0.0 if b == 0 else s * (b * a ** (b - 1))
            if a > 0:
                g[j] += s * (y * math.log(a))
        elif op == MAX:
            g[i if a >= b else j] += s
        elif op == MIN:
            g[i if a <= b else j] += s
        elif op == ABS:
            g[i] += s if a > 0 else -s if a < 0 else 0.0
        elif op == RELU:
            g[i] += 0.0 if a <= 0 else s
        elif op == EXP:
            g[i] += s * y
        elif op == LOG:
            g[i] += s * (1 / a)
        elif op == SQRT:
            g[i] += s * (0.5 / y)
        elif op == SIN:
            g[i] += s * math.cos(a)
        elif op == COS:
            g[i] -= s * math.sin(a)
        elif op == TANH:
            g[i] += s * (4 * bell(2 * a))
        else:  # SIGMOID
            g[i] += s * bell(a)


@njit(**OPTIONS)  # type: ignore[untyped-decorator]
def run(
    code: Any,
    left: Any,
    right: Any,
    out: Any,
    table: Any,
    sweep: Any,
    v: Any,
    g: Any,
    result: int,
    seed: float,
) -> int:
    state: int = forward(code, left, right, out, table, v)
    if state != DONE:
        return state
    g[:] = 0.0
    g[result] = seed
    backward(code, left, right, out, table, sweep, v, g)
    return check(g)  # type: ignore[no-any-return]
