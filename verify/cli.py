"""The door from a shell: ``verify VERB …``.

Every verb is a file of its own, ``verify/commands/<verb>.py``, found by being there and loaded only
when it is asked for; :mod:`verify.commands` says what such a file holds.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import pkgutil
import re
import signal
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

import click

from verify import commands
from verify.engines import EngineError
from verify.engines.engine import broke_off
from verify.expression.graph import GraphError
from verify.expression.near import near
from verify.report import facts
from verify.report.facts import REMEDIES
from verify.report.plain import plain
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

ORDER: Final = (
    "check", "prove", "compare", "record", "replay", "baseline", "grade", "kit",
    "explain", "faults", "doctor",
)  # fmt: skip
"""How ``verify --help`` lists the verbs; any other follows by its name."""

LASTING: Final = frozenset({"prove", "compare", "record", "replay", "baseline", "faults"})
"""Verbs that may take minutes and show no progress of their own."""

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the signal's number."""
COLLECT: Final = (20_000, 20, 100)
"""How many objects make Python look for cycles, and how often it looks at older ones too.  Most of
what a check makes lives to its end: looking through all of it again and again took a quarter of the
time."""
_NOT_ONE_OF: Final = re.compile(r"'(.*)' is not one of ", re.DOTALL)
"""How click refuses a value."""
PIPE_CLOSED: Final = 141
"""Exit code when nobody reads the output any more (``verify … | head``)."""


class Verbs(click.Group):
    """The verbs of ``verify/commands``, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names of the verbs, in :data:`ORDER`."""
        found = {module.name for module in pkgutil.iter_modules(commands.__path__)}
        return [*(verb for verb in ORDER if verb in found), *sorted(found.difference(ORDER))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, or ``None`` if there is no such verb."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"verify.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that is called; one that does not exist is told with the one that is like it."""
        known = self.list_commands(ctx)
        if args and args[0] not in known:
            ctx.fail(f"No such command {args[0]!r}{near(args[0], known)}")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **options: Any) -> NoReturn:  # noqa: ANN401 - click's signature
        """Run a verb; what it returns is the exit code, and no accident ends with a verdict's."""
        options["standalone_mode"] = False  # else click would exit, with code 1 for some
        _open_streams()
        try:
            _somewhere()
            with _insisting(), _lasting(sys.argv[1:]):
                code = super().main(*args, **options)
            _flush()
        except click.ClickException as error:
            code = _misused(error)
        except EngineError as error:
            code = _refused(facts.refusal_of(error))
        except GraphError as error:
            code = _refused(plain(str(error)))
        except (KeyboardInterrupt, click.Abort):
            _say("\ninterrupted")
            code = INTERRUPTED
        except BrokenPipeError:
            _forget_output()
            code = PIPE_CLOSED
        except OSError as error:  # a full disk, no descriptor left, a current folder that is gone
            _forget_output()
            code = _refused(plain(f"{error.strerror or error}{_of(error)}"))
        except Exception as error:  # noqa: BLE001 - an accident must not look like a verdict
            _say(f"verify: {plain(broke_off(error).message)}")
            _say("verify: this is a mistake of the harness, not of the engine")
            _say(REMEDIES["accident"])
            code = Exit.HARNESS
        sys.exit(int(code or 0))


def _somewhere() -> None:
    """Say that the current folder is gone before some import says something else of it.

    Raises:
        FileNotFoundError: if it is.
    """
    try:
        Path.cwd()
    except FileNotFoundError as error:
        match = "the current folder is gone: change to another"
        raise FileNotFoundError(error.errno, match) from None


@contextlib.contextmanager
def _insisting() -> Iterator[None]:
    """Ctrl-C is raised again, a second later, where Python threw it away.

    It does so with whatever is raised in a callback of its garbage collector, and Hypothesis has
    one; a library that is being imported may catch it.
    """
    by_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    alarms = hasattr(signal, "SIGALRM") and hasattr(signal, "setitimer")
    if not (by_default and alarms) or threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(_signal: int, _frame: FrameType | None) -> NoReturn:
        signal.setitimer(signal.ITIMER_REAL, 1.0)
        raise KeyboardInterrupt

    def thrown_away(what: sys.UnraisableHookArgs) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):  # that one comes again
            told(what)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGALRM)}
    told, sys.unraisablehook = sys.unraisablehook, thrown_away
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = told
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _lasting(
    words: Sequence[str], silent: float = facts.SILENT, say: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Say now and then that a verb which has no progress of its own is still at work.

    Args:
        words: of the command line, the verb first.
        silent: seconds for which nothing is said.
        say: where to; standard error, where nobody has put something else in its place.
    """
    if not words or words[0] not in LASTING or (say is None and sys.stderr is not sys.__stderr__):
        yield
        return
    over, begun = threading.Event(), time.monotonic()

    def tell() -> None:
        wait = silent
        while not over.wait(wait):
            (say or _say)(f"verify: {words[0]} is at work, {time.monotonic() - begun:.0f} s")
            wait = facts.EVERY

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _refused(message: str) -> Exit:
    words = f"Error: {message}"
    _say(textwrap.fill(words, 80, break_long_words=False, break_on_hyphens=False))
    return Exit.UNUSABLE


def _misused(error: click.ClickException) -> Exit:
    context = getattr(error, "ctx", None)
    if context is not None:
        _say(context.get_usage())
        _say(f"Try '{context.command_path} --help' for help.\n")
    match, meant = error.format_message(), _meant(error)
    return _refused(plain(f"{match.rstrip('.')}{meant}" if meant else match, 1000))


def _meant(error: click.ClickException) -> str:
    """Which of the values of an option is like the one that it does not have."""
    kind = getattr(getattr(error, "param", None), "type", None)
    match = _NOT_ONE_OF.match(error.message)
    if match is None or not isinstance(kind, click.Choice):
        return ""
    return near(match[1], map(str, kind.choices))


def _say(text: str) -> None:
    """To standard error, if anybody reads it: what cannot be told changes no exit code."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, err=True)


def _of(error: OSError) -> str:
    return f": {error.filename}" if error.filename else ""


def _open_streams() -> None:
    """Standard streams that are closed lead nowhere, and no character is too much for any of them.

    Otherwise the next file that is opened would be taken for one of them.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is not in use: this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flush() -> None:
    """Tell now, not when Python ends, whether what was said could be said."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def _forget_output() -> None:
    """Python would complain once more when it writes the rest at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if not _writes(stream):
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _writes(stream: TextIO) -> bool:
    try:
        stream.flush()
    except OSError:
        return False
    return True


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from verify.versions import versions

        click.echo(f"verify {versions()['micrograd-verify']}")
        context.exit()


@click.group(
    cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version.",
)
def main() -> None:
    """Are the gradients of a scalar autograd engine right?

    Exit codes: 0 correct, 1 wrong (of compare: different), 2 cannot be used, 3 inconclusive,
    4 the harness itself failed. A verb that judges no engine ends with 0 when it is done: grade
    when the class is graded to the end, whatever the marks; 3 says that it was interrupted.
    """
    gc.set_threshold(*COLLECT)
