"""A worker in one compiled file is the worker that the folder is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from verify.engines import EngineError, load, loading
from verify.engines.loading import WORKER
from verify.engines.packed import NAME, packed
from verify.engines.wire import fingerprint
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASE = Case.parse("(a * b + 2).tanh()", a=0.5, b=-1.25)


def test_it_answers_as_the_folder_does(
    textbook: str, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of the engine, and its readings, to the bit."""
    path, said = str(write(textbook)), []
    for fits in (True, False):
        monkeypatch.setattr(loading, "fits", lambda _executable, fits=fits: fits)
        with load(path) as engine:
            said.append((engine.info, engine.run(CASE.graph, CASE.point)))
    assert said[0] == said[1]


def test_it_refuses_as_the_folder_does(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kind, the message and the line."""
    path, said = str(write("x = 1\nraise ValueError('no')\n")), []
    for fits in (True, False):
        monkeypatch.setattr(loading, "fits", lambda _executable, fits=fits: fits)
        with pytest.raises(EngineError) as caught:
            load(path)
        said.append((caught.value.kind, str(caught.value), caught.value.line))
    assert said[0] == said[1]


def test_a_submission_may_have_a_file_of_that_name(textbook: str, tmp_path: Path) -> None:
    """It then gets its own, and the worker is started from its folder."""
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "engine.py").write_text(textbook)
    with load(str(folder / "engine.py")) as engine:
        assert engine.info.class_name == "Value"


def test_it_is_packed_anew_where_a_module_was_changed(tmp_path: Path) -> None:
    """An edited worker is the one that runs."""
    folder = tmp_path / "worker"
    shutil.copytree(WORKER, folder)
    before = packed(folder)
    assert packed(folder) == before
    (folder / "floats.py").write_text((folder / "floats.py").read_text() + "\nADDED = 1\n")
    assert packed(folder) != before


LINE = b'{"readings":[],"raised":null,"id":17,"seconds":1.234567890e-05}'


@pytest.mark.parametrize(
    ("number", "line", "same"),
    [
        (17, LINE, True),
        (17, LINE.replace(b"1.234567890e-05", b"9.000000000e+01"), True),
        (18, LINE.replace(b"17", b"18"), True),
        (18, LINE, False),
        (17, LINE.replace(b"null", b"true"), False),
        (17, LINE.replace(b'"id":17', b'"id":17.0'), False),
        (17, LINE.replace(b'"id":17', b'"id":017'), False),
        (17, LINE.replace(b"e-05", b"e+99"), False),
        (17, LINE.replace(b'"seconds"', b'"later"'), False),
        (17, LINE + b" ", False),
    ],
)
def test_only_number_and_time_may_differ(number: int, line: bytes, *, same: bool) -> None:
    """An answer is known again by all else, to the byte, and never under another number."""
    assert (fingerprint(number, line) == fingerprint(17, LINE)) is same


def test_a_known_answer_is_the_one_that_was_read(
    textbook: str, write: Callable[..., Path]
) -> None:
    """The same case, put three times to right and wrong engines, gives each engine's own answer."""
    right = write(textbook, "right.py")
    wrong = write(textbook.replace("self.grad += other.data", "self.grad += 2"), "wrong.py")
    said = []
    for path in (right, wrong, right, wrong, right, wrong):
        with load(str(path)) as engine:
            said += list(engine.run_many([CASE]))
            assert said[-1] == engine.run(CASE.graph, CASE.point)
    assert said[:2] * 2 == said[2:]
    assert said[0] != said[1]
