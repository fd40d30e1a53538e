"""The engine's side of the wall: one file, standard library only, any Python from 3.8 on.

It runs by itself (``python -I -S worker.py``), reads one JSON request a line from its standard
input and writes one JSON answer a line to its standard output; ``docs/protocol.md`` describes both.
It imports nothing of this distribution, so that the code under test can never reach a true answer,
and it decides nothing: it builds what it is told to build and sends back numbers.

In process (``verify.check(Value)`` in a notebook) the same file is imported as a module, so that an
engine is adapted and run in the same way on both sides of the wall.
"""

import ast
import importlib
import importlib.machinery
import importlib.util
import inspect
import io
import json
import linecache
import operator
import os
import re
import signal
import sys
import time
import tokenize
import types

PROTOCOL = 1
SYMBOLS = None  # floats that remember how they were computed, where the harness sent them

# --------------------------------------------------------------------------------------------------
# Errors
# --------------------------------------------------------------------------------------------------


class Unusable(Exception):
    """There is no engine to be had: what is wrong, and on which line of the engine's file."""

    def __init__(self, kind, message, line=None):
        super().__init__(message)
        self.kind, self.message, self.line = kind, message, line


class OutOfTime(BaseException):
    """The alarm rang; derived from BaseException so that ``except Exception`` lets it through."""


class Alarm:
    """Interrupts code that does not come back.  Works in the main thread only; nests.

    Processor time counts, which nobody else on a busy machine uses up.  The wall clock only looks,
    once in each span of that length, whether the code still moves: what sleeps is interrupted too.
    """

    def __init__(self):
        self.works = False
        self.looks, self.used = 0, 0.0

    def install(self):
        def ring(_signal, _frame):
            raise OutOfTime

        def look(_signal, _frame):
            before, self.used = self.used, time.process_time()
            self.looks += 1
            span = signal.getitimer(signal.ITIMER_REAL)[1]
            if self.used - before < ASLEEP * span or self.looks >= MOST_LOOKS:
                raise OutOfTime

        try:
            signal.signal(signal.SIGPROF, ring)
            signal.signal(signal.SIGALRM, look)
        except (ValueError, AttributeError):  # not the main thread, or a system without alarms
            return
        self.works = True

    def call(self, seconds, function, *args):
        """``function(*args)``; raises OutOfTime after so many seconds, where alarms work."""
        if not self.works or not seconds:
            return function(*args)
        outer = self.looks, self.used
        self.looks, self.used = 0, time.process_time()
        left = signal.setitimer(signal.ITIMER_PROF, seconds)
        tick = signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        try:
            return function(*args)
        finally:
            signal.setitimer(signal.ITIMER_REAL, *tick)
            signal.setitimer(signal.ITIMER_PROF, *left)
            self.looks, self.used = outer


ASLEEP = 1e-3  # code that uses less of the processor than this does not wait for it: it sleeps
MOST_LOOKS = 10
ALARM = Alarm()
PROBE_SECONDS = 1.0

# --------------------------------------------------------------------------------------------------
# Numbers
# --------------------------------------------------------------------------------------------------


def encode(number):
    """A number for the wire: hexadecimal text, None for nothing there, or what it was instead."""
    kind = type(number)
    if kind is float:
        return number.hex()
    if SYMBOLS is not None and kind is SYMBOLS.Symbol:
        return SYMBOLS.sent(number)
    if number is None:
        return None
    try:
        return float.hex(as_float(number))
    except Exception:  # noqa: BLE001 - whatever an object does when it is asked for its number
        return {"not": str(kind.__name__)[:80]}


def as_float(number):
    """The float in a number, a numpy scalar or an array of one; TypeError for anything else."""
    if isinstance(number, (float, int)):
        return float.__float__(number) if isinstance(number, float) else int.__float__(number)
    if isinstance(number, (complex, str, bytes)):
        raise TypeError
    if getattr(number, "size", None) == 1 and hasattr(number, "dtype"):
        item = number.item()
        return as_float(item) if isinstance(item, (float, int, complex)) else float(item)
    # Decimal and Fraction are numbers; a node that offers float(node) is not one.
    if type(number).__module__ in ("decimal", "fractions"):
        return float(number)
    raise TypeError


def decode(data):
    """The inverse, for numbers that come from the harness; whole numbers and truth values stay."""
    return float.fromhex(data) if isinstance(data, str) else data


# --------------------------------------------------------------------------------------------------
# Spellings
# --------------------------------------------------------------------------------------------------

CLASS_NAMES = ("Value", "Scalar", "Tensor", "Variable", "Node", "Num", "Val", "Var")
VALUE_NAMES = ("data", "value", "val", "v", "_value", "_data", "_val", "x", "num", "number", "item",
               "get_value", "get_data", "numpy")  # fmt: skip
GRADIENT_NAMES = (
    "grad", "gradient", "_grad", "_gradient", "grad_value", "g", "dv", "d", "derivative",
    "adjoint", "bar", "deriv", "get_grad",
)  # fmt: skip
ENTRY_NAMES = ("backward", "backprop", "backwards", "run_backpropagation", "backpropagate",
               "back_propagate", "back_prop", "backward_pass", "run_backward", "full_backward",
               "start_backward", "compute_gradients", "compute_grad", "compute_grads",
               "calculate_gradients", "calc_grad", "get_gradients", "gradients", "autodiff",
               "differentiate", "derive", "propagate", "grad", "gradient")  # fmt: skip
NEVER_CALLED = re.compile(
    r"zero|reset|clear|draw|plot|print|show|dump|save|load|exit|quit|step|train|fit|test|main|demo"
)
ALIASES = {
    "add": ("add", "plus"),
    "sub": ("sub", "subtract", "minus"),
    "mul": ("mul", "multiply", "times", "mult"),
    "div": ("div", "truediv", "divide"),
    "neg": ("neg", "negate", "negative", "minus"),
    "pow": ("pow", "power"),
    "relu": ("relu", "rectify", "rectifier"),
    "tanh": ("tanh", "hyperbolictangent", "hypertan", "hyptan"),
    "exp": ("exp", "exponential", "exponent"),
    "log": ("log", "ln", "logarithm", "naturallog", "loge"),
    "sigmoid": ("sigmoid", "sigm", "sig", "logistic", "sigma"),
    "sqrt": ("sqrt", "squareroot"),
    "abs": ("abs", "absolute", "absolutevalue", "fabs"),
    "sin": ("sin", "sine"),
    "cos": ("cos", "cosine"),
    "max": ("max", "maximum"),
    "min": ("min", "minimum"),
}
INFIX = {
    "add": ("__add__", operator.add, operator.iadd),
    "sub": ("__sub__", operator.sub, operator.isub),
    "mul": ("__mul__", operator.mul, operator.imul),
    "div": ("__truediv__", operator.truediv, operator.itruediv),
    "pow": ("__pow__", operator.pow, operator.ipow),
    "neg": ("__neg__", operator.neg, None),
    "abs": ("__abs__", abs, None),
}


def plain(name):
    """A name without case and underscores: ``__exp__``, ``_exp`` and ``Exp`` are one spelling."""
    return name.replace("_", "").lower()


def has_operator(cls, dunder):
    """Whether the class has the operator itself, not from ``object``, ``float`` or ``type``."""
    return any(dunder in vars(base) for base in cls.__mro__ if base.__module__ != "builtins")


# --------------------------------------------------------------------------------------------------
# Adapter: what is a node here, and how is it used?
# --------------------------------------------------------------------------------------------------


class Adapter:
    """How one engine is spelled.

    ``make(number)`` is a new leaf; ``value(node)`` and ``gradient(node)`` read whatever is there;
    ``enter(output)`` runs the backward pass, and returns a lookup where gradients are returned
    rather than stored; ``ops`` maps an operation to a callable; ``guess`` says all of it in words.
    """

    def __init__(self, cls):
        self.cls = cls
        self.make = self.value = self.gradient = self.enter = None
        self.value_name = self.value_slot = self.gradient_name = None
        self.start = 0.0
        self.ops, self.inplace, self.guess, self.notes = {}, {}, {}, []

    def is_node(self, thing):
        """Whether this has a value to read in the way of this engine's nodes."""
        if isinstance(thing, self.cls):
            return True
        if isinstance(thing, (int, float, complex, str, list, tuple, dict, type(None))):
            return False
        try:
            self.value(thing)
        except Exception:  # noqa: BLE001 - the engine's own code
            return False
        return True

    def assign(self, node, number):
        """Store a value in a leaf, in the form in which the constructor stores it."""
        if self.value_slot is None:
            raise Missing("a leaf's value cannot be changed from outside")
        setattr(node, self.value_slot, getattr(self.make(number), self.value_slot))

    def clear(self, node):
        """Put the gradient back to what a new leaf has; an array must be one of the node's own."""
        if self.gradient_name is not None:
            new = self.start if self.start is None else getattr(self.make(1.0), self.gradient_name)
            setattr(node, self.gradient_name, new)


def slot_behind(read, name, leaf, other):
    """The attribute that holds what is read: set in one leaf as in another, it reads the same.

    Reading may go through a property or a method; writing must go to what lies behind.
    """
    slots = [slot for cls in type(leaf).__mro__ for slot in getattr(cls, "__slots__", ())]
    if same(read(leaf), read(other)):
        return None
    for candidate in dict.fromkeys([name, *getattr(leaf, "__dict__", ()), *slots]):
        try:
            before, new = getattr(leaf, candidate), getattr(other, candidate)
            if callable(before):
                continue
            setattr(leaf, candidate, new)
            if same(read(leaf), read(other)):
                return candidate
            setattr(leaf, candidate, before)
        except Exception:  # noqa: BLE001, S112 - the engine's own code
            continue
    return None


def reader(name):
    """Reads an attribute, and calls it where it is a method."""

    def read(node):
        found = getattr(node, name)
        return found() if callable(found) else found

    return read


