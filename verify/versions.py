"""Versions of what takes part in a check, for reports and for the headers of corpora."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def versions() -> Mapping[str, str]:
    """Each package's version; ``not installed`` where it is missing."""
    found = {"python": platform.python_version()}
    for name in ("micrograd-verify", "hypothesis", "sympy", "python-flint", "numpy", "torch"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
