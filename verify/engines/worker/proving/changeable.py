"""What functions of the engine's text may change later, whoever calls them: read, it is state.

No run shows it.  ``def __repr__(self): SHOWN.append(1)`` is never called while an engine is proven,
and a rule that reads ``SHOWN`` is wrong after some prints.  So what is older than a graph may be
read by an operation only if nothing in the text can change it: names that no function rebinds,
attributes that none writes, and containers that are only looked at wherever they are named.
"""

from __future__ import annotations

import ast

from ..tracebacks import FUNCTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Iterator

READING: Final = frozenset({
    "get", "items", "keys", "values", "index", "count", "copy", "startswith", "endswith", "join",
    "split", "format", "issubset", "issuperset", "isdisjoint", "union", "intersection",
    "difference",
})  # fmt: skip
"""Methods that change nothing."""
LOOKING: Final = frozenset({
    "len", "sorted", "min", "max", "sum", "any", "all", "list", "tuple", "set", "dict", "frozenset",
    "zip", "enumerate", "reversed", "isinstance", "iter", "map", "filter", "print", "repr", "str",
    "bool", "id", "type", "hasattr",
})  # fmt: skip
"""Functions that change nothing of what they are handed."""
ANYTHING: Final = frozenset({
    "globals", "exec", "eval", "compile", "__import__", "gc", "ctypes", "inspect",
})  # fmt: skip
"""Names by which everything can be reached."""
ANYTHING_OF: Final = frozenset({
    "__defaults__", "__kwdefaults__", "__globals__", "__closure__", "cell_contents", "_getframe",
    "import_module", "f_globals", "f_locals", "tb_frame", "__builtins__", "modules", "get_objects",
})  # fmt: skip
"""Attributes likewise."""
MAKING: Final = frozenset({"__init__", "__new__", "__post_init__"})


class Changeable:
    """What may be changed, each with the line that may do it.

    Attributes:
        names: of the module, or around a function, that functions rebind.
        attributes: that functions write.
        shared: those of them that are not written to the object of the method alone.
        things: names and attributes of which the thing itself may be changed.
        parts: likewise something that it holds.
        anything: words by which everything can be reached, and the file.
        modules: names that are imported.
    """

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.attributes: dict[str, int] = {}
        self.shared: dict[str, int] = {}
        self.things: dict[str, int] = {}
        self.parts: dict[str, int] = {}
        self.anything: dict[tuple[str, str], int] = {}
        self.file = ""
        self.modules: set[str] = set()

    def add(self, tree: Any, file: str) -> None:
        """Take over what the functions of a module may change."""
        self.file = file
        over = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.modules |= {
            a.asname or a.name for node in ast.walk(tree)
            if isinstance(node, (ast.Import, ast.ImportFrom)) for a in node.names
        }  # fmt: skip
        registers = set(map(id, registering(tree)))
        for function, own, node in inside(tree, registers):
            self.rebound(node)
            self.written(node, function, own)
            self.handed(node, over)

    def rebound(self, node: Any) -> None:
        """``global x``, ``nonlocal x``, and words that reach everything."""
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            self.names.update(dict.fromkeys(node.names, node.lineno))
        elif isinstance(node, ast.Name) and node.id in ANYTHING:
            self.anything.setdefault((node.id, self.file), node.lineno)
        elif isinstance(node, ast.Attribute) and node.attr in ANYTHING_OF:
            self.anything.setdefault((node.attr, self.file), node.lineno)

    def written(self, node: Any, function: str, own: str) -> None:
        """``x.y = z``, and ``setattr(x, "y", z)``."""
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            thing, name = node.value, node.attr
        elif isinstance(node, ast.Call) and spelt(node.func) in SETTING and len(node.args) > 1:
            thing, key = node.args[:2]
            if not isinstance(key, ast.Constant):
                if function not in MAKING:
                    self.anything.setdefault(("setattr", self.file), node.lineno)
                return
            name = str(key.value)
        else:
            return
        to_itself = isinstance(thing, ast.Name) and thing.id == own
        if not (to_itself and function in MAKING):
            self.attributes.setdefault(name, node.lineno)
        if not to_itself:
            self.shared.setdefault(name, node.lineno)
        if isinstance(thing, ast.Name) and thing.id in self.modules:
            self.names.setdefault(name, node.lineno)

    def handed(self, node: Any, over: dict[int, Any]) -> None:
        """A name, or an attribute, of which the thing is changed, or handed on."""
        if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
            return
        part: Any = node
        depth, parent = 0, over.get(id(node))
        while is_part(part, parent, over):
            depth += isinstance(parent, ast.Subscript)
            part, parent = parent, over.get(id(parent))
        if not depth and not looks(part, parent):
            self.things.setdefault(spelt(node), node.lineno)
        self.parts.setdefault(spelt(node), node.lineno)


