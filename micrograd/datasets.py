"""Toy data, the same on every machine."""

from __future__ import annotations

import math
import random

__all__ = ["moons"]


def moons(
    samples: int = 100, noise: float = 0.1, seed: int = 0
) -> tuple[list[tuple[float, float]], list[int]]:
    """Return points of two interleaved half circles, and their labels, shuffled.

    The upper half circle (label -1) has radius 1 and centre (0, 0), the lower one (label 1) centre
    (1, 0.5), as in scikit-learn's `make_moons`.

    Args:
        samples: how many points.
        noise: standard deviation of the normal noise added to each coordinate, in radii.
        seed: the same points for the same seed.

    Raises:
        ValueError: fewer than 2 samples, or negative noise.
    """
    if samples < 2 or noise < 0:
        raise ValueError(f"{samples} samples with noise {noise}: at least 2, with noise >= 0")
    uniform = random.Random(seed).random

    def normal() -> float:  # Box & Muller, 1958
        return noise * math.sqrt(-2 * math.log(1 - uniform())) * math.cos(math.tau * uniform())

    upper, rows = samples // 2, []
    for i in range(samples):
        k, n = (i, upper) if i < upper else (i - upper, samples - upper)
        t = math.pi * k / max(n - 1, 1)
        x, y, label = (math.cos(t), math.sin(t), -1)
        if i >= upper:
            x, y, label = 1 - x, 0.5 - y, 1
        rows.append((uniform(), (x + normal(), y + normal()), label))
    rows.sort()  # by a random key: shuffled
    return [point for _, point, _ in rows], [label for _, _, label in rows]
