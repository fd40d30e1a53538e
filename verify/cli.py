"""The door from a shell: ``verify VERB …``.

Every verb is a file of its own, ``verify/commands/<verb>.py``, found by being there and loaded only
when it is asked for; :mod:`verify.commands` says what such a file holds.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from verify import commands
from verify.engines import EngineError
from verify.expression.graph import GraphError
from verify.report import facts
from verify.report.plain import plain
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ORDER: Final = (
    "check", "prove", "compare", "record", "replay", "baseline", "grade", "kit",
    "explain", "faults", "doctor",
)  # fmt: skip
"""How ``verify --help`` lists the verbs; any other follows by its name."""

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the signal's number."""
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

    def main(self, *args: Any, **options: Any) -> NoReturn:  # noqa: ANN401 - click's signature
        """Run a verb; what it returns is the exit code, and no accident ends with a verdict's."""
        options["standalone_mode"] = False  # else click would exit, with code 1 for some
        try:
            with _insisting():
                code = super().main(*args, **options)
        except click.ClickException as error:
            error.show()
            code = Exit.UNUSABLE
        except EngineError as error:
            code = _refused(facts.refusal_of(error))
        except GraphError as error:
            code = _refused(plain(str(error)))
        except (KeyboardInterrupt, click.Abort):
            click.echo("\ninterrupted", err=True)
            code = INTERRUPTED
        except BrokenPipeError:
            # Python would complain once more when it closes the pipe at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = PIPE_CLOSED
        except Exception:  # noqa: BLE001 - a mistake of the harness must not look like a verdict
            traceback.print_exc()
            click.echo("verify: this is a mistake of the harness, not of the engine", err=True)
            code = Exit.HARNESS
        sys.exit(int(code or 0))


@contextlib.contextmanager
def _insisting() -> Iterator[None]:
    """Ctrl-C is raised again, a second later, where Python threw it away.

    It does so with whatever is raised in a callback of its garbage collector, and Hypothesis has
    one; a library that is being imported may catch it.
    """
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not heard or threading.current_thread() is not threading.main_thread():
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


def _refused(message: str) -> Exit:
    click.echo(f"Error: {message}", err=True)
    return Exit.UNUSABLE


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

    Exit codes, the same for every verb: 0 correct, 1 wrong, 2 cannot be used, 3 inconclusive,
    4 the harness itself failed.
    """
