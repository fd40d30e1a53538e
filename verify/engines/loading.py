"""From what the user named to a running engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from verify.engines.engine import Engine, EngineError, Limits
from verify.engines.in_process import ObjectEngine
from verify.engines.process import Launch, ProcessEngine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORKER: Final = Path(__file__).with_name("worker.py")
OFFERED: Final = ("numpy",)
"""Installed packages that a file or a notebook may import: none that can differentiate."""
OLDEST: Final = (3, 8)
_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_QUESTION: Final = """
import json, site, sys
print(json.dumps([sys.version_info[:3], sys.path, sys.executable]))
"""


def load(
    spec: object,
    *,
    python: str | None = None,
    command: str | None = None,
    limits: Limits | None = None,
    isolation: str | None = None,
    overrides: Mapping[str, str] | None = None,
    offered: Sequence[str] = OFFERED,
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
            ``seed`` (``none``, ``set``, ``argument``), or an operation's spelling.
        offered: installed packages that a file or a notebook may import.

    Raises:
        EngineError: if it cannot be used.
    """
    limits = limits or Limits()
    if not isinstance(spec, (str, os.PathLike)) and command is None:
        return ObjectEngine(spec, overrides)
    text = os.fspath(spec) if isinstance(spec, os.PathLike) else str(spec)
    if command is not None:
        words = tuple(shlex.split(command))
        if not words:
            raise EngineError("command", "the command is empty")
        return ProcessEngine(Launch(words, {"protocol": 1}, text, "", limits, _environment()))
    request = _request(text, python)
    interpreter = find_python(python)
    version, path, executable = ask_python(interpreter)
    packages = [p for p in path if re.search(r"(site|dist)-packages", p)]
    flags = ["-I", "-B"]
    if request["kind"] != "module":
        flags.append("-S")
        request |= {"offered": list(offered), "packages": packages}
    elif python is None:
        request |= {"path_first": [str(Path.cwd())], "packages": packages}
    request["overrides"] = dict(overrides or {})
    where = request["target"] if request["kind"] != "module" else ""
    launch = Launch((executable, *flags, str(WORKER)), request, text, where, limits, _environment())
    return ProcessEngine(launch)


def _environment() -> dict[str, str]:
    """What a worker needs of the environment, and no secrets of the harness's."""
    keep = {k: v for k in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if (v := os.environ.get(k)) is not None}
    return keep | {"HOME": "/nonexistent", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}


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
        return {"kind": "package", "target": str(path.resolve()), **extra}
    if path.suffix in {".py", ".ipynb"} or os.sep in name or not bare:
        if path.is_file():
            raise EngineError("not found", f"{name} is neither a .py file nor an .ipynb notebook")
        raise EngineError("not found", f"there is no file {name}")
    return {"kind": "module", "target": name, **extra}


def find_python(python: str | None) -> str:
    """The interpreter that a user named: a path, a virtual environment's folder, or a command.

    Raises:
        EngineError: if there is none.
    """
    if python is None:
        return sys.executable
    path = Path(python).expanduser()
    if path.is_dir():
        for inside in ("bin/python", "bin/python3", "Scripts/python.exe"):
            if (path / inside).exists():
                return str(path.absolute() / inside)
        raise EngineError("python", f"{python} is a folder without bin/python: give an interpreter or a virtual environment")
    if path.is_file():
        return str(path.absolute())
    if found := shutil.which(python):
        return found
    raise EngineError("python", f"there is no interpreter {python}")


@lru_cache(maxsize=32)
def ask_python(interpreter: str) -> tuple[tuple[int, ...], tuple[str, ...], str]:
    """Version, search path and executable of an interpreter.

    Raises:
        EngineError: if it is none, or older than 3.8.
    """
    if interpreter == sys.executable:
        path = [*sys.path, *site.getsitepackages()]
        return tuple(sys.version_info[:3]), tuple(dict.fromkeys(path)), interpreter
    try:
        done = subprocess.run(
            [interpreter, "-I", "-c", _QUESTION], capture_output=True, timeout=10, check=True, stdin=subprocess.DEVNULL
        )
        version, path, _ = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise EngineError("python", f"{interpreter} does not run as a Python 3 interpreter: {type(error).__name__}") from None
    if tuple(version) < OLDEST:
        raise EngineError("python", f"{interpreter} is Python {'.'.join(map(str, version))}; 3.8 is the oldest that works")
    return tuple(version), tuple(path), interpreter