def is_part(part: Any, parent: Any, over: dict[int, Any]) -> bool:
    """Whether what is around an expression only takes a part of it, to do something with."""
    if isinstance(parent, ast.Subscript):
        return parent.value is part and isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Attribute):
        above = over.get(id(parent))
        calls = isinstance(above, ast.Call) and above.func is parent
        return isinstance(parent.ctx, ast.Load) and not calls
    return isinstance(parent, ast.BoolOp)


SETTING: Final = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})


def spelt(function: Any) -> str:
    """The last name of what is called."""
    return getattr(function, "id", getattr(function, "attr", ""))


def looks(part: Any, parent: Any) -> bool:
    """Whether an expression is only looked at by what is around it."""
    if isinstance(parent, ast.Attribute):  # a method, or an attribute that is written
        return parent.attr in READING or not isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Subscript) and parent.value is part:
        return False
    if isinstance(parent, ast.Call):
        return part is parent.func or spelt(parent.func) in LOOKING
    if isinstance(parent, (ast.AugAssign, ast.NamedExpr)):
        return False
    as_key = type(parent).__name__ in {"Index", "Slice", "ExtSlice"}  # Python 3.8 has these
    return as_key or isinstance(parent, LOOKS) or part is getattr(parent, "test", None)


LOOKS: Final = (
    ast.Compare, ast.BinOp, ast.UnaryOp, ast.For, ast.comprehension, ast.Expr, ast.Starred,
    ast.FormattedValue, ast.Subscript, ast.If, ast.While, ast.Assert,
)  # fmt: skip


def inside(tree: Any, without: set[int]) -> Iterator[tuple[str, str, Any]]:
    """What stands in functions: the function's name, that of its object, and the node.

    Functions that run at the import alone count as the module, but not those inside of them.
    """

    def walk(node: Any, function: str, own: str, method: bool) -> Iterator[tuple[str, str, Any]]:
        for decorator in getattr(node, "decorator_list", ()):
            yield from walk(decorator, function, own, method=False)
        if id(node) in without:
            function, own = "", ""
        elif isinstance(node, FUNCTIONS):
            function = getattr(node, "name", "<lambda>")
            of_object = method and not any(
                spelt(d) in {"classmethod", "staticmethod"}
                for d in getattr(node, "decorator_list", ())
            )
            own = node.args.args[0].arg if of_object and node.args.args else own
        elif function:
            yield function, own, node
        plain = isinstance(node, ast.ClassDef) and not is_metaclass(node)
        for child in ast.iter_child_nodes(node):
            if child not in getattr(node, "decorator_list", ()):
                yield from walk(child, function, own, plain)

    yield from walk(tree, "", "", method=False)


def is_metaclass(node: Any) -> bool:
    """Whether a class is one of classes."""
    return any(spelt(base).endswith(("type", "Meta")) for base in node.bases)


def registering(tree: Any) -> Iterator[Any]:
    """Functions that run at the import alone.

    These are what makes a class, functions that only the module itself and other such functions
    call, and parts of decorators that hand back what they decorate.  A function that is handed on,
    such as ``Value.show = show``, is called by whoever has it then.
    """
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    makers = [f for c in ast.walk(tree) if isinstance(c, ast.ClassDef) and is_metaclass(c)
              for f in c.body if isinstance(f, ast.FunctionDef) and f.name in MAKING]  # fmt: skip
    found = set(map(id, makers))
    called = {id(part.func) for part in ast.walk(tree) if isinstance(part, ast.Call)}
    called |= {id(d) for part in ast.walk(tree) for d in getattr(part, "decorator_list", ())}
    handed_on = {spelt(p) for p in ast.walk(tree) if is_read(p) and id(p) not in called}
    before = -1
    while before != len(found):
        before = len(found)
        later = {spelt(part) for _, _, part in inside(tree, found) if is_read(part)}
        spoken_of = {spelt(part) for part in ast.walk(tree) if is_read(part)} - later - handed_on
        found |= {
            id(f) for f in functions if f.name in spoken_of and not f.name.startswith("__")
        }
    yield from (f for f in functions if id(f) in found)
    for function in functions:
        if id(function) in found:
            nested = [part for part in function.body if isinstance(part, ast.FunctionDef)]
            yield from filter(hands_back, nested)


def is_read(node: Any) -> bool:
    """Whether it is a name, or an attribute, that is read."""
    return isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)


def hands_back(function: Any) -> bool:
    """Whether a function returns what it is handed first, and nothing else."""
    returned = [part.value for part in ast.walk(function) if isinstance(part, ast.Return)]
    first = function.args.args[0].arg if function.args.args else ""
    return bool(returned) and all(isinstance(x, ast.Name) and x.id == first for x in returned)