def constructors(cls, allow_flags):
    """Ways to wrap a number, the commonest first: (in words, callable)."""
    name = cls.__name__
    try:
        signature = list(inspect.signature(cls).parameters.values())
    except (ValueError, TypeError):
        signature = []
    flags = {
        p.name: True
        for p in signature
        if p.default is False and re.search(r"grad|track|train|differ|diff", p.name)
    }
    if flags and allow_flags:
        words = ", ".join("%s=True" % flag for flag in flags)
        yield "%s(x, %s)" % (name, words), lambda x: cls(x, **flags)
    yield "%s(x)" % name, cls
    required = [
        p
        for p in signature
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    keywords = [p for p in signature if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    for p in keywords:
        if plain(p.name) in ("data", "value", "val", "x"):
            yield "%s(%s=x)" % (name, p.name), lambda x, key=p.name: cls(**{key: x})
    for p in signature:
        if p.name in VALUE_NAMES and p is not signature[0]:
            blanks = {q.name: blank(q.name) for q in required if q is not p}
            words = "".join("%s=%r, " % pair for pair in blanks.items())
            yield (
                "%s(%s%s=x)" % (name, words, p.name),
                lambda x, key=p.name, rest=blanks: cls(**dict(rest, **{key: x})),
            )
    if len(required) > 1:
        blanks = [blank(p.name) for p in required[1:]]
        yield (
            "%s(x, %s)" % (name, ", ".join(map(repr, blanks))),
            lambda x: cls(x, *[blank(p.name) for p in required[1:]]),
        )
        for filler in ((), "", None, 0.0, 1):
            fill = [filler] * (len(required) - 1)
            yield (
                "%s(x, %s)" % (name, ", ".join(map(repr, fill))),
                lambda x, rest=fill: cls(x, *rest),
            )


def blank(parameter):
    """Something harmless for a constructor argument, judged by its name."""
    name = plain(parameter)
    if any(word in name for word in ("label", "name", "op", "tag")):
        return ""
    if any(word in name for word in ("child", "parent", "prev", "input", "operand", "arg", "dep")):
        return ()
    if "grad" in name:
        return 0.0
    return None


def public_first(names):
    """Names without dunders, those without an underscore first."""
    return sorted((n for n in names if not n.startswith("__")), key=lambda n: n.startswith("_"))


def find_value(first, second, numbers, wanted=None):
    """The attribute, or method without arguments, that holds the number a leaf was made of."""
    others = [n for n in public_first(dir(first)) if n not in VALUE_NAMES]
    for name in [wanted] if wanted else [*VALUE_NAMES, *others]:
        try:
            found = [getattr(node, name) for node in (first, second)]
            if callable(found[0]):
                if name not in VALUE_NAMES and not wanted:
                    continue
                found = [f() for f in found]
            if [as_float(f) for f in found] == list(numbers):
                return name
        except Exception:  # noqa: BLE001, S112 - the engine's own code, asked something new
            continue
    return None


def same(first, second):
    """Whether two things that were read are the same number, or both no number."""
    a, b = encode(first), encode(second)
    return a == b


class Namespace:
    """The engine's definitions: the modules it is made of, and their names in order."""

    def __init__(self, modules, files=()):
        self.modules = list(modules)
        self.files = set(files)
        self.names = {}
        for module in self.modules:
            for name, thing in list(vars(module).items()):
                self.names[name] = thing

    def is_own(self, thing):
        """Whether it was defined here, not imported from elsewhere."""
        # Of the same package is enough: compiled modules are not always found by walking.
        module = getattr(thing, "__module__", None) or ""
        return module.partition(".")[0] in {m.__name__.partition(".")[0] for m in self.modules}

    def classes(self, things=None):
        """Classes that are defined here and might be nodes, best first; ``things``: of these."""
        things = self.names.values() if things is None else things
        types_ = [t for t in things if isinstance(t, type) and self.is_own(t)]
        found = list(dict.fromkeys(t for t in types_ if not issubclass(t, BaseException)))
        order = {id(c): i for i, c in enumerate(found)}
        return sorted(
            (c for c in found if self.rank(c)[0]),
            key=lambda c: (self.rank(c), order[id(c)]),
            reverse=True,
        )

    def rank(self, cls):
        operators = sum(
            has_operator(cls, d)
            for d in ("__add__", "__mul__", "__radd__", "__rmul__", "__sub__", "__pow__")
        )
        attributes = {plain(n) for n in dir(cls)}
        methods = sum(plain(n) in attributes for n in ENTRY_NAMES[:10])
        if not operators and not methods and not self.functional():
            return (0, 0, 0, 0)
        known = (
            len(CLASS_NAMES) - CLASS_NAMES.index(cls.__name__) if cls.__name__ in CLASS_NAMES else 0
        )
        base = -sum(
            issubclass(cls, c)
            for c in self.names.values()
            if isinstance(c, type) and self.is_own(c)
        )
        return (operators + bool(methods) + 1, methods, known, base)

    def functional(self):
        """Whether addition or multiplication is a function of this file."""
        return any(self.functions(op) for op in ("add", "mul"))

    def functions(self, op):
        """Callables of the engine's own that are spelled like an operation."""
        return [
            (name, thing)
            for name, thing in self.names.items()
            if plain(name) in ALIASES[op] and callable(thing) and self.is_own(thing)
        ]


def probe(space, wanted=None, overrides=None):
    """Find the class that behaves like a node and how it is used.

    Raises:
        Unusable: when nothing here behaves like a number that can be added or multiplied.
    """
    overrides = dict(overrides or {})
    if "source" in overrides:
        return written(space, wanted, overrides, overrides.pop("source"))
    wanted = overrides.get("class", wanted)
    if wanted is not None and not isinstance(wanted, type):
        thing = space.names.get(wanted)
        if not isinstance(thing, type):
            raise Unusable(
                "no engine",
                "there is no class %r here; classes: %s"
                % (wanted, ", ".join(c.__name__ for c in space.classes()) or "none"),
            )
        wanted = thing
    best, problems = None, []
    for cls in [wanted] if wanted else space.classes():
        try:
            adapter, score = adapt(cls, space, overrides)
        except Unusable as problem:
            problems.append(problem)
            continue
        if best is None or score > best[1]:
            best = adapter, score
        if score >= FULL_SCORE:
            break
    if best is not None:
        adapter = best[0]
        if not wanted:
            adapter.notes += ["%s was not judged" % words for words in rivals(space, adapter.cls)]
        return adapter
    if problems:
        raise problems[0]
    raise Unusable(
        "no engine",
        "no class here behaves like a number with a gradient: "
        "expected one with + and *, such as Value(2.0)",
    )


def rivals(space, cls):
    """Other classes with operators and a backward pass, in words, each with how to judge it."""
    things = {id(t): t for module in space.modules for t in list(vars(module).values())}
    for other in space.classes(things.values()):
        operators = any(has_operator(other, dunder) for dunder in ("__add__", "__mul__"))
        if not operators or not space.rank(other)[1] or related(cls, other):
            continue
        name = other.__name__
        if space.names.get(name) is other:
            yield "class %s, an engine too (--class %s)," % (name, name)
        else:
            yield "class %s of %s, an engine too," % (name, other.__module__)


def related(first, second):
    """Whether two classes are one engine's: one is the base of the other, or they share ``+``."""
    shared = set(first.__mro__) & set(second.__mro__)
    return any(base in (first, second) or has_operator(base, "__add__") for base in shared)


def written(space, wanted, overrides, source):
    """An adapter with the parts that a class ``Adapter`` of the user's has; the rest is guessed.

    Its methods: ``leaf(number)``, ``value(node)``, ``gradient(node)``, ``backward(output)``,
    ``assign(leaf, number)``, ``clear(node)``, and one for each operation by its name.  The engine's
    own names are at hand in its file.
    """
    names = dict(space.names)
    try:
        exec(compile(source, "<adapter>", "exec"), names)  # noqa: S102 - whoever checks wrote it
        own = names["Adapter"]()
    except Exception as error:  # noqa: BLE001 - the user's code
        raise Unusable(
            "override",
            "the adapter cannot be used: %s: %s" % (type(error).__name__, text_of(error)),
            line_of(error, {"<adapter>"})[0],
        ) from None
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable:
        if not (hasattr(own, "leaf") and hasattr(own, "value")):
            raise
        adapter = Adapter(type(own.leaf(1.0)))
        adapter.guess["class"] = adapter.cls.__name__
        adapter.make, adapter.value = own.leaf, own.value
        find_operations(adapter, space, overrides)
    parts = {
        "leaf": "make",
        "value": "value",
        "gradient": "gradient",
        "backward": "enter",
        "assign": "assign",
        "clear": "clear",
    }
    for name, part in parts.items():
        if hasattr(own, name):
            setattr(adapter, part, getattr(own, name))
            adapter.guess[name] = "by your adapter"
    for op in [*ALIASES, "sum"]:
        if hasattr(own, op):
            adapter.ops[op] = getattr(own, op)
            adapter.guess[op] = "by your adapter"
    adapter.notes = [
        n for n in adapter.notes if adapter.enter is None or "no backward pass" not in n
    ]
    return adapter


def adapt(cls, space, overrides):
    """The adapter of one class and how well it works: leaves that get a gradient."""
    best = None
    for flags in (False, True):
        adapter = Adapter(cls)
        find_constructor(adapter, space, overrides, flags)
        find_operations(adapter, space, overrides)
        score = find_backward(adapter, space, overrides)
        if best is None or score > best[1]:
            best = adapter, score
        if score >= FULL_SCORE:
            break
    return best


def find_constructor(adapter, space, overrides, flags):
    numbers, error = (1.4375, -0.71875), None
    ways = constructors(adapter.cls, flags)
    if "leaf" in overrides:
        ways = [(overrides["leaf"], leaf_by(overrides["leaf"], space))]
    for words, make in ways:
        try:
            pair = [ALARM.call(PROBE_SECONDS, make, x) for x in numbers]
        except OutOfTime:
            raise Unusable("endless", "%s does not come back" % words) from None
        except Exception as problem:  # noqa: BLE001 - the engine's own code
            error = error or (words, problem)
            continue
        name = find_value(pair[0], pair[1], numbers, overrides.get("value"))
        if name is None:
            continue
        adapter.make, adapter.value, adapter.value_name = make, reader(name), name
        adapter.value_slot = slot_behind(adapter.value, name, make(0.25), make(0.5))
        adapter.guess.update({"class": adapter.cls.__name__, "leaf": words, "value": name})
        return
    name = adapter.cls.__name__
    if error is not None:
        words, problem = error
        raise Unusable(
            "construct",
            "%s raises %s: %s"
            % (words.replace("(x", "(1.4375"), type(problem).__name__, text_of(problem)),
            line_of(problem, space.files)[0],
        )
    if "value" in overrides:
        raise Unusable(
            "override",
            "value = %r: no attribute or method of that name holds the 1.4375 of %s(1.4375)"
            % (overrides["value"], name),
        )
    raise Unusable(
        "no engine",
        "%s(1.4375) holds its number in no attribute that could be found "
        "(tried %s)" % (name, ", ".join(VALUE_NAMES)),
    )


def leaf_by(expression, space):
    """The constructor that an override spells, such as ``Value(x, requires_grad=True)``."""
    try:
        code = compile(expression, "<leaf>", "eval")
    except SyntaxError as error:
        raise Unusable(
            "override", "leaf = %r is not an expression of x: %s" % (expression, error.msg)
        ) from None
    return lambda x: eval(code, dict(space.names, x=x))  # noqa: S307 - whoever checks wrote it


def find_operations(adapter, space, overrides):
    """Resolve each operation once: operator, method, function or class."""
    by_plain = {}
    for name in dir(adapter.cls):
        by_plain.setdefault(plain(name), []).append(name)
    for op, aliases in ALIASES.items():
        options = []
        if op in INFIX:
            dunder, call, inplace = INFIX[op]
            if has_operator(adapter.cls, dunder):
                options.append(("%s" % dunder, call))
            if inplace is not None:
                adapter.inplace[op] = inplace
        for alias in aliases:
            options += [
                (".%s()" % name, method_caller(name))
                for name in sorted(by_plain.get(alias, ()), key=len)
                if callable(getattr(adapter.cls, name, None)) and name != dunder_of(op)
            ]
        for name, thing in space.functions(op):
            options.extend(function_callers(name, thing, adapter.cls))
        if op in overrides:
            options = [(overrides[op], named_caller(op, overrides[op], adapter, space))]
        chosen = choose(adapter, op, options) if len(options) > 1 else next(iter(options), None)
        if chosen is not None:
            adapter.ops[op] = chosen[1]
            adapter.guess[op] = chosen[0]
        elif op in INFIX:  # let Python say it itself: "unsupported operand type(s)"
            adapter.ops[op] = INFIX[op][1]
    adapter.ops["sum"] = sum_of


def dunder_of(op):
    return INFIX[op][0] if op in INFIX else None


def method_caller(name):
    def call(first, *rest):
        if type(first) in (int, float, bool):
            raise Missing("a number has no .%s()" % name)
        return getattr(first, name)(*rest)

    return call


def named_caller(op, words, adapter, space):
    """The callable that an override names: ``.method`` or a function of the engine's file."""
    name = words.strip(".()")
    if words.startswith("."):
        if not callable(getattr(adapter.make(1.25), name, None)):
            raise Unusable("override", "%s = %r: a node has no such method" % (op, words))
        return method_caller(name)
    if not callable(space.names.get(name)):
        raise Unusable(
            "override",
            "%s = %r: the engine has no such function; a method is written .name()" % (op, words),
        )
    return space.names[name]


def function_callers(name, thing, cls):
    """A function, a class that is a node itself, an operation object, or ``Op.apply``."""
    if not isinstance(thing, type):
        return [("%s()" % name, thing)]
    options = []
    if callable(getattr(thing, "apply", None)):
        options.append(("%s.apply()" % name, thing.apply))
    if issubclass(thing, cls):
        options.append(("%s()" % name, thing))
    else:
        options.append(("%s()()" % name, fresh(thing)))
        options.append(("%s()" % name, thing))
    return options


def fresh(cls):
    """Calls a new object of a class each time: operations that keep what they saw."""

    def call(*args):
        return cls()(*args)

    return call


def choose(adapter, op, options):
    """The first spelling that gives a node; the first at all where none does."""
    two = op in ("add", "sub", "mul", "div", "pow", "max", "min")
    for option in options:
        try:
            operands = [adapter.make(0.75)] + [adapter.make(0.5)] * two
            if adapter.is_node(ALARM.call(PROBE_SECONDS, option[1], *operands)):
                return option
        except (Exception, OutOfTime):  # noqa: BLE001, S112 - a spelling that does not work
            continue
    return options[0]


def sum_of(*terms):
    return sum(list(terms))


def deep_product(adapter, leaves):
    a, b, c = leaves
    return adapter.ops["mul"](adapter.ops["mul"](a, b), c)


def deep_sum(adapter, leaves):
    a, b, c = leaves
    return adapter.ops["add"](adapter.ops["add"](a, b), c)


SHAPES = (deep_product, deep_sum)
STUCK_ENOUGH = 2
FULL_SCORE = 6  # three leaves in each of two shapes


def find_backward(adapter, space, overrides):
    """Choose the way in that gives the most leaves a gradient; 0 when none gives any."""
    best = (0, None)
    stuck = []
    for option in backward_options(adapter, space, overrides):
        if any(name in option[0] for name in stuck):
            continue  # the same function in another way
        score = 0
        for shape in SHAPES:
            try:
                score += ALARM.call(PROBE_SECONDS, try_backward, adapter, option, shape)
            except OutOfTime:
                stuck.append(re.search(r"\w+(?=\()", option[0]).group())
                break
            except Exception:  # noqa: BLE001, S112 - a way in that does not work
                continue
        if score >= FULL_SCORE or (score > best[0] and not local_rule(adapter, option[0])):
            best = score, option
        if score >= FULL_SCORE or len(stuck) == STUCK_ENOUGH:
            break
    score, option = best
    if option is None and not stuck:
        option = idle_backward(adapter, space, overrides)
    if option is not None:
        use_backward(adapter, option)
    elif stuck:
        raise Unusable("endless", "%s() does not come back, even for a*b*c" % stuck[0])
    elif "gradient" in overrides:
        raise Unusable(
            "override",
            "gradient = %r: %s" % (overrides["gradient"], why_none(adapter, overrides["gradient"])),
        )
    else:
        adapter.guess["backward"] = "none"
        adapter.notes.append("no backward pass was found: only values can be judged")
    return score


def why_none(adapter, gradient):
    """Why no gradient can be read where the user says that it is."""
    leaf = adapter.make(1.25)
    if hasattr(leaf, gradient):
        return "no backward pass that was tried changes it; name one with backward = .NAME()"
    names = [n for n in public_first(dir(leaf)) if not callable(getattr(leaf, n, None))]
    return (
        "the nodes have no such attribute or method, before or after a backward pass; "
        "attributes: %s" % ", ".join(names[:20])
    )


def idle_backward(adapter, space, overrides):
    """A method with the usual name that gives no leaf a gradient: a mistake, not a lack."""
    for option in backward_options(adapter, space, overrides):
        usual = [name for name in ENTRY_NAMES[:3] if option[0] == ".%s()" % name]
        if usual and option[1] in GRADIENT_NAMES and hasattr(adapter.cls, usual[0]):
            return option
    return None


def local_rule(adapter, words):
    """Whether a way in that reaches some leaves only is one node's own rule."""
    name = re.search(r"\w+(?=\()", words)
    return (
        name is not None
        and (name.group().startswith("_") or not hasattr(adapter.cls, name.group()))
        and "." in words
    )


def use_backward(adapter, option):
    words, gradient, enter = option
    adapter.enter, adapter.gradient_name = enter, None
    adapter.guess["backward"] = words
    if gradient is None:
        adapter.guess["gradient"] = "returned"
        adapter.gradient = lambda node: None
        return
    adapter.gradient = reader(gradient)
    adapter.guess["gradient"] = gradient
    leaf = adapter.make(1.0)
    swept = sweep(adapter)
    if swept is not None:
        adapter.gradient_name = slot_behind(adapter.gradient, gradient, swept[0], leaf)
        if adapter.gradient_name is not None:
            adapter.start = getattr(adapter.make(1.0), adapter.gradient_name)


def sweep(adapter):
    """A leaf with a gradient, and the output it is of; None where a backward pass fails."""
    leaves = [adapter.make(x) for x in (1.25, 1.5, 1.75)]
    try:
        output = deep_product(adapter, leaves)
        ALARM.call(PROBE_SECONDS, adapter.enter, output)
    except (Exception, OutOfTime):  # noqa: BLE001 - the engine's own code
        return None
    return leaves[0], output


def try_backward(adapter, option, shape):
    """How many of three leaves get a gradient that a new leaf does not have."""
    _, gradient, enter = option
    leaves = [adapter.make(x) for x in (1.25, 1.5, 1.75)]
    output = shape(adapter, leaves)
    before = None
    if gradient is not None:
        try:
            before = reader(gradient)(leaves[0])
        except Exception:  # noqa: BLE001 - there may be none before the backward pass
            before = None
    lookup = enter(output)
    read = lookup or reader(gradient)
    count = 0
    for leaf in leaves:
        after = encode(read(leaf))
        if after is not None and not isinstance(after, dict) and after != encode(before or 0.0):
            count += 1
    return count


def gradient_candidates(adapter, overrides):
    """Names that might hold a gradient: on a new leaf they are 0, None, missing, or a method."""
    if "gradient" in overrides:
        return [overrides["gradient"]]
    leaf = adapter.make(1.25)
    names = []
    for name in [*GRADIENT_NAMES, *public_first(dir(leaf))]:
        if name == adapter.value_name or name in names:
            continue
        try:
            found = getattr(leaf, name)
        except Exception:  # noqa: BLE001 - a property that is not ready
            if name in GRADIENT_NAMES[:5]:
                names.append(name)
            continue
        if callable(found):
            if name in GRADIENT_NAMES and takes(found, 0):
                names.append(name)
        elif not isinstance(found, (bool, str, list, tuple, set, dict)):
            number = encode(found)
            if number is None or number in ("0x0.0p+0", "-0x0.0p+0") or name in GRADIENT_NAMES:
                names.append(name)
    return names


def takes(function, count):
    """Whether a callable can be called with so many positional arguments."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def entry_names(names):
    """Those that may start a backward pass: known names first, then what sounds like one."""
    known = [n for k in ENTRY_NAMES for n in names if plain(n) == plain(k)]
    rest = [
        n for n in names if n not in known and re.search(r"back|grad|prop|deriv|diff", n.lower())
    ]
    return [
        n
        for n in dict.fromkeys([*known, *rest])
        if not n.startswith("__") and not NEVER_CALLED.search(n.lower())
    ]


def backward_options(adapter, space, overrides):
    """(in words, attribute with the gradient or None, function of the output) by likelihood."""
    leaf = adapter.make(1.25)
    gradients = gradient_candidates(adapter, overrides)
    stored = [g for g in gradients if not callable(getattr(leaf, g, None))]
    methods = [n for n in entry_names(list(dir(leaf))) if callable(getattr(leaf, n, None))]
    functions = [
        n
        for n in entry_names(list(space.names))
        if callable(space.names[n])
        and space.is_own(space.names[n])
        and not isinstance(space.names[n], type)
    ]
    if "backward" in overrides:
        wanted = overrides["backward"]
        name = wanted.strip(".()")
        methods, functions = ([name], []) if wanted.startswith(".") else ([], [name])
        if not callable(getattr(leaf, name, None) if methods else space.names.get(name)):
            raise Unusable(
                "override",
                "backward = %r: there is no such %s"
                % (wanted, "method" if methods else "function; a method is written .name()"),
            )
    seed = overrides.get("seed")
    if seed not in (None, "none", "set", "argument"):
        raise Unusable("override", "seed = %r: one of none, set, argument" % (seed,))
    if seed in (None, "none"):
        for gradient in stored:
            for name in methods:
                yield ".%s()" % name, gradient, caller(method_caller(name))
            for name in functions:
                yield "%s(output)" % name, gradient, caller(space.names[name])
    if seed in (None, "set"):
        for gradient in stored:
            for name in methods:
                yield (
                    "output.%s = 1; .%s()" % (gradient, name),
                    gradient,
                    seeded(gradient, method_caller(name)),
                )
            for name in functions:
                yield (
                    "output.%s = 1; %s(output)" % (gradient, name),
                    gradient,
                    seeded(gradient, space.names[name]),
                )
    if seed in (None, "argument"):
        for gradient in stored:
            for name in methods:
                yield ".%s(1.0)" % name, gradient, caller(method_caller(name), 1.0)
            for name in functions:
                yield "%s(output, 1.0)" % name, gradient, caller(space.names[name], 1.0)
    for name in methods:  # gradients that are returned: a mapping, or one at a time
        yield ".%s() returns them" % name, None, returned(method_caller(name))
        yield "output.%s(node)" % name, None, asked(method_caller(name))
        yield "node.%s(output)" % name, None, asked_leaf(method_caller(name))
    for name in functions:
        yield "%s(output) returns them" % name, None, returned(space.names[name])
        yield "%s(output, node)" % name, None, asked(space.names[name])
        yield "%s(output, [node])" % name, None, asked_list(space.names[name])
    for gradient in gradients:  # a pull: the output is seeded, each node computes its own
        if gradient not in stored:
            for name in [*stored, "grad_value"]:
                yield "output.%s = 1; node.%s()" % (name, gradient), gradient, seeded(name, None)
            for name in methods:
                yield ".%s(); node.%s()" % (name, gradient), gradient, caller(method_caller(name))


def caller(function, *more):
    def enter(output):
        function(output, *more)

    return enter


def seeded(gradient, function):
    def enter(output):
        old = getattr(output, gradient, None)
        one = 1.0 if not hasattr(old, "dtype") else old * 0 + 1.0
        setattr(output, gradient, one)
        if function is not None:
            function(output)

    return enter


def returned(function):
    def enter(output):
        result = function(output)
        if not hasattr(result, "get"):
            raise TypeError("not a mapping")
        return result.get

    return enter


def asked(function):
    return lambda output: lambda node: function(output, node)


def asked_leaf(function):
    return lambda output: lambda node: function(node, output)


def asked_list(function):
    return lambda output: lambda node: function(output, [node])[0]


# --------------------------------------------------------------------------------------------------
# Running a graph
# --------------------------------------------------------------------------------------------------


def execute(adapter, space, rows, point, steps):
    """Build a graph of nodes, take the steps, read after each "read".

    Returns:
        dict: ``readings``, one a "read" step, and ``raised`` or None.  An exception ends the run;
        the readings before it stand.
    """
    readings = []
    at = ["construct", None]
    try:
        numbers = [decode(x) for x in point]
        if SYMBOLS is not None:
            numbers = SYMBOLS.begin(numbers, [row[1] for row in rows if row[0] == "leaf"])
        run_steps(adapter, rows, numbers, steps, at, readings)
    except OutOfTime as error:
        return {"readings": readings, "raised": describe(error, at, space, "timeout")}
    except MemoryError as error:
        return {"readings": readings, "raised": describe(error, at, space, "memory")}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit from an engine is its answer too
        return {"readings": readings, "raised": describe(error, at, space)}
    return {"readings": readings, "raised": None, **(SYMBOLS.recorded() if SYMBOLS else {})}


def see_symbols(source):
    """Define the floats that the harness sent, before anything of the engine is imported."""
    global SYMBOLS  # noqa: PLW0603 - one process, one engine
    SYMBOLS = types.ModuleType("symbols")
    exec(compile(source, "<symbols>", "exec"), vars(SYMBOLS))  # noqa: S102 - the harness's own
    SYMBOLS.install()


class Missing(Exception):
    """An operation that the engine does not have."""


def run_steps(adapter, rows, point, steps, at, readings):
    clutter = [cluttered(adapter, step[1]) for step in steps[:1] if step[0] == "clutter"]
    nodes = []
    numbers = iter(point)
    for index, row in enumerate(rows):
        at[1] = index
        if row[0] == "leaf":
            at[0] = "construct"
            nodes.append(adapter.make(next(numbers)))
        else:
            at[0] = "forward"
            nodes.append(apply(adapter, row, nodes))
    at[1] = None
    lookup = None
    for step in steps[len(clutter) :]:
        name = step[0]
        at[0], at[1] = "forward", None
        if name == "backward":
            at[0], at[1] = "backward", step[1] % len(nodes)
            if adapter.enter is not None:
                lookup = adapter.enter(nodes[step[1]])
        elif name == "read":
            at[0] = "read"
            readings.append(read_all(adapter, nodes, lookup, at))
        elif name == "zero":
            if adapter.gradient_name is None and adapter.guess.get("gradient") != "returned":
                raise Missing("gradients cannot be set back to 0 from outside")
            lookup = None
            for index in targets(step[1], rows):
                adapter.clear(nodes[index])
        elif name == "set":
            change(adapter, nodes[step[1]], decode(step[2]))
        elif name == "rebuild":
            lookup = None
            for index, row in enumerate(rows):
                if row[0] != "leaf":
                    at[1] = index
                    nodes[index] = apply(adapter, row, nodes)
        else:
            raise ValueError("no step %r" % (name,))
    clutter.clear()


def change(adapter, leaf, number):
    """Give a leaf another value; Missing where an engine has no way to do that."""
    try:
        adapter.assign(leaf, number)
        done = as_float(adapter.value(leaf)) == number
    except Exception:  # noqa: BLE001 - the engine's own code
        done = False
    if not done:
        raise Missing("a leaf's value cannot be changed from outside")


def cluttered(adapter, pattern):
    """Leaves with gaps between them: what is made next lies elsewhere in memory."""
    leaves = [adapter.make(0.5) for _ in range(8 + 3 * pattern)]
    return [leaf for index, leaf in enumerate(leaves) if (index * 7 + pattern) % (2 + pattern % 5)]


def targets(which, rows):
    if which == "leaves":
        return [i for i, row in enumerate(rows) if row[0] == "leaf"]
    return range(len(rows)) if which == "all" else which


def apply(adapter, row, nodes):
    op = row[0]
    args = [nodes[arg] if type(arg) is int else constant(arg) for arg in row[1:]]
    call = adapter.inplace[op[:-1]] if op[-1] == "=" else adapter.ops.get(op)
    if call is None:
        raise Missing("the engine has no %s" % op)
    try:
        return call(*args)
    except TypeError as error:
        if op.rstrip("=") == "pow" and adapter.is_node(args[1]) and NO_POWER.match(text_of(error)):
            raise Missing("an exponent is a number, not a node: %s" % text_of(error)) from error
        raise


NO_POWER = re.compile(r"unsupported operand type\(s\) for \*\* or pow\(\)|must be real number")


def constant(operand):
    number = decode(operand["const"])
    return (
        SYMBOLS.made(number, operand["name"])
        if SYMBOLS is not None and "name" in operand
        else number
    )


def read_all(adapter, nodes, lookup, at):
    values, gradients, seen, same = [], [], set(), []
    gradient = lookup or adapter.gradient
    for index, node in enumerate(nodes):
        at[1] = index
        if id(node) in seen:
            same.append(index)
        seen.add(id(node))
        if not adapter.is_node(node):
            values.append({"not": type(node).__name__[:80]} if node is None else encode(node))
            gradients.append(None)
            continue
        values.append(encode(adapter.value(node)))
        gradients.append(encode(gradient(node)) if gradient is not None else None)
    return {"values": values, "gradients": gradients, **({"same": same} if same else {})}


# --------------------------------------------------------------------------------------------------
# Networks
# --------------------------------------------------------------------------------------------------

NETWORK_NAMES = (
    "mlp", "multilayerperceptron", "perceptron", "neuralnetwork", "neuralnet", "network", "nn",
    "net", "feedforward", "feedforwardnetwork", "ann", "dnn", "fnn",
)  # fmt: skip
NEURON_NAMES = ("neuron", "perceptron", "unit")
PARAMETER_NAMES = ("parameters", "params", "_parameters", "get_parameters", "weights")
ZERO_NAMES = (
    "zero_grad", "zero_grads", "zerograd", "zero_gradients", "reset_grad", "reset_gradients",
    "clear_grad", "clear_gradients",
)  # fmt: skip
OPTIMIZER_NAMES = ("sgd", "gradientdescent", "optimizer", "optim")


class Network:
    """A network of the engine's own with its parameters, and how it is zeroed and updated."""

    def __init__(self, adapter, space, sizes):
        self.adapter, self.space = adapter, space
        self.thing, self.built, reachable = self.build(sizes)
        self.parameters = self.find_parameters()
        own = {id(p) for p in self.parameters}
        self.hidden = sum(id(leaf) not in own for leaf in reachable)
        self.about = {
            "class": type(self.thing).__name__[:80],
            "built": self.built,
            "parameters": len(self.parameters),
            "shared": len(self.parameters) - len(own),
            "hidden": self.hidden,
            "zero": "by the harness",
            "update": "by the harness",
        }

    def build(self, sizes):
        """The first class with a network's name that takes these sizes; Missing if none does."""
        classes = [
            c
            for name in (NETWORK_NAMES if len(sizes) > 1 else NEURON_NAMES)
            for c in self.space.names.values()
            if isinstance(c, type) and self.space.is_own(c) and plain(c.__name__) == name
        ]
        problem = None
        for cls in dict.fromkeys(classes):
            name = cls.__name__
            ways = (
                ("%s(%r, %r)" % (name, sizes[0], sizes[1:]), (sizes[0], sizes[1:])),
                ("%s(%r)" % (name, sizes), (sizes,)),
            )
            neuron = (("%s(%r)" % (name, sizes[0]), (sizes[0],)),)
            for words, args in ways if len(sizes) > 1 else neuron:
                try:
                    made = cls(*[list(a) if isinstance(a, list) else a for a in args])
                    leaves = leaves_of(made, self.adapter)  # before a call leaves its own there
                    self.outputs(made([self.adapter.make(0.5) for _ in range(sizes[0])]))
                except Exception as error:  # noqa: BLE001 - the engine's own code
                    problem = problem or "%s raises %s: %s" % (
                        words,
                        type(error).__name__,
                        text_of(error),
                    )
                    continue
                return made, words, leaves
        what = "network class here (looked for MLP and its like)"
        what = what if len(sizes) > 1 else "neuron class here"
        raise Missing(problem or "there is no %s" % what)

    def outputs(self, said):
        """What a call returned as a list of nodes; TypeError if it is none."""
        row = list(said) if isinstance(said, (list, tuple)) else [said]
        if not row or not all(self.adapter.is_node(node) for node in row):
            raise TypeError("a network's output is no node and no list of nodes")
        return row

    def find_parameters(self):
        for name in PARAMETER_NAMES:
            found = getattr(self.thing, name, None)
            try:
                found = found() if callable(found) else found
                return [p for p in flat(found) if self.adapter.is_node(p)]
            except Exception:  # noqa: BLE001, S112 - a name that means something else
                continue
        raise Missing("the network does not say what its parameters are")

    def zero(self):
        for name in ZERO_NAMES:
            if callable(getattr(self.thing, name, None)) and takes(getattr(self.thing, name), 0):
                self.about["zero"] = ".%s()" % name
                getattr(self.thing, name)()
                return
        for p in self.parameters:
            self.adapter.clear(p)

    def update(self, rate):
        for cls in self.space.names.values():
            if (
                isinstance(cls, type)
                and plain(cls.__name__) in OPTIMIZER_NAMES
                and self.space.is_own(cls)
            ):
                try:
                    optimizer = cls(self.parameters, rate)
                    step = optimizer.step
                except Exception:  # noqa: BLE001, S112 - another kind of optimizer
                    continue
                self.about["update"] = "%s(parameters, rate).step()" % cls.__name__
                step()
                return
        for p in self.parameters:
            gradient = self.adapter.gradient(p)
            if gradient is not None:
                self.adapter.assign(p, as_float(self.adapter.value(p)) - rate * as_float(gradient))

    def state(self, outputs, loss):
        value, gradient = self.adapter.value, self.adapter.gradient
        return {
            "outputs": [encode(value(node)) for node in outputs],
            "loss": encode(value(loss)) if loss is not None else None,
            "data": [encode(value(p)) for p in self.parameters],
            "gradients": [encode(gradient(p)) for p in self.parameters],
        }


def flat(found):
    """The leaves of nested lists, tuples, sets and mappings."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, (list, tuple, set, frozenset)) or hasattr(found, "__next__"):
        return [leaf for part in found for leaf in flat(part)]
    return [found]


def leaves_of(thing, adapter):
    """Nodes that are reached from a network through attributes and containers of its own."""
    found, seen, stack = [], set(), [thing]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, adapter.cls):
            found.append(part)
        elif isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, (list, tuple, set, frozenset)):
            stack.extend(part)
        elif hasattr(part, "__dict__") and not isinstance(
            part, (type, types.ModuleType, types.FunctionType)
        ):
            stack.extend(vars(part).values())
    return found


def execute_network(adapter, space, request):
    """Build a network of the given sizes and take the steps; see ``docs/protocol.md``."""
    readings, at, about = [], ["construct", None], {}
    try:
        network = Network(adapter, space, request["network"])
        about = network.about
        run_network(network, request["steps"], at, readings)
    except OutOfTime as error:
        return {
            "about": about,
            "readings": readings,
            "raised": describe(error, at, space, "timeout"),
        }
    except MemoryError as error:
        return {
            "about": about,
            "readings": readings,
            "raised": describe(error, at, space, "memory"),
        }
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the engine's own code
        return {"about": about, "readings": readings, "raised": describe(error, at, space)}
    return {"about": about, "readings": readings, "raised": None}


def run_network(network, steps, at, readings):
    adapter, outputs, loss = network.adapter, [], None
    if adapter.enter is None or adapter.gradient_name is None:
        raise Missing("gradients are not stored in the parameters")
    add, mul, make = adapter.ops["add"], adapter.ops["mul"], adapter.make
    for step in steps:
        name = step[0]
        if name == "set":
            at[0] = "construct"
            for p, number in zip(network.parameters, step[1]):
                adapter.assign(p, decode(number))
        elif name == "forward":
            at[0] = "forward"
            outputs = network.outputs(network.thing([make(decode(x)) for x in step[1]]))
            loss = outputs[0]
            if step[2] is not None:  # squared differences, added up
                errors = [add(o, make(-decode(t))) for o, t in zip(outputs, step[2])]
                squares = [mul(e, e) for e in errors]
                loss = squares[0]
                for square in squares[1:]:
                    loss = add(loss, square)
        elif name == "backward":
            at[0] = "backward"
            adapter.enter(loss)
        elif name == "zero":
            network.zero()
        elif name == "update":
            network.update(decode(step[1]))
        elif name == "read":
            at[0] = "read"
            readings.append(network.state(outputs, loss))
        else:
            raise ValueError("no step %r" % (name,))


# --------------------------------------------------------------------------------------------------
# What a graph costs
# --------------------------------------------------------------------------------------------------


def straight_line(adapter, rows):
    """The graph as a compiled function of its inputs, written as a user would write it."""
    space, body, leaves = {"make": adapter.make, "enter": adapter.enter}, [], 0
    for index, row in enumerate(rows):
        op = row[0].rstrip("=")
        if op == "leaf":
            body.append("n%d = make(numbers[%d])" % (index, leaves))
            leaves += 1
            continue
        args = [
            "n%d" % arg if type(arg) is int else "(%r)" % decode(arg["const"]) for arg in row[1:]
        ]
        symbol = SYMBOL.get(op)
        if symbol is not None and adapter.ops[op] is INFIX[op][1]:
            body.append("n%d = %s" % (index, (" %s " % symbol).join(args)))
            continue
        space["op_" + op] = adapter.ops[op]
        body.append("n%d = op_%s(%s)" % (index, op, ", ".join(args)))
    if adapter.enter is not None:
        body.append("enter(n%d)" % (len(rows) - 1))
    text = "def program(numbers):\n    " + "\n    ".join(body)
    exec(compile(text, "<graph>", "exec"), space)  # noqa: S102 - written above
    return space["program"]


SYMBOL = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}


def measure(adapter, rows, point, batches, runs):
    """Seconds that each batch of so many runs took, and the bytes of one run at its peak.

    A run builds the graph, goes backward and lets go of it.  Garbage collection stays as the
    interpreter has it, and is caught up with before each batch.
    """
    import gc
    import tracemalloc

    program, numbers, seconds = straight_line(adapter, rows), [decode(x) for x in point], []
    tracemalloc.start()
    program(numbers)  # to warm up, too
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    for _ in range(batches):
        gc.collect()
        begun = time.perf_counter()
        for _ in range(runs):
            program(numbers)
        seconds.append(time.perf_counter() - begun)
    return {"seconds": seconds, "bytes": size}


# --------------------------------------------------------------------------------------------------
# Exceptions as data
# --------------------------------------------------------------------------------------------------


def text_of(error):
    """The message of an exception, whatever its ``__str__`` does; short and printable as JSON."""
    try:
        return str(error)[:500]
    except BaseException:  # noqa: BLE001 - the engine's own code
        return "(its message cannot be read)"


def trace(error):
    """(file, line) of each frame, outermost first; an endless recursion stays bounded."""
    frames, step = [], error.__traceback__
    while step is not None and len(frames) < 20000:
        frames.append((step.tb_frame.f_code.co_filename, step.tb_lineno))
        step = step.tb_next
    return frames


def line_of(error, files):
    """(line, file) of the innermost frame in the engine's own files, or of what does not end."""
    if isinstance(error, SyntaxError):
        return error.lineno, error.filename
    own = [frame for frame in trace(error) if frame[0] in files]
    if not own:
        return None, None
    file, line = endless(own) if isinstance(error, OutOfTime) else own[-1]
    return line, file


def endless(frames):
    """(file, line) of the outermost loop in which time ran out; of the function, where none is.

    On which line the alarm rings is up to chance.
    """
    starts = []
    for file, line in frames:
        around = sorted(
            (n for n in ast.walk(parsed(file))
             if isinstance(n, FUNCTIONS + LOOPS) and n.lineno <= line <= n.end_lineno),
            key=lambda n: n.lineno,
        )  # fmt: skip
        inside = [i for i, n in enumerate(around) if isinstance(n, FUNCTIONS)]
        loops = around[inside[-1] + 1 :] if inside else around
        if loops:
            return file, loops[0].lineno
        starts.append((file, around[inside[-1]].lineno if inside else line))
    return starts[0]


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LOOPS = (ast.For, ast.AsyncFor, ast.While)


def describe(error, at, space, kind=None):
    line, file = line_of(error, space.files)
    message = text_of(error)
    if file is not None and file.startswith("<cell"):
        message = ("%s [%s]" % (message, file.strip("<>"))).strip()
    return {
        "type": kind
        or ("AttributeError" if isinstance(error, Missing) else type(error).__name__[:80]),
        "message": message,
        "during": at[0],
        "node": at[1],
        "line": line,
        "refused": kind is None and is_refusal(error, space),
    }


def is_refusal(error, space):
    """Whether the engine said itself that it does not support this; it did not trip over it."""
    if isinstance(error, (Missing, NotImplementedError)):
        return True
    frames = trace(error)
    file, line = frames[-1] if frames else (None, None)
    if file in (__file__, execute.__code__.co_filename):
        return (
            isinstance(error, TypeError)
            and re.match(
                r"unsupported operand type|bad operand type|.*incompatible function arguments",
                text_of(error),
            )
            is not None
        )
    return file in space.files and line in lines_with(file, ast.Raise, ast.Assert)


LINES = {}


def lines_with(file, *kinds):
    """Lines of a file that lie inside a statement of these kinds."""
    if (file, kinds) not in LINES:
        lines = set()
        for node in ast.walk(parsed(file)):
            if isinstance(node, kinds):
                for part in node.body if isinstance(node, ast.Try) else [node]:
                    lines.update(range(part.lineno, part.end_lineno + 1))
        LINES[file, kinds] = lines
    return LINES[file, kinds]


def parsed(file):
    """The syntax tree of a file, empty where it has none."""
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])


