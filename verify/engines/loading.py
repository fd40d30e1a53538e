"""From what the user named to a running engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from verify.engines import sandbox
from verify.engines.engine import Engine, EngineError, Limits
from verify.engines.in_process import ObjectEngine
from verify.engines.process import HASH_SEED, Launch, ProcessEngine
from verify.engines.sandbox import View
from verify.engines.worker.naming import ALIASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WORKER: Final = Path(__file__).with_name("worker")
"""A folder that Python runs; whatever else is in this one, a worker cannot read."""
OFFERED: Final = ("numpy",)
"""Installed packages that a file or a notebook may import: none that can differentiate."""
KEYS: Final = (
    "class", "leaf", "value", "gradient", "backward", "seed", "adapter", *ALIASES
)  # fmt: skip
"""What need not be guessed, see :func:`load`; the last are the operations."""
OLDEST: Final = (3, 8)
_NEWEST_MINOR: Final = 15
_VERSION: Final = re.compile(r"(python)?3\.\d{1,2}")
_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_QUESTION: Final = """
import json, sys, sysconfig
paths = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
prefixes = [sys.prefix, sys.base_prefix]
print(json.dumps([sys.version_info[:3], sys.path, paths, prefixes, sys.executable]))
"""


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
        return [p for p in self.path if re.search(r"(site|dist)-packages$", p)]


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
    watched: bool = False,
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
        watched: whether it is rewritten to be proven (``ProcessEngine.watched``); likewise.

    Raises:
        EngineError: if it cannot be used.
    """
    limits = limits or Limits()
    overrides = _with_source(overrides)
    if not isinstance(spec, (str, os.PathLike)) and command is None:
        return ObjectEngine(spec, overrides, limits)
    text = os.fspath(spec) if isinstance(spec, os.PathLike) else str(spec)
    tier = sandbox.choose(isolation)
    if command is not None:
        return ProcessEngine(_command(text, command, tier, limits))
    request = {**_request(text, python), "overrides": overrides}
    if symbols:
        request["symbols"] = True
    if watched:
        request["watched"] = True
    elsewhere = python is not None
    wanted = _Wanted(text, request, ask_python(find_python(python)), tier, limits, elsewhere)
    launch = _module(wanted) if request["kind"] == "module" else _source(wanted, offered)
    try:
        return ProcessEngine(launch)
    except EngineError as error:
        error.engine = text
        raise


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be run, and by what; ``elsewhere``: in another environment than this one."""

    spec: str
    request: dict[str, Any]
    interpreter: Interpreter
    tier: str
    limits: Limits
    elsewhere: bool


def _source(wanted: _Wanted, offered: Sequence[str]) -> Launch:
    """A file, a notebook or a folder: it sees itself, the standard library and what is offered."""
    target, packages = wanted.request["target"], wanted.interpreter.packages
    package = wanted.request["kind"] == "package"
    own = View((target,)) if package else sandbox.beside(target)
    view = sandbox.packages(packages, offered) + own
    load = {**wanted.request, "offered": list(offered), "packages": packages}
    return _launch(wanted, target, load, ("-S",), view)


def _module(wanted: _Wanted) -> Launch:
    """A module of an installed environment: it sees that environment, and the working folder."""
    first = [] if wanted.elsewhere else [p or str(Path.cwd()) for p in ("", *sys.path)]
    view = View((), inside=(*wanted.interpreter.path, *first))
    return _launch(wanted, "", {**wanted.request, "path_first": first}, (), view)


def _launch(
    wanted: _Wanted, path: str, load: dict[str, Any], flags: Sequence[str], view: View
) -> Launch:
    python = wanted.interpreter
    # All of -I but its deafness to PYTHONHASHSEED: sets of text come out in the same order each
    # time.  The environment holds no other word to Python, and the worker forgets its own folder.
    command = [python.executable, "-s", "-B", *flags, str(WORKER)]
    itself = sandbox.interpreter(python.executable, python.stdlib, python.prefixes)
    # Inside: installed, the worker stands in the very folder that is hidden from the engine.
    everything = sandbox.system() + itself + View((), inside=(str(WORKER),)) + view
    numbers = _numbers(wanted.limits, address_space=True)
    told = sandbox.order(wanted.tier, command, everything, _environment(), numbers)
    return Launch(told, load, wanted.spec, path, wanted.limits)


def _command(spec: str, command: str, tier: str, limits: Limits) -> Launch:
    """A program in any language: it sees what is installed, and the files that it is given."""
    words = shlex.split(command)
    program = shutil.which(words[0]) if words else None
    if program is None:
        raise EngineError(
            "command", f"there is no program {words[0]!r}" if words else "the command is empty"
        )
    # Relative names are looked up here: the program starts in another folder.
    paths = {word: Path(word).absolute() for word in words[1:] if Path(word).exists()}
    given = [str(paths.get(word, word)) for word in words[1:]]
    folders = [str(path.parent if path.is_file() else path) for path in paths.values()]
    start = Path(program).absolute()
    view = View((*sandbox.PROGRAMS, str(start), str(start.resolve()), *folders))
    numbers = _numbers(limits, address_space=False)
    told = sandbox.order(tier, [str(start), *given], view, _environment(), numbers)
    return Launch(told, {"protocol": 1}, spec, "", limits)


def _numbers(limits: Limits, *, address_space: bool) -> dict[str, int]:
    return {
        "cpu_seconds": limits.cpu_seconds,
        "memory": limits.memory,
        "files": limits.files,
        "processes": limits.processes,
        "address_space": address_space,
    }


def _with_source(overrides: Mapping[str, str] | None) -> dict[str, str]:
    """The overrides, with the text of an adapter's file in place of its name."""
    found = dict(overrides or {})
    if unknown := [key for key in found if key not in KEYS]:
        message = f"there is no key {unknown[0]!r} of an adapter; the keys are {', '.join(KEYS)}"
        raise EngineError("override", message)
    if (file := found.pop("adapter", None)) is not None:
        try:
            found["source"] = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
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


