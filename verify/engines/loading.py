"""From what the user named to a running engine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import stat
import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

from verify.engines import sandbox, submission
from verify.engines.engine import Engine, EngineError, Limits
from verify.engines.in_process import ObjectEngine
from verify.engines.interpreters import candidates
from verify.engines.needed import installed, needed, started
from verify.engines.packed import NAME as PACKED
from verify.engines.packed import fits
from verify.engines.pipes import HERE, Launch, Lost, Worker
from verify.engines.process import HASH_SEED, ProcessEngine
from verify.engines.regular import Unreadable, exists, read_regular
from verify.engines.sandbox import View
from verify.engines.submission import Apart, apart_from, imported
from verify.engines.worker.naming import COMPOUND
from verify.expression.near import near
from verify.expression.ops import OPS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from verify.engines.submission import Submission

WORKER: Final = Path(__file__).with_name("worker")
"""A folder that Python runs; whatever else is in this one, a worker cannot read."""
OFFERED: Final = ("numpy",)
"""Installed packages that a file or a notebook may import: none that can differentiate."""
KEYS: Final = (
    "class", "leaf", "value", "gradient", "backward", "seed", "adapter",
    *[op for op in OPS if op not in COMPOUND],
)  # fmt: skip
"""What need not be guessed, see :func:`load`; the last are the operations."""
OLDEST: Final = (3, 8)
_ASKED_SECONDS: Final = 30
"""For which an interpreter is waited for that is asked what it is."""
_SHIMS: Final = 20
_PROGRAM_THREADS: Final = 512
"""Of a program in another language: some start several for each core of the machine."""
_LONGEST_ANSWER: Final = 1 << 16
_VERSION: Final = re.compile(r"(python)?3\.\d{1,2}")
_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_INSTALLED: Final = re.compile(r"(site|dist)-packages$")
_QUESTION: Final = """
import json, sys, sysconfig
paths = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
prefixes = [sys.prefix, sys.base_prefix]
print(json.dumps([sys.version_info[:3], sys.path, paths, prefixes, sys.executable]))
"""


class Options(TypedDict, total=False):
    """The keywords of :func:`load`, for functions that pass them on."""

    python: str | None
    command: str | None
    limits: Limits | None
    isolation: str | None
    overrides: Mapping[str, str] | None
    offered: Sequence[str]
    symbols: bool
    alone: bool
    apart: Sequence[str]
    watched: bool
    inner: bool


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can run a worker: where it is, and what it reads."""

    executable: str
    version: tuple[int, ...]
    path: tuple[str, ...]
    stdlib: tuple[str, ...]
    prefixes: tuple[str, ...]

    @property
    def packages(self) -> list[str]:
        """Folders of installed packages."""
        return [p for p in self.path if _INSTALLED.search(p)]


def load(  # noqa: PLR0913 - one keyword an option
    spec: object,
    *,
    python: str | None = None,
    command: str | None = None,
    limits: Limits | None = None,
    isolation: str | None = None,
    overrides: Mapping[str, str] | None = None,
    offered: Sequence[str] = OFFERED,
    symbols: bool = False,
    alone: bool = False,
    apart: Sequence[str] = (),
    watched: bool = False,
    inner: bool = False,
) -> Engine:
    """The engine that ``spec`` names, ready to run graphs.

    Args:
        spec: a path to a ``.py`` file, a notebook or a package's folder, each with ``:Class`` where
            there are several; ``package.module`` or ``package.module:Class``; a class or a module.
        python: another interpreter or a virtual environment's folder.
        command: a program in any language that speaks the protocol; ``spec`` then only names it.
        limits: what it may use up.
        isolation: the least isolation that will do.
        overrides: what must not be guessed: ``class``, ``value``, ``gradient``, ``backward``,
            ``seed`` (``none``, ``set``, ``argument``), ``leaf`` (an expression of ``x``), an
            operation's spelling, or ``adapter``: a Python file with a class ``Adapter``.
        offered: installed packages that a file or a notebook may import.
        symbols: whether it is to run on symbols (``ProcessEngine.formulas``); never in this
            process.
        alone: whether a file sees nothing of what lies beside it, and may be no link.
        apart: other submissions, as paths: nothing of theirs is seen, and where one of them lies
            in the same folder, a file sees itself alone.
        watched: whether it is rewritten to be proven (``ProcessEngine.watched``); likewise.
        inner: whether of a folder whose own files hold no engine the one folder in it is meant that
            does: a note says where the engine is.

    Raises:
        EngineError: if it cannot be used.
    """
    limits = limits or Limits()
    overrides = _with_source(overrides)
    others = [place for other in apart if (place := _place(_split(other)[0]))]
    if not isinstance(spec, (str, os.PathLike)) and command is None:
        return ObjectEngine(spec, overrides, limits)
    text = os.fspath(spec) if isinstance(spec, os.PathLike) else str(spec)
    tier = sandbox.choose(isolation)
    if command is not None:
        return ProcessEngine(_command(text, command, tier, limits, Apart(alone, tuple(others))))
    request = {**_request(text, python), "overrides": overrides, "operations": list(OPS)}
    if symbols:
        request["symbols"] = True
    if watched:
        request["watched"] = True
    if inner:
        request["inner"] = True
    elsewhere = python is not None
    if request["kind"] == "package":
        _no_link(request["named"], others, alone=alone)
    kept = apart_from(request["target"], others)
    kept = replace(kept, alone=kept.alone or alone)
    interpreter = ask_python(find_python(python))
    wanted = _Wanted(text, request, interpreter, tier, limits, elsewhere, kept)
    launch = _module(wanted) if request["kind"] == "module" else _source(wanted, offered)
    try:
        return ProcessEngine(launch)
    except EngineError as error:
        error.engine = text
        raise


