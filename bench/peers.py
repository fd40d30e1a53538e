"""The gradient checkers that people use, each asked about one derivative of one function.

A peer is a function ``(f, slope, x) -> bool``: does it accept ``slope`` as the derivative of the
plain function ``f`` at ``x``?  ``f`` is the engine's own forward pass.  Peers run with the settings
they have when nobody sets any; what they have to be told here is only that first derivatives of
reverse mode are meant, since a claimed number has no others.
"""

from __future__ import annotations

import logging
import math
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[[float], float]
    Peer = Callable[[Function, float, float], bool]


def gradcheck() -> Peer:
    """``torch.autograd.gradcheck``: eps 1e-6, atol 1e-5, rtol 1e-3."""
    import torch

    def accepts(f: Function, slope: float, x: float) -> bool:
        class Claimed(torch.autograd.Function):
            @staticmethod
            def forward(ctx, t):  # noqa: ANN001, ANN205, ARG004
                return torch.tensor(f(t.item()), dtype=torch.float64)

            @staticmethod
            def backward(ctx, g):  # noqa: ANN001, ANN205, ARG004
                return g * slope

        leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        return bool(torch.autograd.gradcheck(Claimed.apply, (leaf,), raise_exception=False))

    return accepts


def jax_check_grads() -> Peer:
    """``jax.test_util.check_grads`` in float64, ``order=1, modes=("rev",)``."""
    import jax
    import numpy as np
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    logging.getLogger("jax").setLevel(logging.CRITICAL)  # a callback that raises is not news here
    asked: list[Function] = [float]  # one callback for all functions: it is compiled once

    @jax.custom_vjp
    def claimed(t, slope):  # noqa: ANN001, ANN202, ARG001
        shape = jax.ShapeDtypeStruct((), np.float64)
        return jax.pure_callback(callback, shape, t)

    def callback(t):  # noqa: ANN001, ANN202
        return np.float64(asked[0](float(t)))

    def pull(slope, g):  # noqa: ANN001, ANN202
        return g * slope, np.float64(0)

    claimed.defvjp(lambda t, slope: (claimed(t, slope), slope), pull)

    def accepts(f: Function, slope: float, x: float) -> bool:
        asked[0] = f
        try:
            check_grads(
                lambda t: claimed(t, np.float64(slope)), (np.float64(x),), order=1, modes=("rev",)
            )
        except AssertionError:
            return False
        return True

    return accepts


def autograd_check_grads() -> Peer:
    """HIPS ``autograd.test_util.check_grads``, ``modes=["rev"], order=1``."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def accepts(f: Function, slope: float, x: float) -> bool:
        claimed = primitive(f)
        defvjp(claimed, lambda ans, t: lambda g: g * slope)
        try:
            check_grads(claimed, modes=["rev"], order=1)(x)
        except AssertionError:
            return False
        return True

    return accepts


def teaching() -> Peer:
    """Central difference with step 1e-6, rtol = atol = 1e-2: minitorch's ``derivative_check``."""

    def accepts(f: Function, slope: float, x: float) -> bool:
        difference = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
        return abs(slope - difference) <= 1e-2 + 1e-2 * abs(difference)

    return accepts


PEERS: Final[dict[str, Callable[[], Peer]]] = {
    "torch gradcheck": gradcheck,
    "JAX check_grads": jax_check_grads,
    "HIPS autograd check_grads": autograd_check_grads,
    "teaching, 1e-2": teaching,
}
"""Peers by the name in the table; made once, with an ``ImportError`` where one is absent."""


def decide(peer: Peer, f: Function, slope: float, x: float) -> bool | None:
    """The peer's answer; ``None`` where it raises, since its steps leave the function's domain."""
    if not math.isfinite(slope):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return peer(f, slope, x)
        except Exception:  # noqa: BLE001 - whatever a peer does with a function it cannot evaluate
            return None
