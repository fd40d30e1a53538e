"""A submission is read once, as it is, and no more than itself: what lies beside it is anything."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from verify.engines import DEFAULT, EngineError, load
from verify.engines import needed as needed_packages
from verify.engines.regular import Unreadable, read_regular
from verify.engines.submission import (
    Apart,
    apart_from,
    imported,
    of_file,
    of_folder,
    of_module,
    of_paths,
)
from verify.engines.workshop import Graphs, Watched, watch
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable

PRODUCT = Case.parse("a * b", a=2.0, b=3.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission among things that are not its own."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "engine.py").write_text("import helper, everything, pipe, hole, zero, friend\n")
    (own / "helper.py").write_text("x = 1\n")
    (own / "everything").symlink_to("/")
    (own / "zero.py").symlink_to("/dev/zero")
    (own / "friend.py").symlink_to(tmp_path / "friend.py")
    (tmp_path / "friend.py").write_text("x = 2\n")
    os.mkfifo(own / "pipe.py")
    with (own / "hole.py").open("wb") as file:
        file.truncate(1 << 31)
    return own


def names(files: object) -> set[str]:
    """The names of files, without the outermost folder."""
    assert isinstance(files, dict)
    return {name.partition("/")[2] for name in files}


def test_only_regular_files_are_read_and_no_link_is_followed(folder: Path) -> None:
    """A link to the disk, a pipe, a device, a hole of gigabytes: none is opened for long."""
    read = of_file(str(folder / "engine.py"))
    assert names(read.files) == {"engine.py", "helper.py"}
    assert read.beside == ("helper.py",)
    assert any("hole.py was not read" in note for note in read.notes)
    (folder / "again.py").symlink_to("helper.py")
    whole = of_folder(str(folder))
    assert names(whole.files) == {"engine.py", "helper.py", "again.py"}
    assert whole.files["own/again.py"] == whole.files["own/helper.py"]


@pytest.mark.parametrize("name", ["pipe.py", "zero.py", "hole.py", "everything", "missing.py"])
def test_what_is_no_regular_file_is_refused_at_once(folder: Path, name: str) -> None:
    """With the reason in a few words, whether a link may be followed or not."""
    for follow in (False, True):
        with pytest.raises(Unreadable):
            read_regular(str(folder / name), follow=follow)


def test_the_number_of_files_and_bytes_is_bounded(tmp_path: Path) -> None:
    """A folder of thousands is read in part, code first, and that is said."""
    for number in range(1100):
        (tmp_path / f"a{number:04}.txt").touch()
    (tmp_path / "z.py").touch()
    read = of_folder(str(tmp_path))
    assert len(read.files) == 1000
    assert "z.py" in names(read.files)
    assert "101 files of the folder were not read" in read.notes


@pytest.mark.parametrize(
    "text",
    ["from x import (\n" * 60_000, "import " + ",".join(f"m{i}" for i in range(100_000)),
     "from . import " + ",".join(f"m{i}" for i in range(100_000))],
    ids=["brackets", "names", "relative"],
)  # fmt: skip
def test_what_a_text_imports_is_soon_found(text: str) -> None:
    """Open brackets are not looked through again for each of them, and names are counted."""
    assert len(imported(text)) <= 1000


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    """Equal texts have one digest wherever they lie; a changed byte or name has another."""
    digests = []
    for place, text in (("x/a.py", "1"), ("y/a.py", "1"), ("x/b.py", "1"), ("z/a.py", "2")):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        digests.append(of_file(str(path)).digest)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_each_submission_of_a_folder_sees_itself_alone(tmp_path: Path) -> None:
    """A neighbour, the neighbour's folder and what lies in it belong to somebody else."""
    one, two = str(tmp_path / "one.py"), str(tmp_path / "two.py")
    Path(one).write_text("from two import *\n")
    Path(two).write_text("x = 1\n")
    assert apart_from(one, [two]).alone
    assert names(of_file(one, apart_from(one, [two])).files) == {"one.py"}
    assert names(of_file(one).files) == {"one.py", "two.py"}
    named = pytest.raises(EngineError, match="not available here: two")
    with named, load(f"{one}:Value", apart=[f"{two}:Value"]):
        pass
    for student in ("ann", "bob"):
        (tmp_path / student).mkdir()
        (tmp_path / student / "engine.py").write_text("import bob, helper\n")
        (tmp_path / student / "helper.py").touch()
    ann, bob = str(tmp_path / "ann" / "engine.py"), str(tmp_path / "bob" / "engine.py")
    assert not apart_from(ann, [bob]).alone
    assert names(of_file(ann, apart_from(ann, [bob])).files) == {"engine.py", "helper.py"}


def test_a_submission_that_is_a_link_is_refused_where_it_is_alone(tmp_path: Path) -> None:
    """In a folder of submissions it would be somebody else's; a person who names one means it."""
    (tmp_path / "real.py").write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to("real.py")
    with pytest.raises(EngineError, match="it is a link"):
        of_file(str(tmp_path / "link.py"), Apart(alone=True))


