"""How hard a check looks."""

from __future__ import annotations

from dataclasses import dataclass

from verify.checking import networks
from verify.verdict.conclusion import MINIMUM


@dataclass(frozen=True, slots=True)
class Plan:
    """How hard to look.

    Attributes:
        examples: random cases; a quarter of them on the wide population.
        seed: reproduces the cases.
        max_operations: size of the random graphs.
        minimum: gradients that must be judged.
        exhaust: every graph of so many operations is judged.
        networks: sizes of the networks that are built and trained.
        precision: bits that an engine has to compute in; ``None`` leaves that to it.
    """

    examples: int = 400
    seed: int = 0
    max_operations: int = 30
    minimum: int = MINIMUM
    exhaust: int = 3
    networks: tuple[tuple[int, ...], ...] = networks.SIZES
    precision: int | None = None

    @classmethod
    def deep(cls, examples: int, seed: int, max_operations: int) -> Plan:
        """Every graph of four operations, and larger networks."""
        return cls(examples, seed, max_operations, exhaust=4, networks=networks.DEEP_SIZES)
