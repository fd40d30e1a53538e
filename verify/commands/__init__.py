"""The verbs of the command line: one file a verb, named after it.

A file ``verify/commands/<verb>.py`` is a verb by being there; nothing else is edited.  It holds

- ``command``, a :class:`click.Command` whose help text says what the verb answers;
- at module level only imports of click, :mod:`verify.commands` and :mod:`verify.verdict.outcome`:
  what is heavy (SymPy, Hypothesis, rich, torch) is imported inside the command, so that
  ``verify --help`` and every other verb stay quick;
- a callback that **returns** an :class:`~verify.verdict.outcome.Exit` (``None`` is 0).  It lets
  :class:`~verify.engines.EngineError` and :class:`~verify.expression.graph.GraphError` pass: the
  group turns them into one message and code 2.  Bad combinations of options are
  :class:`click.UsageError`.

Options that several verbs share stand here.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from verify.engines import Engine, EngineInfo, Limits
    from verify.report.screen import Screen
    from verify.verdict.outcome import Outcome

F = TypeVar("F", bound="Callable[..., Any]")
TIERS: Final = "weak, landlock, user, bubblewrap; with ! at the end exactly that one"
"""Of :data:`verify.engines.sandbox.TIERS`, which would take long to import."""
KEYS: Final = "class, leaf, value, gradient, backward, seed, adapter"
"""Of :data:`verify.engines.loading.KEYS`, without the operations."""
SEVERITY: Final = (Exit.HARNESS, Exit.UNUSABLE, Exit.WRONG, Exit.INCONCLUSIVE, Exit.CORRECT)
"""What makes the run itself worthless comes first, then what was not checked at all, then what was
found."""
TOTAL: Final = 300
"""Seconds of ``--total`` unless told, see :class:`~verify.engines.Limits`."""


class Whole(click.IntRange):
    """A whole number within bounds; anything else is said to be no whole number."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None  # noqa: ANN401 - as click has it
    ) -> Any:  # noqa: ANN401 - as above
        """The number.

        Raises:
            click.BadParameter: for anything else.
        """
        try:
            int(value)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is not a whole number", param, ctx)
        return super().convert(value, param, ctx)


class Number(click.FloatRange):
    """A number within bounds; anything else is said to be no number."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None  # noqa: ANN401 - as above
    ) -> Any:  # noqa: ANN401 - as above
        """The number.

        Raises:
            click.BadParameter: for anything else.
        """
        try:
            float(value)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is not a number", param, ctx)
        return super().convert(value, param, ctx)


def example(*lines: str) -> str:
    """The end of a verb's help: commands as they are typed, each on a line of its own."""
    return "\b\nFor example:\n" + "\n".join(f"  {line}" for line in lines)


def engine_options(command: F) -> F:
    """Options that say how an engine is loaded; pass what they give to :func:`load_engine`.

    They arrive as the keywords ``class_name``, ``command``, ``isolation``, ``adapter``, ``timeout``
    and ``total``; ``--python`` is left to the verb, since some take several.
    """
    for option in (
        click.option(
            "--class", "class_name", metavar="NAME", help="The class, where a file has several."
        ),
        click.option("--command", metavar="LINE", help="A program that speaks the protocol."),
        click.option("--isolation", metavar="TIER", help=f"The least isolation: {TIERS}."),
        click.option(
            "--adapter",
            metavar="KEY=VALUE|FILE",
            multiple=True,
            help="What must not be guessed, e.g. gradient=g, or a TOML file of such. Repeatable. "
            f"KEY is {KEYS}, or an operation.",
        ),
        click.option(
            "--timeout",
            metavar="SECONDS",
            type=Number(min=0.01),
            help="Most processor time for one graph.",
        ),
        click.option(
            "--total",
            metavar="SECONDS",
            type=Number(min=0.1),
            help=f"Most processor time for one engine in all; {TOTAL} unless told.",
        ),
    ):
        command = option(command)
    return command


def load_engine(
    spec: str,
    *,
    class_name: str | None = None,
    adapter: tuple[str, ...] = (),
    timeout: float | None = None,
    total: float | None = None,
    **options: Any,  # noqa: ANN401 - the other keywords of load, as they are
) -> Engine:
    """The engine that the options name; the caller closes it.

    Raises:
        EngineError: if it cannot be used.
        click.UsageError: for an ``--adapter`` that is neither ``KEY=VALUE`` nor a TOML file.
    """
    from verify.engines import load

    overrides = read_overrides(adapter) | ({"class": class_name} if class_name else {})
    return load(spec, limits=limits(timeout, total), overrides=overrides or None, **options)


def reaches(info: EngineInfo, so: str) -> bool:
    """Whether its code reaches into the program that asks it; then this is said, and what follows.

    Args:
        info: of a loaded engine, unwatched.
        so: what is therefore so: ``no answer of it is believed``.
    """
    if not info.reaches:
        return False
    from verify.checking.reaching import place
    from verify.report.plain import plain

    words = f"its code reaches into the program that asks it: {place(*info.reaches[0])}"
    click.echo(plain(f"{info.spec}: {so}: {words}"), err=True)
    return True


def limits(timeout: float | None, total: float | None = None) -> Limits | None:
    """The limits with other seconds of processor time, for a graph and in all.

    ``None`` where neither is another than usual.
    """
    from verify.engines import Limits

    told = {"seconds": timeout, "total_seconds": total}
    changed = {name: value for name, value in told.items() if value is not None}
    return Limits(**changed) if changed else None  # type: ignore[arg-type]  # seconds alone


