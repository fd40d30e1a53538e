"""The gradient from torch's reverse mode on 0-d float64 tensors: an engine that millions use.

A float64 engine has no error bar of its own; the judge grants it the one of any engine.
torch is an extra: without it this oracle is absent, and the report says so.
"""

from __future__ import annotations

import functools
import importlib.util
from typing import TYPE_CHECKING, Any, Final

from verify.expression.graph import Const, Leaf
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

    functions = _functions()
    tensors: list[Any] = []
    inputs = iter(point)
    for node in graph.nodes:
        if isinstance(node, Leaf):
            tensors.append(
                torch.tensor(float(next(inputs)), dtype=torch.float64, requires_grad=True)
            )
            continue
        args = [
            _constant(torch, a.value) if isinstance(a, Const) else tensors[a] for a in node.args
        ]
        tensor = functions[node.op](*args)
        tensor.retain_grad()
        tensors.append(tensor)
    tensors[-1].backward()
    gradients = tuple([0.0 if t.grad is None else float(t.grad) for t in tensors])
    return Reading(SOURCE, tuple([float(t.detach()) for t in tensors]), gradients)


def _constant(torch: Any, number: Number) -> Any:  # noqa: ANN401 - torch is not imported here
    return torch.tensor(float(number), dtype=torch.float64)


@functools.cache
def _functions() -> dict[str, Callable[..., Any]]:
    import torch

    return {
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
    }