# --------------------------------------------------------------------------------------------------
# Modules that are not there
# --------------------------------------------------------------------------------------------------


class Absent:
    """Stands for anything from a module that is not available; using it for real is an error.

    It can be imported, subclassed and used as a decorator, so that an engine that mentions a
    plotting library and does not need it still loads.
    """

    def __init__(self, name="?"):
        object.__setattr__(self, "_absent", name)

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Absent("%s.%s" % (object.__getattribute__(self, "_absent"), name))

    def __mro_entries__(self, bases):
        return (object,)

    def __instancecheck__(self, _):
        return False

    def __call__(self, *args, **_):
        if len(args) == 1 and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # used as a decorator
        name = object.__getattribute__(self, "_absent")
        raise ImportError(
            "%s is needed, and %s is not available here" % (name, name.partition(".")[0])
        )

    def __getitem__(self, _):
        return self

    def __or__(self, _):
        return self

    __ror__ = __or__


class AbsentFinder:
    """Finds every module that nobody else finds, empty; remembers which."""

    def __init__(self):
        self.names = []

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in STANDARD or top.startswith("_") or (path is not None and top not in self.names):
            return None
        if self.expected():
            return None
        if top not in self.names:
            self.names.append(top)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    @staticmethod
    def expected():
        """Whether the import stands in a ``try``: the engine knows what to do without it."""
        frame = sys._getframe(2)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        return frame is not None and frame.f_lineno in lines_with(frame.f_code.co_filename, ast.Try)

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = Absent(spec.name).__getattr__
        module.__path__ = []
        module.__all__ = []
        return module

    def exec_module(self, module):
        pass


