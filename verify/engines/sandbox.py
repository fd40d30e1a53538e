"""Isolation in tiers: which of them this machine offers, and how a command is started in one.

A tier is named in every report with what was really in force; see :data:`TIERS`.
"""

from __future__ import annotations

import functools
import glob
import importlib.util
import os
import platform
import shutil
import struct
import subprocess
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from verify.engines.engine import EngineError
from verify.engines.unconfined import lacking
from verify.expression.near import near

if TYPE_CHECKING:
    from collections.abc import Sequence

TIERS: Final = ("weak", "landlock", "user", "bubblewrap")
"""From the weakest: a process with limits; Landlock and seccomp; the same as a user of its own;
bubblewrap's namespaces with nothing in them but the interpreter and the engine."""

CONFINE: Final = Path(__file__).with_name("confine.py")
PROGRAMS: Final = (
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/opt",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ssl/openssl.cnf",
)
"""What a program in another language may read: what is installed for everybody."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether a tier can be had here, and why not."""

    tier: str
    works: bool
    reason: str = ""


@functools.cache
def offers() -> tuple[Offer, ...]:
    """Each tier, weakest first, probed once."""
    return tuple([Offer(tier, not (reason := _missing(tier)), reason) for tier in TIERS])


def _missing(tier: str) -> str:
    """Why a tier cannot be had; empty when it can."""
    if tier == "weak":
        return ""
    if lacks := lacking():
        return lacks
    if platform.machine() not in {"x86_64", "aarch64"}:
        return f"no system call filter for {platform.machine()}"
    if tier == "bubblewrap":
        return _bubblewrap_missing()
    from verify.engines.confine import landlock_abi

    if not landlock_abi():
        return "this kernel has no Landlock"
    if tier == "user" and os.geteuid() != 0:
        return "only root can become another user"
    return ""


