"""The engine under test, reached only through an adapter; see ``docs/protocol.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verify.engines.engine import (
    DEFAULT,
    Engine,
    EngineError,
    EngineInfo,
    Limits,
    Measured,
    Step,
    Steps,
)

if TYPE_CHECKING:
    from verify.engines.loading import load

__all__ = [
    "DEFAULT",
    "Engine",
    "EngineError",
    "EngineInfo",
    "Limits",
    "Measured",
    "Step",
    "Steps",
    "load",
]


def __getattr__(name: str) -> Any:
    # ``load`` brings subprocess and the worker; ``import verify`` must stay light.
    if name == "load":
        from verify.engines.loading import load

        return load
    raise AttributeError(name)
