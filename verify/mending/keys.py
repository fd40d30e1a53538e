"""Keys under which a function keeps things, in a dictionary or a cache, and looks them up."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.mending.syntax import Site

_ITERATORS: Final = ("map(", "filter(", "zip(", "iter(", "reversed(", "enumerate(")
_LOOKS_UP: Final = frozenset({"get", "setdefault", "pop"})


def in_vain(site: Site, new: str) -> bool:
    """Whether with another text nothing would ever be found under a key: that passes by chance.

    So it is if a key is another one in one place than wherever else the function uses one, as in
    ``if parents in pool: return pool[key]``, and if it is an iterator, which is equal to no other.
    """
    text, (start, end) = site.text, site.text.span(site.node)
    uses = [(text.of(kept), key) for kept, key in _uses(site.function)]
    made = text.parents.get(site.node)
    if isinstance(made, ast.Assign) and new.startswith(_ITERATORS):
        names = {target.id for target in made.targets if isinstance(target, ast.Name)}
        return any(isinstance(key, ast.Name) and key.id in names for _, key in uses)
    for kept, key in uses:
        first, last = text.span(key)
        asked = isinstance(site.node, ast.Compare) and site.node.left is key
        if asked or (first <= start and end <= last):
            others = {text.of(k) for other, k in uses if other == kept and k is not key}
            if others == {text.of(key)}:
                return True
    return False


def _uses(function: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is looked into, and the key: of ``c[key]``, ``key in c`` and ``c.get(key)``."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript):
            yield node.value, node.slice
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            yield node.comparators[0], node.left
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            asked = node.args[:1] if node.func.attr in _LOOKS_UP else []
            yield from [(node.func.value, key) for key in asked]