def _no_link(name: str, others: Sequence[str], *, alone: bool) -> None:
    """Refuse a link to a folder among other submissions, as one to a file is refused."""
    place = _place(name)
    if os.path.islink(place) and (alone or apart_from(place, others).alone):  # noqa: PTH114 - a text
        raise EngineError("not found", f"{os.path.basename(place)}: it is a link")  # noqa: PTH119


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be run, by what, and ``apart`` from whom.

    ``elsewhere``: in another environment than this one.
    """

    spec: str
    request: dict[str, Any]
    interpreter: Interpreter
    tier: str
    limits: Limits
    elsewhere: bool
    apart: Apart


def _source(wanted: _Wanted, offered: Sequence[str]) -> Launch:
    """A file, a notebook or a folder: it sees itself, the standard library and what is offered."""
    target, packages = wanted.request["target"], wanted.interpreter.packages
    if not wanted.apart.alone:  # a person named it, and means what it leads to
        target = os.path.realpath(target)
    if wanted.request["kind"] == "package":
        own = submission.of_folder(target, wanted.apart)
    else:
        own = submission.of_file(target, wanted.apart)
    load = {
        **wanted.request,
        "target": f"{HERE}/{own.places[target]}",
        "offered": list(offered),
        "packages": packages,
    }
    return _launch(wanted, target, load, ("-S",), sandbox.packages(packages, offered), own)


def _module(wanted: _Wanted) -> Launch:
    """A module of an installed environment, or of a folder on the import path.

    Of all these folders, such as that of installed packages, the current one and that of a project,
    it sees the modules that it imports, and nothing else.
    """
    first = [] if wanted.elsewhere else [p for p in (_here(), *sys.path) if p]
    path = [*first, *wanted.interpreter.path]
    folders = [p for p in dict.fromkeys(path) if _INSTALLED.search(p)]
    library = {os.path.realpath(p) for p in wanted.interpreter.stdlib}
    roots = [
        p
        for p in dict.fromkeys(path)
        if p not in folders and Path(p).is_dir() and not _below(os.path.realpath(p), library)
    ]
    own = submission.of_module(wanted.request["target"].split("."), roots, folders)
    places = own.places.values() if own else ()
    load = {**wanted.request, "path_first": [f"{HERE}/{name}" for name in places]}
    if not wanted.elsewhere:
        load["path_last"] = [p for p in folders if Path(p).is_dir()]
    view, load["hidden"] = _offered(wanted.request["target"], own, folders)
    return _launch(wanted, "", load, (), view, own)


def _offered(
    target: str, own: Submission | None, folders: Sequence[str]
) -> tuple[View, list[str]]:
    """What a module sees of the installed packages, and the names of those that it does not see."""
    files = own.files if own else {}
    names = [target, *started(folders)]
    for data in files.values():
        names += imported(data.decode("utf-8", "replace"))
    there, seen = installed(folders), needed(names, folders)
    about = [p for folder in folders for end in ("*.pth", "*-info") for p in Path(folder).glob(end)]
    inside = [*[path for name in seen for path in there[name]], *map(str, about)]
    mine = {part.partition(".")[0] for name in files for part in name.split("/")}
    hidden = sorted(set(there) - seen - mine - sys.stdlib_module_names)
    return View((), inside=tuple(inside), listed=tuple(folders)), hidden


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was deleted
        return ""


def _below(path: str, folders: Collection[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _launch(  # noqa: PLR0913, PLR0917 - all that a launch is made of
    wanted: _Wanted,
    path: str,
    load: dict[str, Any],
    flags: Sequence[str],
    view: View,
    own: Submission | None,
) -> Launch:
    python = wanted.interpreter
    # All of -I but its deafness to PYTHONHASHSEED: sets of text come out in the same order each
    # time.  The environment holds no other word to Python, and the worker forgets its own folder.
    taken = own is not None and PACKED in {name.partition("/")[0] for name in own.files}
    worker = WORKER if fits(python.executable) and not taken else None
    command = [python.executable, "-s", "-B", *flags, f"{HERE}/{PACKED}" if worker else str(WORKER)]
    itself = sandbox.interpreter(python.executable, python.stdlib, python.prefixes)
    # Inside: installed, the worker stands in the very folder that is hidden from the engine.
    everything = sandbox.system() + itself + View((), inside=(str(WORKER),)) + view
    told = (wanted.spec, path, wanted.limits, own)
    launch = Launch(wanted.tier, command, everything, _environment(), load, *told)
    return replace(launch, worker=worker)


def _command(spec: str, command: str, tier: str, limits: Limits, apart: Apart) -> Launch:
    """A program in any language: it sees what is installed, and the files that it is given."""
    words = shlex.split(command)
    program = shutil.which(words[0]) if words else None
    if program is None:
        raise EngineError(
            "command", f"there is no program {words[0]!r}" if words else "the command is empty"
        )
    # Relative names are looked up here: the program starts in another folder.
    paths = {word: str(Path(word).absolute()) for word in words[1:] if exists(word)}
    own = submission.of_paths(list(paths.values()), apart) if paths else None
    given = [f"{HERE}/{own.places[paths[w]]}" if own and w in paths else w for w in words[1:]]
    start = Path(program).absolute()
    view = View((*sandbox.PROGRAMS, str(start), str(start.resolve())))
    limits = replace(limits, threads=max(limits.threads, _PROGRAM_THREADS))
    return Launch(
        tier, [str(start), *given], view, _environment(), {"protocol": 1}, spec, "", limits, own,
        address_space=False,
    )  # fmt: skip


def _with_source(overrides: Mapping[str, str] | None) -> dict[str, str]:
    """The overrides, with the text of an adapter's file in place of its name."""
    found = dict(overrides or {})
    if unknown := [key for key in found if key not in KEYS]:
        key, keys = unknown[0], ", ".join(KEYS)
        message = f"there is no key {key!r} of an adapter{near(key, KEYS)}; the keys are {keys}"
        raise EngineError("override", message)
    if (file := found.pop("adapter", None)) is not None:
        try:
            found["source"] = read_regular(file, follow=True).decode()
        except (Unreadable, UnicodeDecodeError) as error:
            raise EngineError("override", f"the adapter {file} cannot be read: {error}") from None
    return found


