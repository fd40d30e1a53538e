"""A package with relative imports."""

from .inner.value import Value

__all__ = ["Value"]
