"""The gradient from torch's reverse mode on 0-d float64 tensors: an engine that millions use.

A float64 engine has no error bar of its own; the judge grants it the one of any engine.
torch is an extra: without it this oracle is absent, and the report says so.
"""

from __future__ import annotations

import functools
import importlib.util
from typing import TYPE_CHECKING, Any, Final

from verify.expression.ops import complete
from verify.expression.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.expression.graph import Graph, Number

SOURCE: Final = "torch"


@functools.cache
def available() -> bool:
    """Whether torch is installed; it is not imported for the answer."""
    return importlib.util.find_spec("torch") is not None


def reading(graph: Graph, point: Sequence[Number]) -> Reading:
    """Values and gradients of every node as float64.

    Args:
        graph: any graph of the vocabulary.
        point: one number a leaf.

    Raises:
        ModuleNotFoundError: without torch; see :func:`available`.
    """
    import torch

    functions, layout = _functions(), graph.layout
    tensor, double = torch.tensor, torch.float64
    tensors: list[Any] = [None] * layout.size
    tensors += [tensor(float(number), dtype=double) for number in layout.numbers]
    for place, x in zip(layout.leaves, point, strict=True):
        tensors[place] = tensor(float(x), dtype=double, requires_grad=True)
    for place, op, operands in layout.rows:
        tensors[place] = functions[op](*[tensors[operand] for operand in operands])
    nodes = tensors[: layout.size]
    gradients = torch.autograd.grad(nodes[-1], nodes, allow_unused=True)
    values = tuple([node.item() for node in nodes])
    return Reading(SOURCE, values, tuple([0.0 if g is None else g.item() for g in gradients]))


@functools.cache
def _functions() -> dict[str, Callable[..., Any]]:
    import torch

    return complete({
        "add": torch.add,
        "sub": torch.sub,
        "mul": torch.mul,
        "div": torch.div,
        "neg": torch.neg,
        "pow": torch.pow,
        "relu": torch.relu,
        "tanh": torch.tanh,
        "exp": torch.exp,
        "log": torch.log,
        "sigmoid": torch.sigmoid,
        "sqrt": torch.sqrt,
        "abs": torch.abs,
        "sin": torch.sin,
        "cos": torch.cos,
        "max": torch.maximum,
        "min": torch.minimum,
        "sum": lambda *terms: torch.stack(terms).sum(),
    }, "oracles/torch_autograd.py")  # fmt: skip