def test_a_link_to_a_folder_among_others_is_refused(tmp_path: Path, textbook: str) -> None:
    """It may lead to the whole disk; alone it means what it leads to."""
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "own.py").write_text(textbook)
    (tmp_path / "other.py").write_text(textbook)
    link = tmp_path / "link.py"
    link.symlink_to(tmp_path / "engine")
    with pytest.raises(EngineError, match=r"link\.py: it is a link"):
        load(str(link), apart=[str(link), str(tmp_path / "other.py")])
    with load(str(link)) as engine:
        assert engine.info.class_name == "Value"


def test_files_of_a_command_bring_those_that_their_text_names(tmp_path: Path) -> None:
    """And no others of the folder, nor any of another kind."""
    for name, text in {"a.mjs": 'import "./b.mjs"', "b.mjs": "", "c.mjs": "", "b.txt": ""}.items():
        (tmp_path / name).write_text(text)
    read = of_paths([str(tmp_path / "a.mjs")])
    assert names(read.files) == {"a.mjs", "b.mjs"}


def test_of_a_module_only_what_it_imports_is_read(tmp_path: Path) -> None:
    """The folder on the import path is a project's: its other files are none of the engine's."""
    for name, text in {"p/__init__.py": "", "p/m.py": "import q", "q.py": "", "r.py": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    read = of_module(["p", "m"], [str(tmp_path)])
    assert read is not None
    assert names(read.files) == {"p/__init__.py", "p/m.py", "q.py"}
    assert of_module(["nowhere"], [str(tmp_path)]) is None


def test_every_worker_gets_the_text_that_was_read(
    textbook: str, write: Callable[..., Path]
) -> None:
    """A file that changes while it is checked is judged as it was; the digest says which."""
    path = write(textbook)
    with load(str(path)) as engine:
        path.write_text("raise SystemExit")
        engine.close()  # the next run starts another worker
        assert engine.run(PRODUCT.graph, PRODUCT.point)[0].gradients[:2] == (3.0, 2.0)
        assert engine.info.digest == of_file(str(write(textbook))).digest


def laid_out() -> set[Path]:
    """Folders of workers."""
    return set(Path("/tmp").glob("verify-*"))  # noqa: S108 - where they are


@pytest.mark.sample(3)
@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_stays_of_a_harness_that_is_killed(
    number: signal.Signals, textbook: str, write: Callable[..., Path]
) -> None:
    """Neither a process of its own nor the folder that a worker was given."""
    path = write(textbook + "\nimport time\nprint(__file__)\n")
    program = (
        "import sys, time, verify\n"
        "engine = verify.load(sys.argv[1])\n"
        "launch = engine._worker.load['target']\n"
        "print(launch, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as harness:
        assert harness.stdout is not None
        given = Path(harness.stdout.readline().strip()).parents[1]
        assert given in laid_out()
        harness.send_signal(number)
    until = time.monotonic() + 30
    while given.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not given.exists()


def test_the_last_words_of_a_worker_are_told(textbook: str, write: Callable[..., Path]) -> None:
    """What it wrote to standard error before it ended by itself, on one line."""
    path = write(textbook + "\nimport os\nos.write(2, b'no\\nroom')\nos._exit(3)\n")
    with pytest.raises(EngineError) as caught:
        load(str(path))
    assert caught.value.kind == "died"
    assert "(exit code 3); its last words: no room" in caught.value.message


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_last_words_that_come_late_are_told_too(write: Callable[..., Path]) -> None:
    """A worker may still speak after its answers are closed, until it is over."""
    path = write(
        "import os, time\nos.closerange(3, 64)\ntime.sleep(0.2)\n"
        "os.write(2, b'the cause')\nos._exit(3)\n"
    )
    with pytest.raises(EngineError) as caught:
        load(str(path), isolation="weak!")
    assert "(exit code 3); its last words: the cause" in caught.value.message


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
@pytest.mark.parametrize("copies", [False, True], ids=["links", "copies"])
@pytest.mark.parametrize("place", ["inside", "outside"])
def test_an_environment_below_the_current_folder_works(  # noqa: PLR0917 - fixtures
    tier: str,
    place: str,
    copies: bool,
    textbook: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``.venv`` in a project is the commonest layout: nothing bound there hides the interpreter."""
    import venv

    project = tmp_path / "project"
    project.mkdir()
    (project / "own.py").write_text(textbook)
    home = project / ".venv" if place == "inside" else tmp_path / "elsewhere"
    venv.EnvBuilder(symlinks=not copies, with_pip=False).create(home)
    library = next(home.glob("lib/python*/site-packages"))
    (library / "installed.py").write_text("from own import Value\n")
    (library / "project.pth").write_text(f"{project}\n")
    monkeypatch.chdir(project)
    for spec in ("own.py", "installed:Value", "own:Value"):
        python = str(home) if spec != "own.py" else str(home / "bin" / "python")
        with load(spec, python=python, isolation=f"{tier}!") as engine:
            assert engine.run(PRODUCT.graph, PRODUCT.point)[0].gradients[:2] == (3.0, 2.0)


def test_the_time_for_all_workers_together_is_limited(
    textbook: str, write: Callable[..., Path]
) -> None:
    """An engine that is slow each time is out of time in the end, and no more is asked of it."""
    from verify.engines import Limits
    from verify.engines.engine import Spent

    slow = "import time\ndef tanh(self):\n    time.sleep(0.2)\n    return FINE(self)\n"
    path = write(f"{textbook}\nFINE = Value.tanh\n{slow}Value.tanh = tanh\n")
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(path), limits=Limits(total_seconds=0.4)) as engine:
        again = [(case.graph, case.point)] * 20
        with pytest.raises(Spent, match=r"0\.4 s that it has in all"):
            list(itertools.starmap(engine.run, again))


FORGED = """
import sys
from {module} import {name} as FINE
def forged(*args):
    said = FINE(*args)
    {what}
    return said
sys.modules["{module}"].{name} = forged
"""


def test_no_text_is_read_of_a_file_that_a_worker_was_not_given(
    textbook: str, write: Callable[..., Path]
) -> None:
    """A submission that says its lines are in its neighbour's file gets nobody to show that."""
    neighbour = write("SECRET = 1\n", "neighbour.py")
    what = f'said["files"] = [{str(neighbour)!r}]'
    forged = FORGED.format(module="_verify_worker.traced", name="watch", what=what)
    case = Case.parse("a * b", a=1.0, b=2.0)
    seen = []
    for text in (textbook + forged, textbook):
        with load(str(write(text, "engine.py"))) as engine:
            seen.append(watch(engine, Graphs(case.graph, case.point, DEFAULT)))
    assert seen[0] == Watched()
    assert [Path(file).name for file in seen[1].files] == ["engine.py"]


@pytest.mark.parametrize("place", ["{outside}/other.ipynb", "../other.ipynb", "other.ipynb"])
def test_a_note_that_the_engine_is_elsewhere_is_not_believed(
    place: str, textbook: str, tmp_path: Path
) -> None:
    """Others would read the file that such a note names."""
    note = f"the engine is in {place.format(outside=tmp_path)}"
    forged = f"""
import sys
Session = sys.modules["_verify_worker.session"].Session
TELL = Session.about
Session.about = lambda self: dict(TELL(self), notes=["a", {note!r}])
"""
    (tmp_path / "other.ipynb").write_text("{}")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "engine.py").write_text(textbook + forged)
    with load(str(tmp_path / "own")) as engine:
        assert engine.info.notes == ("a",)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_a_module_sees_of_what_is_installed_only_what_it_needs(
    tier: str, textbook: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it imports, and what that imports in turn; the same can be imported in every tier."""
    import venv

    venv.EnvBuilder(symlinks=True, with_pip=False).create(tmp_path / "env")
    library = next((tmp_path / "env").glob("lib/python*/site-packages"))
    (library / "helper").mkdir()
    (library / "helper" / "__init__.py").write_text("import deep\n")
    (library / "deep.py").write_text("WORDS = 'deep'\n")
    (library / "begun.pth").write_text("import begun\n")
    (library / "begun.py").write_text("")
    (library / "other.py").write_text("SECRET = 1\n")
    (library / "installed.py").write_text(f"""{textbook}
import helper, sys
WORDS = [helper.deep.WORDS, "begun" in sys.modules]
try:
    __import__("o" + "ther")
except ModuleNotFoundError as error:
    WORDS.append(error.name)
try:
    WORDS.append(open({str(library / "other.py")!r}).read())
except OSError:
    WORDS.append("closed")
def tanh(self):
    raise RuntimeError(repr(WORDS))
Value.tanh = tanh
""")
    monkeypatch.chdir(tmp_path)
    case = Case.parse("a.tanh()", a=0.5)
    with load("installed", python=str(tmp_path / "env"), isolation=f"{tier}!") as engine:
        raised = engine.run(case.graph, case.point)[-1].raised
        assert engine.run(PRODUCT.graph, PRODUCT.point)[0].gradients[:2] == (3.0, 2.0)
    assert raised is not None
    read = "SECRET = 1\n" if tier == "weak" else "closed"
    assert raised.message == repr(["deep", True, "other", read])


def test_of_a_large_package_what_it_declares_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not read: the distributions say which modules are whose."""
    monkeypatch.setattr(needed_packages, "_LARGE", 2)
    for name in ("big/a.py", "big/b.py", "numbers_/__init__.py", "loose.py", "other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("import loose\n" if name == "numbers_/__init__.py" else "")
    needs = "Requires-Dist: Num.Bers>=1 ; extra == 'x'\n"
    for name, top, more in (("Big", "big", needs), ("num_bers", "numbers_", "")):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n{more}")
        (info / "RECORD").write_text(f"{top}/a.py,,\n{info.name}/METADATA,,\n")
    assert needed_packages.needed(["big.a"], [str(tmp_path)]) == {"big", "numbers_", "loose"}
