"""What a graph costs: seconds and bytes, measured where the engine runs."""

from __future__ import annotations

import time

from .floats import decode
from .naming import INFIX, SIGNS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .adapter import Adapter


def straight_line(adapter: Adapter, rows: list[list[Any]]) -> Callable[[list[Any]], Any]:
    """The graph as a compiled function of its inputs, written as a user would write it."""
    space: dict[str, Any] = {"make": adapter.make, "enter": adapter.enter}
    body: list[str] = []
    leaves = 0
    for index, row in enumerate(rows):
        op = row[0].rstrip("=")
        if op == "leaf":
            body.append(f"n{index} = make(numbers[{leaves}])")
            leaves += 1
            continue
        args = [f"n{arg}" if type(arg) is int else f"({decode(arg['const'])!r})" for arg in row[1:]]
        if op in SIGNS and adapter.ops[op] is INFIX[op][1]:
            body.append(f"n{index} = {f' {SIGNS[op]} '.join(args)}")
            continue
        space[f"op_{op}"] = adapter.ops[op]
        body.append(f"n{index} = op_{op}({', '.join(args)})")
    if adapter.enter is not None:
        body.append(f"enter(n{len(rows) - 1})")
    text = "def program(numbers):\n    " + "\n    ".join(body)
    exec(compile(text, "<graph>", "exec"), space)  # noqa: S102 - written above
    program: Callable[[list[Any]], Any] = space["program"]
    return program


def measure(
    adapter: Adapter, rows: list[list[Any]], point: list[Any], batches: int, runs: int
) -> dict[str, Any]:
    """Seconds that each batch of so many runs took, and the bytes of one run at its peak.

    A run builds the graph, goes backward and lets go of it.  Garbage collection stays as the
    interpreter has it, and is caught up with before each batch.  What was there before is left
    out of it: a process that holds much would time its own objects with every collection.
    """
    import gc
    import tracemalloc

    program, numbers, seconds = straight_line(adapter, rows), [decode(x) for x in point], []
    tracemalloc.start()
    program(numbers)  # to warm up, too
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    kept = gc.get_freeze_count()  # whoever froze objects before wants them to stay so
    gc.freeze()
    try:
        for _ in range(batches):
            gc.collect()
            begun = time.perf_counter()
            for _ in range(runs):
                program(numbers)
            seconds.append(time.perf_counter() - begun)
    finally:
        if not kept:
            gc.unfreeze()
    return {"seconds": seconds, "bytes": size}