def read_overrides(adapter: tuple[str, ...]) -> dict[str, str]:
    """What ``--adapter`` says: ``KEY=VALUE`` pairs and TOML files, the later one wins.

    Raises:
        click.UsageError: naming the one that cannot be read.
    """
    import tomllib

    from verify.engines.regular import Unreadable, read_regular

    found: dict[str, str] = {}
    for item in adapter:
        key, equals, value = item.partition("=")
        if equals:
            found[key.strip()] = value.strip()
            continue
        try:
            table = tomllib.loads(read_regular(item, follow=True).decode())
        except (Unreadable, ValueError, RecursionError) as error:
            message = f"--adapter {item}: neither KEY=VALUE nor a TOML file ({error})"
            raise click.UsageError(message) from None
        table = table.get("adapter", table)
        if not isinstance(table, dict):  # an adapter class in a file of its own
            table = {"adapter": table}
        for key, value in table.items():
            if not isinstance(value, str):
                kind = type(value).__name__
                raise click.UsageError(f"--adapter {item}: {key} must be text, not {kind}")
        found |= table
    return found


def _json_file(_context: click.Context, _option: click.Parameter, file: str | None) -> str | None:
    """Refuse early what could not be written after a long run."""
    from pathlib import Path

    try:
        place = Path(file or "-").absolute()
        unfit = place.is_dir() or not place.parent.is_dir()
    except (OSError, ValueError):  # a name too long, a NUL, a current folder that is gone
        unfit = True
    if file and file != "-" and unfit:
        raise click.BadParameter(f"{file}: not a file in an existing folder")
    return file


json_option: Final = click.option(
    "--json",
    "json_file",
    metavar="FILE",
    callback=_json_file,
    help="Write the report as one JSON object; - is standard output, without text.",
)
"""``--json FILE``, as the keyword ``json_file``; pass it to :func:`write_json`."""
verbose_option: Final = click.option(
    "--verbose", "-v", is_flag=True, help="All that was judged, what was not, and why."
)
pythons_option: Final = click.option(
    "--python",
    "pythons",
    metavar="PATH",
    multiple=True,
    help="Interpreter or virtual environment that runs the engine. Repeatable.",
)
seed_option: Final = click.option(
    "--seed",
    type=Whole(min=0),
    default=0,
    show_default=True,
    help="The same seed tries the same expressions.",
)
quiet_option: Final = click.option(
    "--quiet", "-q", is_flag=True,
    help="The verdict alone; that work goes on is said on standard error.",
)  # fmt: skip
no_color_option: Final = click.option(
    "--no-color", is_flag=True, help="No colours; the variable NO_COLOR does the same."
)


def corpus_file(
    _context: click.Context, _option: click.Parameter, file: str | None
) -> Path | None:
    """The callback of an option or argument that names a corpus to read.

    ``reference`` is the one that comes with the installation, unless a file is called so.
    """
    from pathlib import Path

    from verify.corpus.reference import NAME, reference

    if file is None:
        return None
    if (path := Path(file)).is_file():
        return path
    if file == NAME:
        return reference()
    remedy = f"`verify record` makes a corpus, and the installed one is called {NAME}"
    raise click.BadParameter(f"there is no file {file}; {remedy}")


@contextmanager
def misuse(*kinds: type[Exception], what: str = "") -> Iterator[None]:
    """A stretch in which errors of these kinds are told as a wrong use, behind ``what`` it is of.

    Raises:
        click.UsageError: with the error's own message.
    """
    try:
        yield
    except kinds as error:
        raise click.UsageError(f"{what}{error}") from None


def write_json(file: str, data: dict[str, Any]) -> None:
    """Write one JSON object to a file, or to standard output for ``-``.

    Raises:
        click.UsageError: if the file cannot be written.
    """
    from verify.report.json import dumps

    if file == "-":
        click.echo(dumps(data), nl=False)
        return
    write_file("--json", file, dumps(data).encode("ascii"))


def write_file(option: str, file: str | Path, data: bytes) -> None:
    """Write a file that an option names; the old one stays until the new one is whole.

    Raises:
        click.UsageError: if it cannot be written.
    """
    from verify.files import replace_file

    try:
        replace_file(file, data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"{option} {file}: {reason}") from None


def console(*, stderr: bool = False, no_color: bool = False) -> Screen:
    """See :func:`verify.report.screen.screen`, which is loaded when it is needed."""
    from verify.report.screen import screen

    return screen(stderr=stderr, no_color=no_color)


def print_outcome(  # noqa: PLR0913 - how a report is printed
    shown: Screen, outcome: Outcome, again: str, level: int = 3, *, verbose: bool, quiet: bool
) -> None:
    """The report of an outcome, at a level of help; the verdict alone where no more is wanted."""
    from verify.report.text import report, verdict_lines

    if quiet or outcome.verdict == "unusable":
        shown.lines(verdict_lines(outcome, shown.width, level))
    else:
        shown.lines(report(outcome, shown.width, again, level, verbose=verbose))


def worst(outcomes: Iterable[Outcome]) -> Exit:
    """The exit code of several: the first of :data:`SEVERITY` that occurs."""
    codes = {outcome.exit_code for outcome in outcomes}
    return next(code for code in SEVERITY if code in codes)
