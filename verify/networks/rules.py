"""Rules of an optimizer's own: it moves parameters otherwise than plain descent, and means to.

Weight decay (A. Krogh, J. Hertz, *A simple weight decay can improve generalization*, NIPS 1991),
and gradients that are clipped, each by its size or all by their norm (R. Pascanu, T. Mikolov,
Y. Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013).  A rule is one
only if it explains every parameter in all updates that were seen, with one number for all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from verify.networks.task import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verify.expression.reading import NetworkState

_MOST_DECAY: Final = 1.0
"""More would wipe a parameter out: that is a mistake."""
_PLAIN: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Update:
    """One update, as it was seen.

    Attributes:
        data: the parameters before.
        gradients: theirs.
        moved: the parameters after.
        rate: the learning rate.
    """

    data: tuple[float, ...]
    gradients: tuple[float, ...]
    moved: tuple[float, ...]
    rate: float

    @property
    def used(self) -> list[float]:
        """What was used for each gradient: how far a parameter moved, as a part of the rate."""
        rows = zip(self.data, self.moved, strict=True)
        return [(p - now) / self.rate for p, now in rows]

    def gives(self, gradients: Sequence[float]) -> bool:
        """Whether descent with these for gradients gives where the parameters are."""
        rows = zip(self.data, gradients, strict=True)
        return alike([p - self.rate * g for p, g in rows], self.moved, size=self.rate)


def own_rule(turns: Sequence[tuple[NetworkState, NetworkState]], rate: float) -> str:
    """The rule that explains all updates, in words; ``""`` if there is none.

    Args:
        turns: what was read before each update, and after it.
        rate: the learning rate.
    """
    updates = [_update(before, after, rate) for before, after in turns]
    known = [update for update in updates if update is not None]
    if not known or len(known) < len(updates):
        return ""
    return next((words for rule in _RULES if (words := rule(known))), "")


def _update(before: NetworkState, after: NetworkState, rate: float) -> Update | None:
    data, gradients, moved = (
        tuple([x for x in column if x is not None])
        for column in (before.data, before.gradients, after.data)
    )
    if not len(before.data) == len(data) == len(gradients) == len(moved) > 0:
        return None
    return Update(data, gradients, moved, rate)


def _decayed(updates: Sequence[Update]) -> str:
    """Each gradient has the same part of its parameter added."""
    first = updates[0]
    at = max(range(len(first.data)), key=lambda i: abs(first.data[i]))
    decay = (first.used[at] - first.gradients[at]) / first.data[at] if first.data[at] else 0.0
    if not _PLAIN < decay <= _MOST_DECAY:
        return ""
    for each in updates:
        rows = zip(each.data, each.gradients, strict=True)
        if not each.gives([g + decay * p for p, g in rows]):
            return ""
    return f"updates have a weight decay of {decay:.3g}"


def _clipped(updates: Sequence[Update]) -> str:
    """Each gradient beyond a limit counts as the limit."""
    pairs = [pair for each in updates for pair in zip(each.used, each.gradients, strict=True)]
    limit = max((abs(used) for used, g in pairs if abs(used) < abs(g) * (1 - _PLAIN)), default=0.0)
    if not limit or not all(
        each.gives([math.copysign(min(abs(g), limit), g) for g in each.gradients])
        for each in updates
    ):
        return ""
    return f"updates clip gradients at {limit:.3g}"


def _clipped_by_norm(updates: Sequence[Update]) -> str:
    """All gradients are made smaller where their norm is beyond a limit.

    One factor for all updates is no limit: it would be another rate.
    """
    norms = [(math.hypot(*each.used), math.hypot(*each.gradients)) for each in updates]
    limit = max((used for used, norm in norms if used < norm * (1 - _PLAIN)), default=0.0)
    factors = {round(used / norm, 6) for used, norm in norms if norm}
    if not limit or len(factors) < 2:
        return ""
    for each, (_, norm) in zip(updates, norms, strict=True):
        factor = min(1.0, limit / norm) if norm else 1.0
        if not each.gives([g * factor for g in each.gradients]):
            return ""
    return f"updates clip the norm of all gradients at {limit:.3g}"


_RULES: Final[tuple[Callable[[Sequence[Update]], str], ...]] = (
    _decayed, _clipped, _clipped_by_norm,
)  # fmt: skip