STANDARD = set(getattr(sys, "stdlib_module_names", ())) | set(sys.builtin_module_names)


class OfferedFinder:
    """Finds those installed packages that are offered to the engine, and no others."""

    def __init__(self, names, path):
        self.names, self.path = set(names), list(path)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.names:
            return None
        return importlib.machinery.PathFinder.find_spec(
            name, self.path if path is None else path, target
        )


# --------------------------------------------------------------------------------------------------
# Loading: files, notebooks, packages, modules
# --------------------------------------------------------------------------------------------------

IMPORT_SECONDS = 2.0
STATEMENT_SECONDS = 0.5


def load(request):
    """The engine that a request names.

    Returns:
        tuple: its namespace and its adapter.

    Raises:
        Unusable: with the kind, one sentence, and the line.
    """
    kind, target = request["kind"], request["target"]
    overrides = request.get("overrides") or {}
    loader = {
        "file": load_file,
        "notebook": load_notebook,
        "package": load_package,
        "module": load_module,
    }[kind]
    more = [request.get("named") or target] if kind == "package" else []
    return loader(target, request.get("class"), overrides, *more)


def read_source(path):
    """The text of a Python file as Python itself would decode it."""
    with open(path, "rb") as file:
        raw = file.read()
    try:
        encoding, _ = tokenize.detect_encoding(iter(raw.splitlines(keepends=True)).__next__)
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unusable(
            "syntax",
            "the file is not %s text: byte 0x%02x" % (error.encoding, raw[error.start]),
            line,
        ) from None
    except SyntaxError as error:
        raise Unusable(
            "syntax", "the file cannot be decoded: %s" % error.msg, error.lineno or 1
        ) from None


