"""Notebooks as students hand them in: broken files, engines from elsewhere, demonstrations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from verify.checking.assess import examine, finding
from verify.engines import EngineError, load
from verify.expression.graph import Case
from verify.faults import CATALOGUE, SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def notebook(*cells: str) -> str:
    """A notebook's text, one code cell each."""
    return json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells], "nbformat": 4})


def refused(path: Path) -> tuple[str, str]:
    """Why this cannot be judged: the kind and the sentence."""
    with pytest.raises(EngineError) as caught:
        load(str(path))
    return caught.value.kind, caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        (notebook("import math")[:-9], "it is not valid JSON: "),
        ("import math\n", "it is not valid JSON: "),
        ("[" * 100_000, "it is not valid JSON: "),
        ("[]", "it is JSON without its cells"),
        ('{"nbformat": 4}', "it is JSON without its cells"),
        ('{"cells": [{"cell_type": "code", "source": 3}]}', "it is JSON without its cells"),
    ],
    ids=["empty", "blank", "cut", "python", "deep", "list", "no cells", "no source"],
)
def test_what_is_no_notebook_is_said(text: str, says: str, write: Callable[..., Path]) -> None:
    """No line of it is to be corrected: it has to be saved again."""
    kind, message = refused(write(text, "hand in.ipynb"))
    assert kind == "notebook"
    assert message.startswith(f"this is no notebook: {says}")


@pytest.mark.parametrize("name", ["homework.ipynb", "homework.py"])
@pytest.mark.parametrize("use", ["", "a = Value(2.0)"], ids=["only imported", "used"])
def test_an_engine_that_is_only_imported_is_named(
    name: str, use: str, write: Callable[..., Path]
) -> None:
    """What was meant is told, with the words that judge it."""
    lines = ("import math\nfrom micrograd.engine import exp, Value", use)
    text = notebook(*lines) if name.endswith("ipynb") else "\n".join(lines)
    said = (
        "it defines no engine; it imports one from micrograd.engine, class Value, "
        "which is judged by: verify check micrograd.engine:Value"
    )
    assert refused(write(text, name)) == ("elsewhere", said)


@pytest.mark.parametrize("name", ["homework.ipynb", "homework.py"])
def test_a_file_without_any_engine_says_so(name: str, write: Callable[..., Path]) -> None:
    """Imports that are no engine's lead nowhere."""
    text = "from math import exp"
    text = notebook(text) if name.endswith("ipynb") else text
    assert refused(write(text, name))[0] == "no engine"


def test_what_follows_from_a_demonstration_is_no_note(
    textbook: str, write: Callable[..., Path]
) -> None:
    """Demonstrations are left out on purpose, and what needs them with them, in whatever cell."""
    demonstration = "a = Value(2.0)\nb = Value(3.0)\nd = a*b\nL = d + b"
    with load(str(write(notebook(textbook, demonstration, "e = L + d"), "n.ipynb"))) as engine:
        assert engine.info.notes == ()


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (["d = nobody * 2"], "line 1 of cell 2 was left out: NameError: name 'nobody' is not"),
        (
            ["a = Value(2.0)\nscale = a\ndef f(): return scale"],
            "line 2 of cell 2 was left out: NameError: name 'a' is not defined",
        ),
        (
            ["a = Value(2.0)\nif True: d = a"],
            "line 2 of cell 2 was left out: NameError: name 'a' is not defined",
        ),
        (
            ["a = Value(2.0)\nf = a[1:][0]", "e = 1 / 0"],
            "line 1 of cell 3 was left out: ZeroDivisionError: division by zero",
        ),
    ],
    ids=["never defined", "used by a function", "under an if", "another mistake"],
)
def test_what_may_be_a_mistake_stays_a_note(
    cells: list[str], note: str, textbook: str, write: Callable[..., Path]
) -> None:
    """A name that nobody defines, or one that a definition needs."""
    with load(str(write(notebook(textbook, *cells), "n.ipynb"))) as engine:
        assert [n.startswith(note) for n in engine.info.notes] == [True]


def test_what_a_global_in_a_class_is_made_of_is_run(write: Callable[..., Path]) -> None:
    """``build(L)`` in a class needs ``L = d * a``, that needs ``d = Value(…)``: and is named."""
    flawed = SOURCE.replace("build(self)", "build(L)")
    cells = (flawed, "a = Value(2.0)\nd = Value(3.0)\nbeside = Value(open('no'))\nL = d * a")
    case = Case.parse("a + b", a=2.0, b=3.0)
    with load(str(write(notebook(*cells), "lecture.ipynb"))) as engine:
        assert engine.info.adapter["nodes outside"] == "L"
        assert not [note for note in engine.info.notes if "left out" in note]
        fault = CATALOGUE["walks-a-global"]
        made = finding(engine, examine(engine, case), "forms", case, fault=fault)
    assert made.diagnosis.title == "backward walks from the global L instead of self"
