"""Gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from micrograd.engine import Value

__all__ = ["SGD", "linear_decay"]


class SGD:
    """Stochastic gradient descent with momentum: v <- m v + grad; p <- p - rate v.

    The form of PyTorch's `SGD` (Polyak, 1964; Sutskever et al., 2013).

    Args:
        parameters: the leaves to train.
        learning_rate: a number, or a function from the number of steps done to a number.
        momentum: m, at least 0 and below 1; 0 is plain descent.

    Attributes:
        steps: the number of steps done.

    Raises:
        ValueError: there are no parameters, or a number is out of range.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float | Callable[[int], float] = 0.1,
        momentum: float = 0.0,
    ) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("no parameters to train: give model.parameters()")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum is {momentum}: it must be at least 0 and below 1")
        self.schedule = learning_rate if callable(learning_rate) else lambda _: learning_rate
        if not self.schedule(0) > 0:
            raise ValueError(f"the learning rate is {self.schedule(0)}: it must be positive")
        self.momentum = momentum
        self.steps = 0
        self._velocities = [0.0] * len(self.parameters)

    def zero_grad(self) -> None:
        """Set all gradients to 0.0, before the next `backward` adds to them."""
        for p in self.parameters:
            p.grad = 0.0

    def step(self) -> None:
        """Move every parameter against its gradient, once."""
        rate = self.schedule(self.steps)
        for i, p in enumerate(self.parameters):
            self._velocities[i] = self.momentum * self._velocities[i] + p.grad
            p.data -= rate * self._velocities[i]
        self.steps += 1


def linear_decay(start: float, stop: float, steps: int) -> Callable[[int], float]:
    """Return the learning rate that goes from start to stop in equal steps, and stays there.

    Raises:
        ValueError: `steps` is not positive.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}: it must be positive")
    return lambda done: start + (stop - start) * min(done, steps) / steps
