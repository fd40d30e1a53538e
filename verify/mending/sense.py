"""Edits that are left out before they are tried: right by chance alone, or no change at all."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from verify.mending import keys, scope
from verify.mending.syntax import Function, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.mending.syntax import Site, Words

_SEVERAL: Final = 2
"""Rules that compute with nodes themselves: of more it is no slip."""


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
    """Whether a loop would go through a set, in the order of addresses, or another key be asked."""
    parent = site.text.parents.get(site.node)
    looped = isinstance(parent, ast.For) and parent.iter is site.node
    return (looped and new in scope.sets(site.function)) or keys.in_vain(site, new)


def _receiving(site: Site) -> set[str]:
    """The gradients that the function adds to: ``self.grad``, ``other.grad``."""
    return {
        site.text.of(node.target)
        for node in ast.walk(site.function)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute)
        if node.target.attr == site.text.words.gradient
    }


def same_kind(site: Site, new: str) -> bool:
    """Whether a node stands in the place of a node alone: a gradient of nodes is no number.

    A list or a set stands in the place of such a one: as a condition it is right by chance.
    """
    holders = scope.holders(site.text, site.function)
    if new in holders and site.text.of(site.node) not in holders:
        return False
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


def makes_nodes(before: str, after: str, words: Words) -> bool:
    """Whether more gradients are computed of nodes in a changed text, where they are numbers.

    Read, such a gradient is the number in it, and so it would pass.  Where several are nodes
    already, as in an engine that differentiates twice, one more is none too many.

    Args:
        before: the text.
        after: the text with a change.
        words: how the engine is spelled.
    """
    was, now = (_of_nodes(text, words) for text in (before, after))
    return sum(now) > sum(was) < _SEVERAL


def _of_nodes(text: str, words: Words) -> list[bool]:
    """Of each statement that stores a gradient, whether it computes with a node as it is."""
    try:
        read = Text("", text, words)
        tops = [n for n in ast.walk(read.tree) if isinstance(n, Function)]
    except (SyntaxError, ValueError):
        return []
    inner = {id(n) for top in tops for n in ast.walk(top) if n is not top}
    found = []
    for top in tops:
        if id(top) not in inner:
            nodes = {"self", *scope.made(read, top), *_with_numbers(read, top)}
            found += [_computes(read, value, nodes) for value in _stored(read, top)]
    return found


def _with_numbers(text: Text, function: Function) -> set[str]:
    """Names beside which their number, or their gradient, is taken."""
    kept = {text.words.value, text.words.gradient}
    return {
        n.value.id for n in ast.walk(function)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.attr in kept
    }  # fmt: skip


def _stored(text: Text, function: Function) -> Iterator[ast.expr]:
    """What is added to gradients, or stored there."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
            held = [t for t in targets if isinstance(t, ast.Attribute)]
            if any(t.attr == text.words.gradient for t in held):
                yield node.value


def _computes(text: Text, value: ast.expr, nodes: set[str]) -> bool:
    """Whether a node itself is an operand, the value, or made for it."""
    for node in ast.walk(value):
        above = text.parents.get(node)
        counts = node is value or isinstance(above, ast.BinOp | ast.UnaryOp)
        if isinstance(above, ast.IfExp):
            counts = node is not above.test
        made = isinstance(node, ast.Call) and text.of(node.func) == text.words.node
        if counts and (made or (isinstance(node, ast.Name) and node.id in nodes)):
            return True
    return False