def _bubblewrap_missing() -> str:
    program = shutil.which("bwrap")
    if program is None:
        return "bwrap is not installed"
    try:
        done = subprocess.run(
            [program, *_UNSHARE, "--ro-bind", "/", "/", "/bin/true"],
            capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return f"bwrap does not run: {type(error).__name__}"
    return "" if done.returncode == 0 else f"bwrap is not allowed here: {done.stderr.strip()[:200]}"


_UNSHARE: Final = (
    "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
    "--unshare-cgroup-try",
    "--uid", "65534", "--gid", "65534", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
)  # fmt: skip


def runnable(source: Path) -> str:
    """The program to start for one of our source files: its compiled form, where that is fresh.

    A program that is started is compiled each time; what it imports is not.
    """
    try:
        compiled = Path(importlib.util.cache_from_source(source))
        head, found = compiled.read_bytes()[:16], source.stat()
    except (OSError, NotImplementedError):  # nothing compiled, or never by this interpreter
        return str(source)
    # PEP 552: magic number, flags 0 for "by time and size", the source's time and size.
    fresh = struct.pack(
        "<4sIII",
        importlib.util.MAGIC_NUMBER,
        0,
        int(found.st_mtime) & 0xFFFFFFFF,
        found.st_size & 0xFFFFFFFF,
    )
    return str(compiled if head == fresh else source)


@functools.cache
def unseen() -> None:
    """From here on no process of this user may look into this one or trace it; root's may.

    For the tier in which nothing else keeps the code under test from trying.
    """
    if not lacking():
        from verify.engines.confine import PR_SET_DUMPABLE, prctl

        prctl(PR_SET_DUMPABLE, 0)


def choose(wanted: str | None) -> str:
    """The best tier to be had, at least ``wanted``; ``"landlock!"`` asks for exactly that one.

    Raises:
        EngineError: if there is no such tier here.
    """
    exactly = wanted is not None and wanted.endswith("!")
    least = (wanted or "weak").rstrip("!")
    if least not in TIERS:
        message = f"there is no tier {least!r}{near(least, TIERS)}; tiers: {', '.join(TIERS)}"
        raise EngineError("isolation", message)
    enough = TIERS[TIERS.index(least) :]
    working = [
        o.tier for o in offers() if o.works and (o.tier == least if exactly else o.tier in enough)
    ]
    if not working:
        reasons = "; ".join(
            f"{o.tier}: {o.reason}" for o in offers() if o.tier in enough and not o.works
        )
        raise EngineError("isolation", f"isolation {least!r} cannot be had here ({reasons})")
    return working[-1]


@dataclass(frozen=True, slots=True)
class View:
    """What a worker sees of the file system.

    Attributes:
        roots: files and folders that it may read and execute, with all that is in them,
        hidden: except for these folders right below a root,
        inside: of which these files and folders may be read after all.
        listed: folders whose names may be listed, because an import looks through them.

    ``/`` is in no view: a worker never sees the whole disk.
    """

    roots: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()

    def __add__(self, other: View) -> View:
        return View(
            self.roots + other.roots,
            self.hidden + other.hidden,
            self.inside + other.inside,
            self.listed + other.listed,
        )


def order(
    tier: str,
    command: Sequence[str],
    view: View,
    environment: dict[str, str],
    limits: dict[str, int],
) -> dict[str, Any]:
    """What ``confine.py`` is told, less its descriptors.

    Args:
        tier: one of :data:`TIERS`.
        command: program and arguments.
        view: what it may see of the file system.
        environment: its environment, whole.
        limits: ``cpu_seconds, memory, files, processes, threads`` and ``address_space`` (whether
            ``memory`` bounds all that is mapped or only what is written to).
    """
    view = View(*(tuple([p for p in part if p != "/"]) for part in astuple(view)))
    told = {
        "tier": tier,
        "command": list(command),
        "needed": [*view.roots, *view.inside],
        "readable": [],
        "listed": [],
        "environment": environment,
        "limits": limits,
    }
    if tier == "bubblewrap":
        told["command"] = _wrapped(command, view)
    elif tier != "weak":
        told["readable"], told["listed"] = _rules(view)
    return told


def _rules(view: View) -> tuple[list[str], list[str]]:
    """The view for Landlock, which can only add: roots with something hidden are taken apart."""
    readable, listed = list(view.inside), list(view.listed)
    hidden = set(view.hidden)
    for root in dict.fromkeys(view.roots):
        if not any(os.path.dirname(h) == root for h in hidden):
            readable.append(root)
        elif os.path.isdir(root):
            listed.append(root)
            readable += [
                path
                for name in os.listdir(root)
                if (path := os.path.join(root, name)) not in hidden
            ]
    return readable, listed


def _wrapped(command: Sequence[str], view: View) -> list[str]:
    """The command behind bubblewrap, which binds what may be read and covers what is hidden.

    Outer folders come first: nothing that is needed lies below what comes later.  In the end
    nothing can be written, so that no file takes up memory that no limit counts.
    """
    words = [shutil.which("bwrap") or "bwrap", *_UNSHARE, "--dev", "/dev", "--proc", "/proc"]
    hidden = [path for path in dict.fromkeys(view.hidden) if os.path.isdir(path)]
    shown = {*view.roots, *view.inside}
    for path in sorted({*hidden, *shown}, key=lambda path: path.rstrip("/").split("/")):
        words += ["--tmpfs", path] if path in hidden else []
        words += ["--ro-bind-try", path, path] if path in shown else []
    for path in (*hidden, "/dev", "/"):
        words += ["--remount-ro", path]
    return [*words, "--chdir", "/", *command]


def system() -> View:
    """Shared libraries and what the loader reads; no installed Python packages."""
    multiarch = [
        f"{folder}/{platform.machine()}-linux-gnu"
        for folder in ("/lib", "/usr/lib", "/usr/local/lib")
    ]
    plain = [
        path
        for folder in ("/lib", "/usr/lib", "/lib64", "/usr/lib64")
        for path in glob.glob(f"{folder}/*.so*")
    ]
    return View((*multiarch, *plain, "/etc/ld.so.cache"))


def interpreter(executable: str, stdlib: Sequence[str], prefixes: Sequence[str]) -> View:
    """What an interpreter reads to run at all: itself, its library without installed packages."""
    folders = tuple(dict.fromkeys([*stdlib, *map(os.path.realpath, stdlib)]))
    around = [
        path
        for p in prefixes
        for path in (
            os.path.join(p, "pyvenv.cfg"),
            *glob.glob(os.path.join(p, "lib", "libpython*")),
        )
    ]
    return View(
        (executable, os.path.realpath(executable), *around, *folders),
        tuple(
            [os.path.join(f, name) for f in folders for name in ("site-packages", "dist-packages")]
        ),
    )


def packages(folders: Sequence[str], offered: Sequence[str]) -> View:
    """Installed packages that are offered, with the libraries that came in their wheels."""
    names = [name for package in offered for name in (package, f"{package}.libs", f"{package}.py")]
    found = [
        path
        for folder in folders
        for name in names
        if os.path.exists(path := os.path.join(folder, name))
    ]
    return View((), inside=tuple(found), listed=tuple({os.path.dirname(path) for path in found}))