def _environment() -> dict[str, str]:
    """What a worker needs of the environment, and no secrets of the harness's."""
    keep = {
        k: v
        for k in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")
        if (v := os.environ.get(k)) is not None
    }
    return keep | {
        "HOME": "/nonexistent",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        HASH_SEED: "0",
    }


def _split(text: str) -> tuple[str, str]:
    """What was named: a place or a module, and a class or an empty text."""
    name, _, wanted = text.rpartition(":") if re.search(r":[^\W\d]\w*$", text) else (text, "", "")
    return name, wanted


def _place(name: str) -> str:
    """Where a file is of that name, which may be a link; empty where none can be."""
    try:
        return str(Path(name).parent.resolve() / Path(name).name)
    except (OSError, ValueError):
        return ""


def _request(text: str, python: str | None) -> dict[str, Any]:
    """What kind of thing the text names; EngineError where there is no such thing."""
    name, wanted = _split(text)
    if not name:
        raise EngineError("not found", "an empty name names no engine")
    path = Path(name)
    bare = _MODULE.fullmatch(name) is not None
    extra = {"class": wanted or None}
    what = _what(path)
    if path.suffix in {".py", ".ipynb"} and what == "file":
        kind = "file" if path.suffix == ".py" else "notebook"
        return {"kind": kind, "target": _place(name), **extra}
    if what == "folder" and not (bare and python is not None):
        return {"kind": "package", "target": str(path.resolve()), "named": name, **extra}
    if path.suffix in {".py", ".ipynb"} or os.sep in name or not bare:
        if what == "file":
            raise EngineError("not found", f"{name} is neither a .py file nor an .ipynb notebook")
        if what == _NOTHING:
            raise EngineError("not found", f"there is no file {name}{_near_file(path)}")
        raise EngineError("not found", f"{name} is {what}")
    return {"kind": "module", "target": name, **extra}


