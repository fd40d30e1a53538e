"""A file that was cut, edited or made up is read or refused with a reason: never anything else.

Its digest fits here, so that its contents are reached.  `tox -e fuzz` looks much longer.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import random
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.commands import read_overrides
from verify.compare import baseline
from verify.corpus import format as corpus
from verify.engines.worker import notebook
from verify.engines.worker.errors import Unusable
from verify.grading import rubric
from verify.grading.archives import ArchiveError, names, unpack
from verify.grading.evidence import GRADED, Evidence
from verify.grading.marks import marks
from verify.grading.overrides import COLUMNS, OverrideError, read
from verify.grading.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = Path(__file__).parents[1] / "reference" / "corpus.jsonl"
LINES = REFERENCE.read_bytes().splitlines()
SOME = [json.loads(line) for line in (LINES[0], *LINES[1:40:5], *LINES[-3:])]
FORMS = {"a + b": "correct", "a * b": "wrong"}
SPEED = {"network": [1.0, 0.9, 1.1]}
CASE = {"graph": json.dumps([["leaf", "a"], ["mul", 0, 0]]), "point": ["0x1.0p+1"]}
WORDS = {"where": "gradient of a", "fault": "", "title": "t", "plain": True, "expression": "a * a"}
BASELINE = {
    "schema": baseline.SCHEMA, "engine": "e.py", "verdict": "wrong", "forms": FORMS,
    "deviations": [{**CASE, **WORDS}], "speed": SPEED, "yardstick": "0", "seed": 0, "examples": 9,
}  # fmt: skip
NOTEBOOK = {
    "cells": [{"cell_type": "code", "source": ["class Value:\n", "    pass"]}],
    "nbformat": 4,
    "metadata": {},
}
ODD: Final = (
    None, True, 0, -1, 1 << 70, 1e308, float("inf"), "", "x", "\0", "\ud800", "0x1.0p+9999", "nan",
    [], [[]], {}, {"const": {}}, {"": None}, "a" * 5000, "[" * 5000,
)  # fmt: skip
TOML_ODD: Final = (
    "nan", "1e999", "-1", "9" * 5000, '"x"', '""', '"\\u0000"', '"\\ud800"', "[]", "[[]]", "{}",
    "{ points = 1 }", '{ needs = ["order"] }', '{ needs = ["forward", 1] }', "true", "1979-05-27",
    "[" * 2000 + "]" * 2000, "{a=" * 500 + "1" + "}" * 500, '["add", "nosuch"]', "0x7f", '"""',
)  # fmt: skip
NAMES: Final = (
    "engine.py", "a/b/engine.py", "../out.py", "/abs.py", "a\\b.py", "a" * 200 + ".py", "C:x.py",
    "é/ü.py", "dir/", "engine.py/x.py", "-rf.py", "a\nb.py",
)  # fmt: skip
FOLDER = tempfile.TemporaryDirectory()
FEW = settings(max_examples=max(150, settings().max_examples // 5))
SEEDS = st.integers(0, 1 << 32)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a JSON value."""
    yield path
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield from places(data[key], (*path, key))


def mutated(data: Any, chance: random.Random) -> Any:
    """A copy in which one to three parts are something else or gone."""
    data = copy.deepcopy(data)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(list(places(data)))
        if not path:
            return copy.deepcopy(chance.choice(ODD))
        holder = data
        for key in path[:-1]:
            holder = holder[key]
        if chance.random() < 0.25:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(chance.choice(ODD))
    return data


def damaged(text: bytes, chance: random.Random) -> bytes:
    """A text that is cut, or of which some bytes are others."""
    if chance.random() < 0.3:
        return text[: chance.randrange(len(text) + 1)]
    changed = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def reworded(text: str, chance: random.Random) -> str:
    """A text in TOML of which some values, or lines, are others or gone."""
    lines = text.splitlines()
    for _ in range(chance.randint(1, 3)):
        number = chance.randrange(len(lines))
        key, equals, _ = lines[number].partition(" = ")
        if equals and chance.random() < 0.7:
            lines[number] = f"{key} = {chance.choice(TOML_ODD)}"
        else:
            lines[number] = chance.choice(("", chance.choice(lines), f"x = {chance.random()}"))
    return "\n".join(lines)


def written(data: bytes, name: str) -> Path:
    """A file in the folder of this module, in place of the one before."""
    path = Path(FOLDER.name, name)
    path.write_bytes(data)
    return path


@FEW
@given(SEEDS)
def test_a_corpus_is_read_or_refused(seed: int) -> None:
    """Whatever its header and its lines hold, with a digest that fits."""
    chance = random.Random(seed)
    which = chance.choice((0, chance.randrange(len(SOME))))
    rows = [mutated(row, chance) if i == which else row for i, row in enumerate(SOME)]
    body = b"".join(json.dumps(row).encode() + b"\n" for row in rows[1:])
    if chance.random() < 0.3:
        body = damaged(body, chance)
    header = rows[0]
    if isinstance(header, dict) and which:
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        header = {**header, "cases": body.count(b"\n"), "digest": digest}
    path = written(json.dumps(header).encode() + b"\n" + body, "c.jsonl")
    try:
        for line in corpus.read(path)[1]:
            repr(line)
    except corpus.CorpusError as error:
        str(error).encode("utf-8", "backslashreplace")


@FEW
@given(SEEDS)
def test_a_baseline_is_read_or_refused(seed: int) -> None:
    """Whatever it says, with a digest that fits or not."""
    chance = random.Random(seed)
    data = mutated(BASELINE, chance)
    if isinstance(data, dict):
        data["digest"] = baseline._digest(data)
    text = json.dumps(data).encode()
    path = written(damaged(text, chance) if chance.random() < 0.3 else text, "b.json")
    try:
        repr(baseline.read(path))
    except baseline.BaselineError as error:
        str(error).encode("utf-8", "backslashreplace")


@FEW
@given(SEEDS)
def test_a_notebook_is_read_or_refused(seed: int) -> None:
    """Its cells are texts, whatever they were; else one reason."""
    chance = random.Random(seed)
    text = json.dumps(mutated(NOTEBOOK, chance)).encode()
    path = written(damaged(text, chance) if chance.random() < 0.4 else text, "n.ipynb")
    try:
        cells = notebook.notebook_cells(str(path))
    except Unusable:
        return
    for _, source in cells:
        notebook.without_magics(source)


@FEW
@given(SEEDS)
def test_a_file_of_an_adapter_is_read_or_refused(seed: int) -> None:
    """Texts by key, or one message."""
    chance = random.Random(seed)
    text = b'[adapter]\nvalue = "data"\ngradient = "grad"\n# "x" \ntanh = ".tanh()"\n'
    path = written(damaged(text, chance), "a.toml")
    try:
        found = read_overrides((str(path),))
    except click.UsageError as error:
        error.format_message().encode("utf-8", "backslashreplace")
        return
    assert all(type(x) is str for pair in found.items() for x in pair)


@FEW
@given(SEEDS)
def test_a_rubric_is_used_or_refused(seed: int) -> None:
    """Marks come of it, or the line is named."""
    chance = random.Random(seed)
    plain = rubric.text(rubric.Rubric())
    cut = chance.random() < 0.3
    text = damaged(plain.encode(), chance) if cut else reworded(plain, chance).encode()
    try:
        made = rubric.load(written(text, "r.toml"))
    except rubric.RubricError as error:
        str(error).encode("utf-8", "backslashreplace")
        return
    marks(Evidence(GRADED, criteria={"local/mul": "wrong"}, asked=1), made)
    assert rubric.parse(rubric.text(made)).total > 0


@FEW
@given(SEEDS)
def test_a_zip_file_is_unpacked_or_refused(seed: int) -> None:
    """What comes of it lies in its folder."""
    chance = random.Random(seed)
    buffer = io.BytesIO()
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name in chance.sample(NAMES, 3):
            made.writestr(name, "class Value: pass\n" * chance.randint(0, 40))
    path = written(damaged(buffer.getvalue(), chance), "z.zip")
    names(path)
    with tempfile.TemporaryDirectory(dir=FOLDER.name) as target:
        try:
            unpack(path, Path(target, "in"))
        except ArchiveError as error:
            str(error).encode("utf-8", "backslashreplace")
        assert {p.name for p in Path(target).iterdir()} <= {"in"}
        assert not any(p.is_symlink() for p in Path(target).rglob("*"))


@FEW
@given(SEEDS)
def test_a_table_of_points_set_by_hand_is_taken_or_refused(seed: int) -> None:
    """As a whole or not at all."""
    chance = random.Random(seed)
    plain = f"{','.join(COLUMNS)}\nada,5,why\nben,7,so\n"
    path = written(damaged(plain.encode(), chance), "o.csv")
    found = []
    try:
        found = read(path, [Submission(name, name, "", "", name, "") for name in ("ada", "ben")])
    except OverrideError as error:
        str(error).encode("utf-8", "backslashreplace")
    assert {key for key, _, _ in found} <= {"ada", "ben"}