def _request(text: str, python: str | None) -> dict[str, Any]:
    """What kind of thing the text names; EngineError where there is no such thing."""
    name, _, wanted = text.rpartition(":") if re.search(r":[^\W\d]\w*$", text) else (text, "", "")
    path = Path(name)
    bare = _MODULE.fullmatch(name) is not None
    extra = {"class": wanted or None}
    if path.suffix in {".py", ".ipynb"} and path.is_file():
        kind = "file" if path.suffix == ".py" else "notebook"
        return {"kind": kind, "target": str(path.resolve()), **extra}
    if path.is_dir() and not (bare and python is not None):
        return {"kind": "package", "target": str(path.resolve()), "named": name, **extra}
    if path.suffix in {".py", ".ipynb"} or os.sep in name or not bare:
        if path.is_file():
            raise EngineError("not found", f"{name} is neither a .py file nor an .ipynb notebook")
        raise EngineError("not found", f"there is no file {name}")
    return {"kind": "module", "target": name, **extra}


def find_python(python: str | None) -> str:
    """The interpreter that a user named: a path, an environment's folder, ``3.9``, a command.

    Raises:
        EngineError: if there is none.
    """
    if python is None:
        return sys.executable
    if _VERSION.fullmatch(python):
        for candidate in _installed(python.removeprefix("python")):
            try:
                return ask_python(candidate).executable
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


def _installed(version: str) -> Iterator[str]:
    """Where an interpreter of a version may be: on PATH, and where version managers keep theirs."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if (path := Path(folder, f"python{version}")).is_file():
            yield str(path)
    managers = (
        os.environ.get("PYENV_ROOT", "~/.pyenv") + "/versions",
        "~/.local/share/mise/installs/python",
        "~/.asdf/installs/python",
    )
    for manager in managers:
        for found in sorted(Path(manager).expanduser().glob(f"{version}.*/bin/python")):
            yield str(found)
    builds = Path("~/.local/share/uv/python").expanduser()
    for found in sorted(builds.glob(f"cpython-{version}.*/bin/python")):
        yield str(found)


def interpreters() -> dict[str, str]:
    """Every interpreter from 3.8 on that runs here, newest last: version to path."""
    found = {}
    for minor in range(OLDEST[1], _NEWEST_MINOR + 1):
        try:
            found[f"3.{minor}"] = find_python(f"3.{minor}")
        except EngineError:
            continue
    return found


@lru_cache(maxsize=32)
def ask_python(executable: str) -> Interpreter:
    """What an interpreter says of itself.

    Raises:
        EngineError: if it is none, or older than 3.8.
    """
    try:
        done = subprocess.run(
            [executable, "-I", "-c", _QUESTION],
            capture_output=True,
            timeout=60,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        version, path, stdlib, prefixes, own = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise EngineError(
            "python", f"{executable} does not run as a Python 3 interpreter: {type(error).__name__}"
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
