"""How engines spell what every engine has: tables of names, the commonest first."""

from __future__ import annotations

import operator
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Iterable

CLASS_NAMES: Final = ("Value", "Scalar", "Tensor", "Variable", "Node", "Num", "Val", "Var")
VALUE_NAMES: Final = (
    "data", "value", "val", "v", "_value", "_data", "_val", "x", "num", "number", "item",
    "get_value", "get_data", "numpy",
)  # fmt: skip
GRADIENT_NAMES: Final = (
    "grad", "gradient", "_grad", "_gradient", "grad_value", "g", "dv", "d", "derivative",
    "adjoint", "bar", "deriv", "get_grad",
)  # fmt: skip
ENTRY_NAMES: Final = (
    "backward", "backprop", "backwards", "run_backpropagation", "backpropagate",
    "back_propagate", "back_prop", "backward_pass", "run_backward", "full_backward",
    "start_backward", "compute_gradients", "compute_grad", "compute_grads",
    "calculate_gradients", "calc_grad", "get_gradients", "gradients", "autodiff",
    "differentiate", "derive", "propagate", "grad", "gradient",
)  # fmt: skip
"""What starts a backward pass."""
NEVER_CALLED: Final = re.compile(
    r"zero|reset|clear|draw|plot|print|show|dump|save|load|exit|quit|step|train|fit|test|main|demo"
    r"|repr|label|render|write|open|close|delete|remove|input|sleep|run_all|set"
)
ZERO_NAMES: Final = (
    "zero_grad", "zero_grads", "zerograd", "zero_gradients", "reset_grad", "reset_gradients",
    "clear_grad", "clear_gradients", "cleargrad", "cleargrads", "zero", "reset",
)  # fmt: skip
"""What sets gradients back."""
NETWORK_NAMES: Final = (
    "mlp", "multilayerperceptron", "perceptron", "neuralnetwork", "neuralnet", "network", "nn",
    "net", "feedforward", "feedforwardnetwork", "ann", "dnn", "fnn",
)  # fmt: skip
NEURON_NAMES: Final = ("neuron", "perceptron", "unit")
CALL_NAMES: Final = ("__call__", "forward", "predict", "feedforward", "feed_forward")
"""What computes the outputs of a network, or of a part of one."""
LAYER_NAMES: Final = ("layer", "linear", "dense", "linearlayer", "denselayer", "fullyconnected")
CLASS_STATEMENT: Final = re.compile(r"^class\s+(\w+)", re.MULTILINE)
ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "add": ("add", "plus"),
    "sub": ("sub", "subtract", "minus"),
    "mul": ("mul", "multiply", "times", "mult"),
    "div": ("div", "truediv", "divide"),
    "neg": ("neg", "negate", "negative", "minus"),
    "pow": ("pow", "power"),
    "relu": ("relu", "rectify", "rectifier"),
    "tanh": ("tanh", "hyperbolictangent", "hypertan", "hyptan"),
    "exp": ("exp", "exponential", "exponent"),
    "log": ("log", "ln", "logarithm", "naturallog", "loge"),
    "sigmoid": ("sigmoid", "sigm", "sig", "logistic", "sigma"),
    "sqrt": ("sqrt", "squareroot"),
    "abs": ("abs", "absolute", "absolutevalue", "fabs"),
    "sin": ("sin", "sine"),
    "cos": ("cos", "cosine"),
    "max": ("max", "maximum"),
    "min": ("min", "minimum"),
}
"""Each operation of the vocabulary and its plain spellings; see :func:`know`."""
COMPOUND: Final = ("sum",)
"""Operations that are made of others."""
INFIX: Final[dict[str, tuple[str, Callable[..., Any], Callable[..., Any] | None]]] = {
    "add": ("__add__", operator.add, operator.iadd),
    "sub": ("__sub__", operator.sub, operator.isub),
    "mul": ("__mul__", operator.mul, operator.imul),
    "div": ("__truediv__", operator.truediv, operator.itruediv),
    "pow": ("__pow__", operator.pow, operator.ipow),
    "neg": ("__neg__", operator.neg, None),
    "abs": ("__abs__", abs, None),
}
"""Operations with an operator: its method, the operator, its in-place form."""
SIGNS: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}


SPECIAL: Final = re.compile(r"^__|__$|^_.*_$")
"""Names that only Python calls, or that were meant to be such."""


def know(operations: Iterable[str]) -> None:
    """Add the operations of the vocabulary that are spelled as they are called."""
    for op in operations:
        if op not in COMPOUND:
            ALIASES.setdefault(op, (op,))


def plain(name: str) -> str:
    """A name without case and underscores: ``__exp__``, ``_exp`` and ``Exp`` are one spelling."""
    return name.replace("_", "").lower()


def defines_network(text: str) -> bool:
    """Whether a text defines a class with the name of a network, or of a part of one."""
    names = {plain(name) for name in CLASS_STATEMENT.findall(text)}
    return not names.isdisjoint((*NETWORK_NAMES, *NEURON_NAMES, *LAYER_NAMES))


def has_operator(cls: type, dunder: str) -> bool:
    """Whether the class has the operator itself, not from ``object``, ``float`` or ``type``."""
    return any(dunder in vars(base) for base in cls.__mro__ if base.__module__ != "builtins")


def public_first(names: Iterable[str]) -> list[str]:
    """Names without dunders, those without an underscore first."""
    return sorted((n for n in names if not n.startswith("__")), key=lambda n: n.startswith("_"))


def entry_names(names: list[str]) -> list[str]:
    """Those that may start a backward pass: known names first, then what sounds like one."""
    known = [n for k in ENTRY_NAMES for n in names if plain(n) == plain(k)]
    rest = [
        n for n in names if n not in known and re.search(r"back|grad|prop|deriv|diff", n.lower())
    ]
    return [
        n
        for n in dict.fromkeys([*known, *rest])
        if not n.startswith("__") and not NEVER_CALLED.search(n.lower())
    ]