def _near_file(path: Path) -> str:
    """The file or folder beside it that may be meant."""
    try:
        names = [other.name for other in path.parent.iterdir() if not other.name.startswith(".")]
    except (OSError, ValueError):
        return ""
    return near(path.name, names)


_NOTHING: Final = "nothing"


def _what(path: Path) -> str:
    """What is at a path, in words: a file, a folder, or why there is neither."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "a link to nothing" if path.is_symlink() else _NOTHING
    except (OSError, ValueError) as error:
        return f"no file: {getattr(error, 'strerror', None) or 'a name that cannot be'}"
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "no regular file"


def find_python(python: str | None) -> str:
    """The interpreter that a user named: a path, an environment's folder, ``3.9``, a command.

    Raises:
        EngineError: if there is none.
    """
    if python is None:
        return sys.executable
    if _VERSION.fullmatch(python):
        for candidate in candidates(python.removeprefix("python")):
            try:
                return ask_python(str(candidate)).executable
            except EngineError:  # a shim, or a broken one
                continue
        raise EngineError(
            "python", f"there is no Python {python.removeprefix('python')} on PATH or under pyenv"
        )
    path = Path(python).expanduser()
    if path.is_dir():
        for inside in ("bin/python", "bin/python3", "Scripts/python.exe"):
            if (path / inside).exists():
                return str(path.absolute() / inside)
        raise EngineError(
            "python",
            f"{python} is a folder without bin/python: "
            "give an interpreter or a virtual environment",
        )
    if path.is_file():
        return str(path.absolute())
    if found := shutil.which(python):
        return found
    raise EngineError("python", f"there is no interpreter {python}")


def installed_pythons() -> tuple[str, ...]:
    """One executable a version from 3.8 on, the oldest first; the running one is among them.

    Those that do not start are left out.
    """
    found: dict[tuple[int, ...], str] = {tuple(sys.version_info[:3]): sys.executable}
    for path in candidates():
        try:
            version = ask_python(str(path)).version
        except EngineError:
            continue
        found.setdefault(version, str(path))
    return tuple([found[version] for version in sorted(found)])


@lru_cache(maxsize=32)
def ask_python(executable: str) -> Interpreter:
    """What an interpreter says of itself.

    Raises:
        EngineError: if it is none, or older than 3.8.
    """
    # A version manager's shim finds its interpreters by these, and starts programs to do so.
    kept = {k: v for k, v in os.environ.items() if re.match(r"(PYENV|ASDF|MISE|UV)_", k)}
    home = {"HOME": os.environ.get("HOME", "/nonexistent")}
    command = [os.path.abspath(executable), "-I", "-c", _QUESTION]  # noqa: PTH100 - a link
    launch = Launch(
        "weak", command, View((executable,)), _environment() | home | kept, {}, executable, "",
        Limits(cpu_seconds=_ASKED_SECONDS, processes=_SHIMS),
    )  # fmt: skip
    try:
        with contextlib.closing(Worker(launch)) as asked:
            answer = asked.all_output(_ASKED_SECONDS, _LONGEST_ANSWER)
        version, path, stdlib, prefixes, own = json.loads(answer)
    except (OSError, EngineError, Lost, ValueError, TypeError) as error:
        reason = type(error).__name__
        raise EngineError(
            "python", f"{executable} does not run as a Python 3 interpreter: {reason}"
        ) from None
    if tuple(version) < OLDEST:
        raise EngineError(
            "python",
            f"{executable} is Python {'.'.join(map(str, version))}; 3.8 is the oldest that works",
        )
    # A version manager's shim needs its environment; the interpreter behind it does not.
    return Interpreter(
        own or executable,
        tuple(version),
        tuple(path),
        tuple(stdlib),
        tuple(dict.fromkeys(prefixes)),
    )