def parse(source, name):
    try:
        return ast.parse(source, name)
    except SyntaxError as error:
        raise Unusable(
            "syntax", "%s: %s" % (type(error).__name__, error.msg), error.lineno
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unusable("syntax", "the file cannot be parsed: %s" % text_of(error)) from None


def new_module(name, file):
    module = types.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    return module


def load_file(path, wanted, overrides):
    """Run the file as an import would; where that fails or does not end, its definitions only."""
    source = read_source(path)
    tree = parse(source, path)
    name = re.sub(r"\W", "_", os.path.splitext(os.path.basename(path))[0]) or "engine"
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    problem, notes = None, []
    module = new_module(name, path)
    try:
        ALARM.call(IMPORT_SECONDS, exec, compile(tree, path, "exec"), vars(module))
        space = Namespace(
            [*own_imports(module, os.path.dirname(path)), module], [path, *sibling_files(path)]
        )
    except BaseException as error:  # noqa: BLE001 - includes SystemExit and OutOfTime
        problem = error
        line = line_of(error, {path})[0]
        what = (
            "does not end"
            if isinstance(error, OutOfTime)
            else "raises %s: %s" % (type(error).__name__, text_of(error))
        )
        module = new_module(name, path)
        skipped = run_definitions([(path, tree)], module)
        space = Namespace(
            [*own_imports(module, os.path.dirname(path)), module], [path, *sibling_files(path)]
        )
        notes = [
            "running the file %s (line %s); only its definitions were used" % (what, line),
            *skipped,
        ]
        if not space.classes():
            kind = "endless" if isinstance(problem, OutOfTime) else "import"
            raise imported([tree], space) or Unusable(
                kind, "importing the file %s" % what, line
            ) from None
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable as no_engine:
        raise imported([tree], space) or no_engine from None
    adapter.notes += notes
    return space, adapter


def imported(trees, space):
    """What to say of a file that has no engine and imports one; None for any other."""
    if space.classes():
        return None
    for statement in (s for tree in trees for s in outer_statements(tree)):
        if isinstance(statement, ast.ImportFrom) and not statement.level:
            for alias in statement.names:
                if alias.name in CLASS_NAMES:
                    where = statement.module, alias.name
                    return Unusable(
                        "elsewhere",
                        "it defines no engine; it imports one from %s, class %s, "
                        "which is judged by: verify check %s:%s" % (where + where),
                    )
    return None


def sibling_files(path):
    folder = os.path.dirname(os.path.abspath(path))
    return [
        m.__file__
        for m in list(sys.modules.values())
        if isinstance(getattr(m, "__file__", None), str)
        and os.path.dirname(m.__file__).startswith(folder)
    ]


def own_imports(module, folder):
    """Modules that lie beside the file and that it imported: the engine may be defined there."""
    inside = os.path.abspath(folder) + os.sep
    found = []
    for other in list(sys.modules.values()):
        if other is module or other.__name__ == "__main__":
            continue
        file = getattr(other, "__file__", None)
        if isinstance(file, str) and os.path.abspath(file).startswith(inside):
            found.append(other)
    return found


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def run_definitions(trees, module):
    """Execute the statements that define things: imports, functions, classes, what they refer to.

    Training loops, plots and calls are left out by their syntax.  A plain assignment is kept when
    it only names something, when it puts a method into a class, or when a function or a class
    refers to the name.
    """
    needed = set()
    for _, tree in trees:
        for statement in tree.body:
            if isinstance(statement, DEFINITIONS[:3]):
                needed |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    notes, demonstrated = [], set()
    for name, tree in trees:
        for statement in tree.body:
            if not defines(statement, needed):
                demonstrated |= names_bound(statement)
                continue
            block = ast.Module(body=[statement], type_ignores=[])
            try:
                ALARM.call(STATEMENT_SECONDS, exec, compile(block, name, "exec"), vars(module))
            except BaseException as error:  # noqa: BLE001 - the engine's own code
                missing = re.match("name '(\\w+)' is not defined", text_of(error))
                bound = names_bound(statement)
                if missing and missing.group(1) in demonstrated and bound and not bound & needed:
                    demonstrated |= bound  # of what was left out on purpose: nobody's mistake
                    continue
                notes.append(
                    "line %d of %s was left out: %s: %s"
                    % (statement.lineno, name.strip("<>"), type(error).__name__, text_of(error))
                )
    return notes


def defines(statement, needed):
    if isinstance(statement, DEFINITIONS):
        return True
    if isinstance(statement, ast.Try):
        return all(defines(s, needed) for s in statement.body)
    if isinstance(statement, ast.If):
        return "__name__" not in {
            n.id for n in ast.walk(statement.test) if isinstance(n, ast.Name)
        } and all(defines(s, needed) for s in [*statement.body, *statement.orelse])
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets_ = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        value = statement.value
        if value is None:
            return True
        quiet = not any(isinstance(n, (ast.Call, ast.Await)) for n in ast.walk(value))
        if isinstance(value, ast.Lambda):
            quiet = True
        names = {n.id for t in targets_ for n in ast.walk(t) if isinstance(n, ast.Name)}
        attribute = any(isinstance(t, ast.Attribute) for t in targets_)
        return (
            quiet and (not attribute or isinstance(value, (ast.Name, ast.Lambda, ast.Attribute)))
        ) or bool(names & needed and not attribute)
    return False


MAGIC = re.compile(r"^(\s*)([%!?].*|[\w, ]+=\s*[%!].*|.*\?\s*)$")
CELL_MAGIC_KEPT = ("%%time", "%%timeit", "%%capture", "%%prun")


def notebook_cells(path):
    """(cell number, source) of the code cells."""
    try:
        with open(path, "rb") as file:
            text = file.read()
        if not text.strip():
            raise Unusable("notebook", "this is no notebook: the file is empty")
        document = json.loads(text.decode("utf-8"))
        sheets = document.get("worksheets") or [document]
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
        code = []
        for number, cell in enumerate(cells, 1):
            if cell.get("cell_type") == "code":
                source = cell.get("source", cell.get("input", ""))
                code.append((number, source if isinstance(source, str) else "".join(source)))
    except (ValueError, RecursionError) as error:
        raise Unusable(
            "notebook", "this is no notebook: it is not valid JSON: %s" % text_of(error)
        ) from None
    except (KeyError, TypeError, AttributeError):
        raise Unusable("notebook", "this is no notebook: it is JSON without its cells") from None
    return code


def without_magics(source):
    """The cell as plain Python, line for line; (name, text) when it writes a file, None to skip."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        words = lines[first].split()
        if words[0] in ("%%writefile", "%%file") and len(words) > 1:
            return words[-1], "\n".join(["" for _ in lines[: first + 1]] + lines[first + 1 :])
        if words[0] not in CELL_MAGIC_KEPT:
            return None, None
        lines[first] = ""
    return None, "\n".join(MAGIC.sub(r"\1pass", line) if magic(line) else line for line in lines)


def magic(line):
    return MAGIC.match(line) is not None and not line.strip().startswith(("#", "%s" % "'"))


class WrittenFinder:
    """Modules that a notebook writes with ``%%writefile``."""

    def __init__(self):
        self.sources = {}

    def find_spec(self, name, path=None, target=None):
        if name not in self.sources:
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        file, source = self.sources[module.__name__]
        module.__file__ = file
        run_definitions([(file, ast.parse(source, file))], module)


def load_notebook(path, wanted, overrides):
    trees, problems, written = [], [], WrittenFinder()
    sys.meta_path.insert(0, written)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    for number, source in notebook_cells(path):
        name = "<cell %d>" % number
        file, text = without_magics(source)
        if text is None:
            continue
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        try:
            tree = ast.parse(text, name)
        except SyntaxError as error:
            problems.append(
                Unusable(
                    "syntax",
                    "cell %d: %s: %s" % (number, type(error).__name__, error.msg),
                    error.lineno,
                )
            )
            continue
        if file is not None and file.endswith(".py"):
            written.sources[os.path.splitext(file)[0].replace("/", ".").lstrip(".")] = (name, text)
            tree.body = [s for s in tree.body if isinstance(s, DEFINITIONS)]
        trees.append((name, tree))
    module = new_module(
        re.sub(r"\W", "_", os.path.splitext(os.path.basename(path))[0]) or "notebook", path
    )
    notes = run_definitions(trees, module)
    modules = [sys.modules[name] for name in written.sources if name in sys.modules]
    space = Namespace([*modules, module], [name for name, _ in trees])
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable as no_engine:
        problem = problems[0] if problems else imported([tree for _, tree in trees], space)
        raise problem or no_engine from None
    adapter.notes += notes + ["%s; the cell was left out" % p.message for p in problems]
    return space, adapter


def load_package(path, wanted, overrides, named):
    """The one engine of a folder: a package, a notebook, or files; it is told which file has it."""
    path = os.path.abspath(path)
    classes = classes_by_file(path)
    files = list(classes)
    package = "__init__.py" in files
    if not (package and exports(path, {name for names in classes.values() for name in names})):
        own = one_engine(classes, overrides.get("class", wanted), named)
        if own.endswith(".ipynb"):
            space, adapter = load_notebook(os.path.join(path, own), wanted, overrides)
            adapter.notes.insert(0, "the engine is in %s" % own)
            return space, adapter
        files = [f for f in files if f == own or not (own and classes[f])]
    if package:
        sys.path.insert(0, os.path.dirname(path))
        space, adapter = load_module(os.path.basename(path), wanted, overrides)
    else:
        try:
            space, adapter = load_folder(path, files, wanted, overrides)
        except Unusable as problem:
            raise inner_engine(path, classes, named) or problem from None
    file = getattr(sys.modules.get(adapter.cls.__module__), "__file__", None)
    if file is not None:
        adapter.notes.insert(0, "the engine is in %s" % os.path.relpath(file, path))
    return space, adapter


def classes_by_file(path):
    """For each file and notebook of a folder, in order, its classes that look like an engine's."""
    files = sorted(f for f in os.listdir(path) if os.path.splitext(f)[1] in (".py", ".ipynb"))
    return {file: engine_classes(trees_of(os.path.join(path, file))) for file in files}


def inner_engine(path, classes, named):
    """What to say of a repository whose engine is in a folder of it; None if none is there."""
    if any(classes.values()):
        return None
    import shlex

    inner = {name: os.path.join(path, name) for name in sorted(os.listdir(path)) if name[0] != "."}
    found = [
        shlex.quote(os.path.join(named, name))
        for name, folder in inner.items()
        if os.path.isdir(folder) and any(classes_by_file(folder).values())
    ]
    if not found:
        return None
    return Unusable(
        "not found",
        "the folder itself holds no engine; a folder in it does: verify check %s"
        % " ".join(found[:MOST_SHOWN]),
    )


def trees_of(path):
    """The syntax trees of a file, or of a notebook's cells; of what Python cannot read, an outline.

    What has a mistake in it is somebody's engine all the same.
    """
    try:
        if path.endswith(".ipynb"):
            texts = [without_magics(source)[1] or "" for _, source in notebook_cells(path)]
        else:
            texts = [read_source(path)]
    except Unusable:
        with open(path, "rb") as file:
            return [outline(file.read().decode("latin-1"))]
    trees = []
    for text in texts:
        try:
            trees.append(parse(text, path))
        except Unusable:
            trees.append(outline(text))
    return trees


def outline(text):
    """A tree of nothing but the classes in a text, each with the names of what follows it.

    Lines also begin behind a quotation mark or an escape: in the JSON of a notebook.
    """
    classes = []
    for word, name in re.findall(r"(?:^|\"|\\n)\s*(class|def)\s+(\w+)", text, re.MULTILINE):
        if word == "class":
            classes.append(
                ast.ClassDef(name=name, bases=[], keywords=[], body=[], decorator_list=[])
            )
        elif classes:
            classes[-1].body.append(
                ast.FunctionDef(name=name, args=None, body=[], decorator_list=[])
            )
    return ast.Module(body=classes, type_ignores=[])


def engine_classes(trees):
    """Names of the classes that look like nodes of an engine of their own, by syntax alone.

    A class does that has ``+`` or ``*``, and with it, or beside it as a function, what starts a
    backward pass; so does one beside functions that add and multiply.
    """
    classes, bound, functions = [], {}, set()
    for statement in (s for tree in trees for s in outer_statements(tree)):
        if isinstance(statement, ast.ClassDef):
            classes.append(statement.name)
            inside = {n for s in outer_statements(statement) for n in names_bound(s)}
            for base in statement.bases:
                inside |= bound.get(getattr(base, "id", None), set())
            bound[statement.name] = bound.get(statement.name, set()) | inside
        elif isinstance(statement, FUNCTIONS[:2]):
            functions.add(statement.name)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:  # methods that are put into the class later
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    bound.setdefault(target.value.id, set()).add(target.attr)
    entries = {plain(name) for name in ENTRY_NAMES}
    beside = any(plain(name) in entries for name in functions)
    by_function = beside and {"add", "mul"} <= {plain(name) for name in functions}
    found = [
        name
        for name in dict.fromkeys(classes)
        if {"__add__", "__mul__"} & bound[name]
        and (beside or any(plain(n) in entries for n in bound[name]))
    ]
    return found or list(dict.fromkeys(classes))[: int(by_function)]


def outer_statements(tree):
    """Statements of a file or a class, also those under ``if`` and ``try``; none of a function."""
    waiting = list(tree.body)
    while waiting:
        statement = waiting.pop(0)
        yield statement
        if not isinstance(statement, (*FUNCTIONS[:2], ast.ClassDef)):
            parts = ("body", "handlers", "orelse", "finalbody")
            waiting[:0] = [s for part in parts for s in getattr(statement, part, [])]


def names_bound(statement):
    """Names that a definition or an assignment in a class binds."""
    if isinstance(statement, FUNCTIONS[:2]):
        return {statement.name}
    targets_ = statement.targets if isinstance(statement, ast.Assign) else []
    return {n.id for t in targets_ for n in ast.walk(t) if isinstance(n, ast.Name)}


def exports(path, names):
    """Whether a package's ``__init__.py`` says which of these classes it is about."""
    return any(
        isinstance(s, ast.ImportFrom) and any(a.name == "*" or a.name in names for a in s.names)
        for tree in trees_of(os.path.join(path, "__init__.py"))
        for s in outer_statements(tree)
    )


def one_engine(classes, wanted, named):
    """The file of a folder that holds its engine; "" where only a look at all of them can tell.

    Raises:
        Unusable: if several hold one, or hold the class that is wanted: each may be somebody's.
    """
    several = {
        file: names for file, names in classes.items() if names and (not wanted or wanted in names)
    }
    if not several and not any(file.endswith(".py") for file in classes):
        several = {file: ["?"] for file in classes}
    if len(several) < 2:
        return next(iter(several), "")
    shown = ["%s (class %s)" % (f, ", ".join(n)) for f, n in several.items() if n != ["?"]]
    shown = shown or list(several)
    if len(shown) > MOST_SHOWN:
        shown[MOST_SHOWN:] = ["%d more" % (len(shown) - MOST_SHOWN)]
    import shlex

    folder = shlex.quote(named.rstrip("/")) if named.rstrip("/") else named
    every = sorted({"%s/*%s" % (folder, os.path.splitext(file)[1]) for file in several})
    raise Unusable(
        "several",
        "the folder holds %d engines, not one: %s; judge each by itself: verify check %s"
        % (len(several), ", ".join(shown), " ".join(every)),
    )


MOST_SHOWN = 8


def load_folder(path, files, wanted, overrides):
    """A folder of files without ``__init__.py``: each is a module of its own."""
    sys.path.insert(0, path)
    modules, problems = [], []
    for file in [f for f in files if f.endswith(".py")]:
        try:
            parse(read_source(os.path.join(path, file)), file)
            modules.append(ALARM.call(IMPORT_SECONDS, importlib.import_module, file[:-3]))
        except Unusable as problem:
            problems.append(
                Unusable(problem.kind, "%s: %s" % (file, problem.message), problem.line)
            )
        except BaseException as error:  # noqa: BLE001 - the engine's own code
            problems.append(
                Unusable(
                    "import",
                    "importing %s raises %s: %s" % (file, type(error).__name__, text_of(error)),
                    line_of(error, {os.path.join(path, file)})[0],
                )
            )
    if not modules:
        nothing = Unusable("not found", "the folder holds no Python file and no notebook")
        raise problems[0] if problems else nothing
    space = Namespace(modules, [m.__file__ for m in modules])
    try:
        adapter = probe(space, wanted, overrides)
    except Unusable:
        raise (problems[0] if problems else sys.exc_info()[1]) from None
    adapter.notes += [p.message for p in problems]
    return space, adapter


def load_module(name, wanted, overrides):
    modules = [import_module(name)]
    notes = []
    space = Namespace(modules, files_of(modules))
    if hasattr(modules[0], "__path__") and not (wanted and wanted in space.names):
        more, notes = submodules(modules[0])
        modules = [*more, *modules]
        space = Namespace(modules, files_of(modules))
        space.names.update(vars(modules[-1]))
    adapter = probe(space, wanted, overrides)
    adapter.notes += notes
    return space, adapter


def files_of(modules):
    return [m.__file__ for m in modules if getattr(m, "__file__", None)]


def import_module(name):
    try:
        return ALARM.call(IMPORT_SECONDS * 4, importlib.import_module, name)
    except ModuleNotFoundError as error:
        raise Unusable(
            "not found", "there is no module %r for %s: %s" % (name, sys.executable, text_of(error))
        ) from None
    except OutOfTime:
        raise Unusable("endless", "importing %s does not end" % name) from None
    except SyntaxError as error:
        raise Unusable(
            "syntax",
            "%s: %s: %s"
            % (os.path.basename(error.filename or name), type(error).__name__, error.msg),
            error.lineno,
        ) from None
    except BaseException as error:  # noqa: BLE001 - the engine's own code
        frames = trace(error)
        raise Unusable(
            "import",
            "importing %s raises %s: %s" % (name, type(error).__name__, text_of(error)),
            frames[-1][1] if frames else None,
        ) from None


def submodules(package):
    import pkgutil

    modules, notes = [], []
    for found in pkgutil.walk_packages(
        package.__path__, package.__name__ + ".", onerror=lambda _: None
    ):
        if found.name.rpartition(".")[2] in (
            "__main__",
            "setup",
            "tests",
            "conftest",
            "train",
            "demo",
        ):
            continue
        try:
            modules.append(ALARM.call(IMPORT_SECONDS, importlib.import_module, found.name))
        except BaseException as error:  # noqa: BLE001 - the engine's own code
            notes.append(
                "%s was left out: %s: %s" % (found.name, type(error).__name__, text_of(error))
            )
    return modules, notes


# --------------------------------------------------------------------------------------------------
# The conversation
# --------------------------------------------------------------------------------------------------


def prepare(request):
    """What the engine may import, before any of its code runs."""
    packages = request.get("packages") or []
    offered = request.get("offered")
    if offered is None:  # a module of an installed environment sees all of it
        sys.path[:0] = request.get("path_first") or []
        sys.path += [p for p in packages if p not in sys.path]
        sys.path += [p for p in request.get("path_last") or [] if p not in sys.path]
        return None
    sys.path[:] = [p for p in sys.path if p not in packages]
    sys.meta_path.append(OfferedFinder(offered, packages))
    absent = AbsentFinder()
    sys.meta_path.append(absent)
    return absent


class Session:
    """One engine and the requests about it; the same on both sides of the wall."""

    def __init__(self):
        self.space = self.adapter = None

    def load(self, request):
        absent = prepare(request)
        if request.get("symbols"):
            see_symbols(request["symbols"])
        try:
            self.space, self.adapter = load(request)
            if SYMBOLS is not None:
                SYMBOLS.adopt(self.space.modules, sys.modules.get("numpy"))
        except Unusable as problem:
            return {
                "error": {"kind": problem.kind, "message": problem.message, "line": problem.line}
            }
        except OutOfTime:
            return {
                "error": {
                    "kind": "endless",
                    "message": "the engine does not come back while it is looked at",
                    "line": None,
                }
            }
        except RecursionError as error:
            return {
                "error": {
                    "kind": "import",
                    "message": "RecursionError: %s" % text_of(error),
                    "line": None,
                }
            }
        if absent is not None and absent.names:
            self.adapter.notes.append("not available here: %s" % ", ".join(sorted(absent.names)))
        return {"loaded": self.about()}

    def about(self):
        adapter = self.adapter
        return {
            "protocol": PROTOCOL,
            "class": adapter.cls.__name__,
            "python": ".".join(map(str, sys.version_info[:3])),
            "adapter": {str(k): str(v) for k, v in adapter.guess.items()},
            "backward": adapter.enter is not None,
            "extras": ["network", "measure"],
            "notes": [str(n)[:500] for n in adapter.notes[:20]],
        }

    def run(self, request):
        return ALARM.call(
            request.get("seconds"),
            execute,
            self.adapter,
            self.space,
            request["graph"],
            request["point"],
            request["steps"],
        )

    def train(self, request):
        return ALARM.call(
            request.get("seconds"), execute_network, self.adapter, self.space, request
        )

    def cost(self, request):
        what = request["measure"]
        try:
            return {
                "measured": ALARM.call(
                    request.get("seconds"),
                    measure,
                    self.adapter,
                    what["graph"],
                    what["point"],
                    what["batches"],
                    what["runs"],
                )
            }
        except BaseException as error:  # noqa: BLE001 - the engine's own code
            return {"measured": None, "reason": "%s: %s" % (type(error).__name__, text_of(error))}

    def answer(self, request):
        if "measure" in request:
            answer = self.cost(request)
        elif "graph" in request or "network" in request:
            begun = time.process_time()
            try:
                answer = self.run(request) if "graph" in request else self.train(request)
            except OutOfTime:  # it rang outside the engine's code
                answer = {
                    "readings": [],
                    "raised": {
                        "type": "timeout",
                        "message": "",
                        "during": "forward",
                        "node": None,
                        "line": None,
                        "refused": False,
                    },
                }
            answer["seconds"] = time.process_time() - begun
        else:
            answer = self.load(request["load"])
        answer["id"] = request["id"]
        return answer


# The order of a set of nodes depends on their addresses, and those on every small object that was
# made before.  So no clock decides what is allocated here: a line is gathered in a buffer that is
# there already, in however many pieces it comes, and the time always has the same number of digits.

CHUNK = 1 << 16


def lines(requests):
    """The requests that come through this pipe; the next one comes only after an answer."""
    gathered = io.BytesIO(bytes(2 * CHUNK))
    while True:
        gathered.seek(0)
        chunk = os.read(requests, CHUNK)
        while chunk and not chunk.endswith(b"\n"):
            gathered.write(chunk)
            chunk = os.read(requests, CHUNK)
        if not chunk:
            return
        gathered.write(chunk)
        size = gathered.tell()
        gathered.seek(0)
        yield gathered.read(size)


def frame(answer):
    """An answer as a line."""
    seconds = answer.pop("seconds", None)
    text = json.dumps(answer, separators=(",", ":"))
    if seconds is not None:
        text = '%s,"seconds":%.9e}' % (text[:-1], seconds)
    return text.encode() + b"\n"


def serve(requests, answers):
    """Answer requests until there are no more."""
    session = Session()
    ALARM.install()
    for line in lines(requests):
        with memoryview(frame(session.answer(json.loads(line)))) as answer:
            sent = 0
            while sent < len(answer):
                sent += os.write(answers, answer[sent:])


def main():
    """Take the pipes away from where the engine would look for them, then serve."""
    sys.dont_write_bytecode = True
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    sys.path[:] = [p for p in sys.path if p != os.path.dirname(os.path.abspath(__file__))]
    serve(requests, answers)
    os._exit(0)  # no clean-up code of the engine's


if __name__ == "__main__":
    main()
