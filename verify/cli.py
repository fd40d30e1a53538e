"""The door from a shell: ``verify VERB …``.

Every verb is a file of its own, ``verify/commands/<verb>.py``, found by being there and loaded only
when it is asked for; :mod:`verify.commands` says what such a file holds.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import traceback
from typing import Final, NoReturn

import click

from verify import commands
from verify.engines import EngineError
from verify.graph import GraphError
from verify.outcome import Exit
from verify.report import facts
from verify.report.plain import plain

ORDER: Final = (
    "check", "prove", "compare", "record", "replay", "baseline", "grade",
    "explain", "faults", "doctor",
)  # fmt: skip
"""How ``verify --help`` lists the verbs; any other follows by its name."""

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the signal's number."""
PIPE_CLOSED: Final = 141
"""Exit code when nobody reads the output any more (``verify … | head``)."""


class Refused(click.ClickException):
    """What the user named cannot be used: one message, exit code 2."""

    exit_code = int(Exit.UNUSABLE)


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

    def invoke(self, ctx: click.Context) -> NoReturn:
        """Run the verb; what it returns is the exit code, and no other way out is code 1."""
        try:
            code = super().invoke(ctx)
        except EngineError as error:
            raise Refused(facts.refusal(error)) from None
        except GraphError as error:
            raise Refused(plain(str(error))) from None
        except KeyboardInterrupt:
            click.echo("\ninterrupted", err=True)
            code = INTERRUPTED
        except BrokenPipeError:
            # Python would complain once more when it closes the pipe at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = PIPE_CLOSED
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:  # noqa: BLE001 - a mistake of the harness must not look like a verdict
            traceback.print_exc()
            click.echo("verify: this is a mistake of the harness, not of the engine", err=True)
            code = Exit.HARNESS
        ctx.exit(int(code or 0))


@click.group(
    cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88}
)
@click.version_option(package_name="micrograd-verify", prog_name="verify")
def main() -> None:
    """Are the gradients of a scalar autograd engine right?

    Exit codes, the same for every verb: 0 correct, 1 wrong, 2 cannot be used, 3 inconclusive,
    4 the harness itself failed.
    """
