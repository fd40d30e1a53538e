"""Of what a search tries nothing passes by chance, and of what it keeps nothing is needless."""

from __future__ import annotations

import ast
from types import MappingProxyType

import pytest

from verify.mending import methods
from verify.mending.edits import of_site
from verify.mending.needless import without
from verify.mending.search import Step
from verify.mending.syntax import Edit, Site, Text, Words
from verify.mending.trial import comes_after, is_less
from verify.networks.mistake import TURN

WORDS = Words("Value", "data", "grad", MappingProxyType({}))


def made(source: str) -> set[str]:
    """The texts that small edits of a function make of it."""
    text = Text("f.py", source, WORDS)
    (function,) = text.functions({2})
    found = set()
    for node in ast.walk(function):
        for edit in of_site(Site(text, node, function, ["a", "key"], [])):
            found.add(edit.applied(source))
    return found


POOLED = """\
def made(pool, key, a):
    if key in pool:
        return pool[key]
    pool[key] = a
    return a
"""


def test_a_key_is_asked_for_as_it_is_kept() -> None:
    """``if a in pool: return pool[key]`` never holds, and passes by chance."""
    texts = made(POOLED)
    assert texts
    assert not [text for text in texts if "if a in pool" in text or "id(key) in pool" in text]
    cached = POOLED.replace("if key in pool:\n", "if pool.get(key) is not None:\n")
    assert not [text for text in made(cached) if "get(-key)" in text or "get(a)" in text]


def test_keys_that_differ_may_be_made_alike() -> None:
    """What is kept under another key than it is asked for is a mistake, which a change mends."""
    apart = POOLED.replace("pool[key] = a", "pool[a] = a")
    assert POOLED in made(apart)


def test_no_iterator_is_a_key() -> None:
    """``key = map(id, x)`` is equal to no other key, so that nothing is ever found."""
    source = POOLED.replace("    if key in pool", "    key = tuple(map(id, a))\n    if key in pool")
    assert not [text for text in made(source) if "key = map(" in text]


def test_nothing_is_added_where_nothing_comes_of_it() -> None:
    """``a.grad += 0.0`` does nothing: a person leaves the line out."""
    source = "def zero(a):\n    a.grad = 0.0\n"
    texts = made(source)
    assert "def zero(a):\n    a.grad += 0.0\n" not in texts
    assert "def zero(a):\n    pass\n" in texts


def test_where_a_pass_begins_is_added_to_nothing() -> None:
    """All gradients that are assigned may be added instead; what sets them to a number may not."""
    source = "def back(a, b):\n    a.grad = 1.0\n    b.grad = 0.0\n"
    text = Text("f.py", source, WORDS)
    assert list(methods.accumulated(text, text.functions({2})[0])) == []


def test_a_table_of_nodes_is_not_emptied_where_nodes_are_made() -> None:
    """``pool.clear()`` in ``__new__`` leaves a table that is never used."""
    source = (
        "pool = {}\n\nclass Value:\n    def __new__(cls, data):\n"
        "        if data in pool:\n            return pool[data]\n"
        "        pool[data] = self = object.__new__(cls)\n        return self\n"
    )
    text = Text("f.py", source, WORDS)
    (function,) = text.functions({5})
    assert [edit for edit in methods.emptied(text, function) if "clear" in edit.new] == []


def step(before: str, old: str, new: str) -> Step:
    """A step that puts one text in the place of another."""
    start = before.index(old)
    line = before[:start].count("\n") + 1
    edit = Edit("f.py", start, start + len(old), new, 1.0, "", line, first=line, last=line)
    texts = {"f.py": before}, {"f.py": edit.applied(before)}
    return Step("", "graphs", edit, *texts, frozenset(), 1, 0, 1, 0.0, frozenset({line}))


@pytest.mark.parametrize("new", ["one", "1\n1", ""])
def test_a_step_is_taken_back_from_under_the_others(new: str) -> None:
    """The others are made where the text is without it, above and below, whatever its length."""
    first = step("a\n1\nb\nc\n", "1", new)
    second = step(first.after["f.py"], "c", "see")
    third = step(second.after["f.py"], "a", "ay")
    fewer = without([first, second, third], 0)
    assert fewer is not None
    assert fewer[-1].after == {"f.py": "ay\n1\nb\nsee\n"}
    assert [s.edit.line for s in fewer] == [4, 1]
    assert first.fixed <= fewer[-1].fixed


def test_a_step_stays_that_another_one_changes() -> None:
    """What stands in the text of another step cannot be taken back by itself."""
    first = step("a\n1\nb\n", "1", "one two")
    assert without([first, step(first.after["f.py"], "two", "three")], 0) is None


def test_zeroing_was_right_where_training_went_wrong() -> None:
    """A change after which zeroing is wrong has broken it, unless nobody came to look at it."""
    zeroing, early = "zero_grad (.zero_grad()) of MLP(1, [1])", "gradient of p0 in MLP(1, [1])"
    late = f"gradient of p0{TURN} in MLP(1, [1])"
    assert comes_after(zeroing, early)
    assert not comes_after(zeroing, late)
    assert comes_after("parameter after an update of MLP(1, [1])", late)
    assert not is_less({((1, 1), zeroing)}, {((1, 1), late), ((2, 1), late)})
