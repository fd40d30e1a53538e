"""Edits that are left out before they are tried: right by chance alone, or no change at all."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from verify.mending import scope

if TYPE_CHECKING:
    from verify.mending.syntax import Site, Text


def circular(site: Site, new: str) -> bool:
    """Whether a gradient would be computed from one that is passed on to, of itself or beside it.

    That passes only where it is nothing yet.
    """
    if not isinstance(site.node, ast.expr):
        return False
    for above in site.text.enclosing(site.node):
        if isinstance(above, ast.AugAssign | ast.Assign):
            targets = [above.target] if isinstance(above, ast.AugAssign) else above.targets
            held = {site.text.of(t) for t in targets if isinstance(t, ast.Attribute)}
            start, end = site.text.span(site.node)
            first, last = site.text.span(above.value)
            value = site.text.text[first:start] + new + site.text.text[end:last]
            inside = first <= start and end <= last
            own = isinstance(above, ast.AugAssign)
            came = {n for n in _receiving(site) if n not in site.text.of(above.value)}
            return own and inside and any(name in value for name in held | came)
    return False


def by_chance(site: Site, new: str) -> bool:
    """Whether a loop would go through a set, in the order of addresses."""
    parent = site.text.parents.get(site.node)
    looped = isinstance(parent, ast.For) and parent.iter is site.node
    return looped and new in scope.sets(site.function)


def _receiving(site: Site) -> set[str]:
    """The gradients that the function adds to: ``self.grad``, ``other.grad``."""
    return {
        site.text.of(node.target)
        for node in ast.walk(site.function)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute)
        if node.target.attr == site.text.words.gradient
    }


def same_kind(site: Site, new: str) -> bool:
    """Whether a node stands in the place of a node alone: a gradient of nodes is no number."""
    nodes = {"self", *scope.made(site.text, site.function)}
    nodes |= scope.no_numbers(site.text, site.function)
    here = site.text.of(site.node)
    return new not in nodes or here in nodes or here in scope.operands(site.function)


def follows_sign(node: ast.AST, text: Text) -> bool:
    """Whether a plus or a minus stands before an expression."""
    above = text.parents.get(node)
    while isinstance(above, ast.BinOp) and node is above.left:
        node, above = above, text.parents.get(above)
    signs = ast.Add | ast.Sub
    return isinstance(above, ast.BinOp) and isinstance(above.op, signs) and node is above.right


def kept_as_number(site: Site) -> bool:
    """Whether it is added to a gradient: of nodes there, each pass would make more of them."""
    for above in site.text.enclosing(site.node):
        if isinstance(above, ast.AugAssign) and isinstance(above.target, ast.Attribute):
            return above.target.attr == site.text.words.gradient
    return False
