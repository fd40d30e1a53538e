"""A pass written anew: the course's order of nodes, with the engine's own rules.

Rules that are called stay calls, and a loop over nodes keeps its body.  A pass that calls that of
its operands hands them their share instead: ``child.backward(g * slope)`` becomes ``child.grad += g
* slope``, and each node waits until all that use it have added theirs.
"""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING, Final

from verify.mending import scope
from verify.mending.edits import names, rule_names
from verify.mending.methods import ANEW, docstring, whole_body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from verify.mending.syntax import Edit, Function, Text

WHOLE: Final = "the pass anew"
_USUAL: Final = (
    "_prev", "prev", "children", "_children", "parents", "_parents", "operands", "inputs",
)  # fmt: skip
_COURSE: Final = """\
topo, seen = [], set()

def build({v}):
    if id({v}) not in seen:
        seen.add(id({v}))
{walk}
        topo.append({v})

build({output})
{output}.{gradient} = {seed}
for {v} in reversed(topo):
{loop}"""
_WALK: Final = "for {target} in {v}.{children}:\n    build({child})"
_OF_NAMES: Final = "for child in ({all},):\n    if child is not None:\n        build(child)"


def whole_pass(text: Text, function: Function) -> Iterator[Edit]:
    """Seed, order and visited set by the course's pattern, with the rules as they are called."""
    if not scope.operands(function):
        return
    for rank, new in enumerate(dict.fromkeys([*_called(text, function), *_handed(text, function)])):
        yield whole_body(text, function, new, ANEW + rank, WHOLE)


def _called(text: Text, function: Function) -> Iterator[str]:
    """The pass where a rule is called for each node, or a loop over nodes does all of it."""
    walked = _walked(text)
    if walked is None:
        return
    children, target, child = walked
    output, gradient = scope.operands(function)[0], text.words.gradient
    loops = [("v", f"v.{name}()") for name in rule_names(text)[:2]]
    loops += [
        (node.target.id, _block(text, node.body))
        for node in ast.walk(function)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name)
    ]
    for v, loop in loops:
        walk = _WALK.format(target=target, v=v, children=children, child=child)
        if v not in {target, child}:
            yield _written(v, walk, output, gradient, "1.0", loop)


def _written(v: str, walk: str, output: str, gradient: str, seed: str, loop: str) -> str:  # noqa: PLR0913, PLR0917 - all that a pass says
    """A pass with its own words."""
    inner, body = textwrap.indent(walk, " " * 8), textwrap.indent(loop, " " * 4)
    return _COURSE.format(
        v=v, walk=inner, output=output, gradient=gradient, seed=seed, loop=body
    )


def _block(text: Text, body: list[ast.stmt]) -> str:
    start = text.line_start(body[0].lineno)
    return textwrap.dedent(text.text[start : text.span(body[-1])[1]])


def _walked(text: Text) -> tuple[str, str, str] | None:
    """The attribute that holds operands, how a loop takes them out, and which of that is one."""
    held = _attributes(text)
    for name in _USUAL:
        if name in held:
            return name, "child", "child"
    for node in ast.walk(text.tree):
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Attribute):
            taken = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
            child = next((n for n in taken if n != "_"), "")
            if node.iter.attr in held and child:
                return node.iter.attr, text.of(node.target), child
    return None


def _attributes(text: Text) -> set[str]:
    """What a new node gets: the attributes that its class sets when one is made."""
    cls = text.node_class()
    init = text.methods(cls).get("__init__") if cls else None
    return {
        node.attr
        for node in ast.walk(init or ast.Module([], []))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def _handed(text: Text, function: Function) -> Iterator[str]:
    """The pass where each node's own is called with its share."""
    params, gradient = scope.operands(function), text.words.gradient
    calls = [
        node for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr == function.name and len(node.args) == 1 and not node.keywords
        and isinstance(text.parents.get(node), ast.Expr)
    ]  # fmt: skip
    if len(params) != 2 or not calls:
        return
    v = next((n for n in ("v", "node", "n") if n not in names(function)), "")
    own = {params[0]: v, params[1]: f"{v}.{gradient}"}
    walk = _operands(text, function, calls, own)
    kept = [s for s in function.body if not docstring(s) and not _adds(text, s, params[0])]
    if v and walk and kept:
        loop = textwrap.dedent("\n".join(_renamed(text, s, calls, own) for s in kept))
        yield _written(v, walk, params[0], gradient, params[1], loop)


def _operands(
    text: Text, function: Function, calls: list[ast.Call], own: Mapping[str, str]
) -> str:
    """How to come to the operands: through a loop, or by the names of attributes."""
    called = list(dict.fromkeys(text.of(c.func.value) for c in calls))  # type: ignore[attr-defined]  # methods'
    for loop in ast.walk(function):
        if isinstance(loop, ast.For) and len(called) == 1:
            taken = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
            if called[0] in taken:
                over = _renamed(text, loop.iter, [], own)
                return f"for {text.of(loop.target)} in {over}:\n    build({called[0]})"
    first = next(iter(own))
    if all(name.startswith(f"{first}.") for name in called):
        mine = [own[first] + name.removeprefix(first) for name in called]
        return _OF_NAMES.format(all=", ".join(mine)).replace(",,", ",").replace(
            ",)", ")" if len(mine) > 1 else ",)"
        )
    return ""


def _adds(text: Text, statement: ast.stmt, name: str) -> bool:
    """Whether a statement only takes the gradient that was handed in."""
    if not isinstance(statement, ast.Assign | ast.AugAssign):
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [text.of(t) for t in targets] == [f"{name}.{text.words.gradient}"]


def _renamed(
    text: Text, piece: ast.AST, calls: list[ast.Call], own: Mapping[str, str]
) -> str:
    """A piece of the pass with a node of the order in its place, and calls as additions."""
    start, end = text.span(piece)
    whole = isinstance(piece, ast.stmt)
    changes = [
        (*text.span(node), own[node.id])
        for node in ast.walk(piece)
        if isinstance(node, ast.Name) and node.id in own
    ]
    inside = set(ast.walk(piece))
    for call in [call for call in calls if call in inside]:
        first, last = text.span(call.args[0])
        after = text.span(call.func.value)[1]  # type: ignore[attr-defined]  # likewise
        changes.append((after, first, f".{text.words.gradient} += "))
        changes.append((last, text.span(call)[1], ""))
    at = text.line_start(piece.lineno) if whole else start  # type: ignore[attr-defined]  # a statement
    new = ""
    for first, last, put in sorted(changes):
        new, at = new + text.text[at:first] + put, last
    return new + text.text[at:end]
