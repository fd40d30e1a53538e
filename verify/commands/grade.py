"""``verify grade``: a folder of engines, one exam for all, points by milestone."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from verify.commands import TIERS, Number, Whole, console, example, misuse
from verify.grading.formats import FORMATS
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from rich.console import Console

    from verify.grading.results import Results
    from verify.grading.rubric import Rubric
    from verify.grading.run import Progress, Task
    from verify.grading.submission import Submission

RESULTS: Final = "results.sqlite"
RUBRIC: Final = "rubric"
"""Under which the rubric is kept there."""
_MOST_NAMED: Final = 8
"""Things that are not there, in the line of a submission."""


def _path(_context: click.Context, _option: click.Parameter, name: str | None) -> Path | None:
    from pathlib import Path

    return None if name is None else Path(name)


def _there(context: click.Context, option: click.Parameter, name: str | None) -> Path | None:
    path = _path(context, option, name)
    if path is not None and not path.exists():
        raise click.BadParameter(f"there is no {name}")
    if path is not None and option.name != "submissions" and path.is_dir():
        raise click.BadParameter(f"{name} is a folder, and no file")
    return path


@click.command("grade", epilog=example("verify grade submissions --out grades"))
@click.argument("submissions", callback=_there)
@click.option("--out", metavar="FOLDER", required=True, callback=_path, help="Where results go.")
@click.option("--rubric", metavar="FILE", callback=_there, help="What is demanded, in TOML.")
@click.option("--require", metavar="LIST", help="What is demanded, as in add,mul,tanh.")
@click.option(
    "--seed", type=Whole(min=0), help="Draws the exam; secret unless told, and kept."
)
@click.option("--jobs", type=Whole(1, 256), help="Submissions at a time; one a core.")
@click.option(
    "--hints", type=Whole(0, 3), help="Help: 0 milestone, 1 program, 2 mistake, 3 all."
)
@click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True,
    help="Files for platforms; csv and jsonl unless told. Repeatable.",
)  # fmt: skip
@click.option("--one", is_flag=True, help="SUBMISSIONS is the work of one student.")
@click.option("--exam", metavar="FILE", callback=_there, help="An exam that was drawn before.")
@click.option("--resume", is_flag=True, help="Go on: only what is new or changed is run.")
@click.option("--override", metavar="FILE", callback=_there, help="Points set by hand, in CSV.")
@click.option("--thorough", is_flag=True, help="Check whole what passes the exam: seconds each.")
@click.option("--python", metavar="PATH", help="Interpreter that runs the submissions.")
@click.option("--isolation", metavar="TIER", help=f"The least isolation: {TIERS}.")
@click.option(
    "--timeout", metavar="SECONDS", type=Number(min=0.01),
    help="Most processor time for one question.",
)  # fmt: skip
@click.option("--dask", metavar="ADDRESS", help="Let the workers of a Dask cluster do it.")
@click.option("--quiet", "-q", is_flag=True, help="No line for each submission.")
@click.option("--no-color", is_flag=True, help="No colours; the variable NO_COLOR does the same.")
def command(  # noqa: PLR0913 - one argument an option
    submissions: Path,
    *,
    out: Path,
    rubric: Path | None,
    require: str | None,
    seed: int | None,
    jobs: int | None,
    hints: int | None,
    formats: tuple[str, ...],
    one: bool,
    exam: Path | None,
    resume: bool,
    override: Path | None,
    dask: str | None,
    quiet: bool,
    no_color: bool,
    **how: Any,  # noqa: ANN401 - python, isolation, timeout, thorough
) -> Exit:
    """What is each engine in SUBMISSIONS worth?

    SUBMISSIONS is a folder of files, notebooks, folders or zip files, or a zip file that Gradescope
    or Moodle exports. FOLDER gets index.html for the teacher, a page for each student, grades.csv,
    and results.sqlite, from which --resume goes on.

    Exit codes: 0 graded to the end, whatever the marks; 2 cannot be graded; 3 interrupted;
    4 the harness itself failed.
    """
    from verify.grading.output import write
    from verify.grading.results import Results

    named = _rubric(rubric, require, hints)
    _prepare(out, submissions, resume=resume)
    found = _collected(submissions, out, one=one)
    by_hand = () if override is None else _overrides(override, found)
    shown = console(no_color=no_color)
    with _kept(out / RESULTS), ExitStack() as stack:
        with misuse(ValueError):
            results = stack.enter_context(Results.open(out / RESULTS))
        demanded = _demanded(results, named, shown)
        _draw(results, out, seed, exam, quiet=quiet)
        tasks = _tasks(results, out, found, **how)
        for row in by_hand:
            results.override(*row)
        _say_slips(by_hand, demanded, shown)
        count = jobs or os.cpu_count() or 1
        if not quiet:
            _begin(tasks, results, count)
        executor, renew = _executor(dask, count, stack)
        tell = None if quiet else _teller(demanded, shown)
        done = _run(tasks, results, executor, renew, count, tell, no_color=no_color)
        gone = write(results, demanded, out, formats or ("csv", "jsonl"))
        _say(results, demanded, out, shown, done=done, gone=gone)
    return Exit.CORRECT if done else Exit.INCONCLUSIVE


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    """Say plainly that results cannot be kept: a full disk is nobody's mistake here."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise click.UsageError(f"{path}: {error}; --resume goes on when there is room") from None


def _rubric(
    path: Path | None, require: str | None, hints: int | None
) -> Callable[[Rubric | None], Rubric]:
    """What makes the rubric from the one that was kept, if any; a wrong one is refused now."""
    from dataclasses import replace

    from verify.grading import rubric as reading

    with misuse(reading.RubricError, OSError):
        whole = None if path is None else reading.load(path)
        if require is not None:
            reading.required(reading.Rubric(), require)

    def made(kept: Rubric | None) -> Rubric:
        found = whole or kept or reading.Rubric()
        found = found if require is None else reading.required(found, require)
        return found if hints is None else replace(found, hints=hints)

    return made


def _demanded(
    results: Results, made: Callable[[Rubric | None], Rubric], shown: Console
) -> Rubric:
    """The rubric of this class: that of the run before, unless another one is named."""
    from verify.grading.rubric import dumps, loads

    text = results.noted(RUBRIC)
    kept = None if text is None else loads(text)
    found = made(kept)
    if kept is not None and kept != found:
        shown.print("the rubric is another than before: all points are worked out by it")
    results.note(RUBRIC, dumps(found))
    return found


def _prepare(out: Path, submissions: Path, *, resume: bool) -> None:
    """The folder of the results, which nothing overwrites unasked."""
    if out.resolve() == submissions.resolve() or submissions.resolve() in out.resolve().parents:
        raise click.UsageError(f"--out {out} lies among the submissions: choose another folder")
    if (out / RESULTS).exists() and not resume:
        raise click.UsageError(
            f"{out} holds results already: --resume goes on with them, or choose another folder"
        )
    if resume and not (out / RESULTS).exists():
        click.echo(f"--resume: {out} holds no results yet; a new class begins there", err=True)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"--out {out}: {error.strerror}") from None


def _draw(
    results: Results, out: Path, seed: int | None, given: Path | None, *, quiet: bool
) -> None:
    """Draw the exam, or take the one that is there, or that was given."""
    import secrets
    import shutil

    from verify.corpus.format import CorpusError
    from verify.grading.paper import QUESTIONS
    from verify.grading.run import EXAM, exam

    kept = results.noted("seed")
    if kept is not None and seed not in {None, int(kept)}:
        raise click.UsageError(f"this class has an exam already, of seed {kept}: leave out another")
    if given is not None and seed is not None:
        raise click.UsageError("--exam and --seed: an exam that was drawn has its seed")
    chosen = int(kept) if kept is not None else secrets.randbelow(2**32) if seed is None else seed
    with misuse(CorpusError, OSError):
        if given is None:
            results.note("seed", str(chosen))  # first: what is killed while drawing draws it again
        elif not (out / EXAM).exists():
            new = out / f"{EXAM}.new"
            shutil.copyfile(given, new)
            new.replace(out / EXAM)  # whole or not at all
        elif (out / EXAM).read_bytes() != given.read_bytes():
            raise click.UsageError(f"--exam {given}: this class has another exam already")
        if not (quiet or (out / EXAM).exists()):
            click.echo(
                f"drawing the exam: some {QUESTIONS:,} questions, answered once for all", err=True
            )
        paper = exam(out, chosen)
    results.note("seed", str(paper.seed))
    results.note("exam", paper.digest)


def _collected(submissions: Path, out: Path, *, one: bool) -> list[Submission]:
    """What was handed in."""
    import shutil

    from verify.grading.archives import ArchiveError
    from verify.grading.submission import KINDS, collect, single

    if not one and submissions.is_file() and submissions.suffix.lower() in KINDS:
        reason = "it is the work of one student: say --one, or name the folder that it lies in"
        raise click.UsageError(f"{submissions}: {reason}")
    unpacked = out / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    with misuse(ArchiveError, OSError, what=f"{submissions}: "):
        found = [single(submissions, unpacked)] if one else collect(submissions, unpacked)
    if not found:
        reason = "there is no .py file, notebook, folder or zip file in it"
        raise click.UsageError(f"{submissions}: {reason}")
    return found


def _tasks(  # noqa: PLR0913 - what a task is made of
    results: Results,
    out: Path,
    found: Sequence[Submission],
    *,
    python: str | None,
    isolation: str | None,
    timeout: float | None,
    thorough: bool,
) -> list[Task]:
    """What there is to do."""
    from dataclasses import replace

    from verify.grading.run import EXAM, LIMITS, Task

    results.expect(found)
    digest = f"{results.noted('exam')}{' and a check' if thorough else ''}"
    limits = LIMITS if timeout is None else replace(LIMITS, seconds=timeout)
    path = str((out / EXAM).resolve())
    return [Task(who, path, digest, python, isolation, limits, thorough) for who in found]


def _begin(tasks: Sequence[Task], results: Results, jobs: int) -> None:
    """Say what there is to do: the first line about a submission may take a while."""
    if todo := sum(not results.has(task.submission, task.digest) for task in tasks):
        click.echo(f"grading {todo} of {_counted(len(tasks))}, {jobs} at a time", err=True)


def _counted(number: int) -> str:
    return f"{number} submission{'s' * (number != 1)}"


def _overrides(path: Path, found: Sequence[Submission]) -> Sequence[tuple[str, float | None, str]]:
    """Those of a file; a wrong one is refused before anything is run."""
    from verify.grading.overrides import OverrideError, read

    with misuse(OverrideError, OSError, what="--override "):
        return read(path, found)


def _say_slips(
    by_hand: Sequence[tuple[str, float | None, str]], rubric: Rubric, shown: Console
) -> None:
    """Say which points by hand are taken back, or more than the rubric has: meant, or mistyped."""
    for key, points, _ in by_hand:
        if points is None:
            _print(shown, f"--override takes back what was set by hand for {key}")
        elif points > rubric.total:
            _print(shown, f"--override gives {key} {points:g} of {rubric.total:g} points")


def _executor(
    dask: str | None, jobs: int, stack: ExitStack
) -> tuple[Executor, Callable[[], Executor] | None]:
    from verify.grading.run import pool, warm

    if dask is not None:
        from verify.grading.cluster import ClusterError, connected

        with misuse(ClusterError, what=f"--dask {dask}: "):
            return stack.enter_context(connected(dask)), None
    warm()
    return stack.enter_context(pool(jobs)), lambda: pool(jobs)


def _run(  # noqa: PLR0913, PLR0917 - who does what, and how it is told
    tasks: list[Task],
    results: Results,
    executor: Executor,
    renew: Callable[[], Executor] | None,
    jobs: int,
    tell: Callable[[Progress], None] | None,
    *,
    no_color: bool,
) -> bool:
    """Grade, and tell each as it comes; whether it went to the end."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from verify.grading.run import grade

    live = console(stderr=True, no_color=no_color)
    bar = Bar(
        TextColumn("{task.description}", markup=False), BarColumn(bar_width=20),
        MofNCompleteColumn(), TimeRemainingColumn(),
        console=live, transient=True, disable=not live.is_terminal,
    )  # fmt: skip
    try:
        with bar:
            place = bar.add_task("grading", total=len(tasks))
            for one in grade(tasks, results, executor, jobs, renew=renew):
                bar.update(place, completed=one.done, description=one.submission.student[:30])
                if tell is not None:
                    tell(one)
    except KeyboardInterrupt:
        executor.shutdown(wait=False, cancel_futures=True)
        return False
    return True


def _teller(rubric: Rubric, shown: Console) -> Callable[[Progress], None]:
    """Tells a submission when it is done."""

    def tell(one: Progress) -> None:
        _print(shown, _line(one, rubric))

    return tell


def _print(shown: Console, text: str) -> None:
    """In lines as wide as the screen, the later ones set in; words stay whole where they fit."""
    import textwrap

    lines = textwrap.wrap(text, shown.width, subsequent_indent="    ", break_on_hyphens=False)
    for line in lines:
        shown.print(line, soft_wrap=True, markup=False, highlight=False)


def _line(one: Progress, rubric: Rubric) -> str:
    """A submission in a line: who, the mistakes and what is not there, or the reason."""
    from verify.grading.evidence import GRADED, REACHES, loads
    from verify.grading.marks import lacking, marks

    seen = loads(one.evidence)
    if seen.status != GRADED:
        text = f"not graded: {seen.reason} {seen.advice}".strip()
    else:
        reached = [sign.evidence for sign in seen.warnings if sign.kind == REACHES]
        titles = [*[told.title for told in seen.found], *reached[:1]] or ["no mistake found"]
        text = "; ".join([*titles, *lacking(marks(seen, rubric), _MOST_NAMED), *seen.partly])
    number = f"[{one.done}/{one.total}]"
    return f"{number} {one.submission.student} ({one.submission.shown}): {text}".replace("\n", " ")


def _say(  # noqa: PLR0913 - all that is said in the end
    results: Results,
    rubric: Rubric,
    out: Path,
    shown: Console,
    *,
    done: bool,
    gone: Sequence[str],
) -> None:
    """What came of the class, in a few lines."""
    from collections import Counter

    from verify.grading.output import CLASS, rows

    counts: Counter[str] = Counter()
    points = []
    for row in rows(results, rubric):
        counts[row.marks.verdict] += 1
        if row.marks.verdict != "not graded":
            points.append(row.marks.points)
    words = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    if points:
        whom = f", of {len(points)} graded" if len(points) < counts.total() else ""
        mean = sum(points) / len(points)
        words = f"{words}; mean {mean:.1f} of {rubric.total:g} points{whom}"
    _print(shown, f"{_counted(counts.total())}: {words}")
    shown.print(f"exam of seed {results.noted('seed')}; see {out / CLASS}", markup=False)
    if gone:
        names = ", ".join(gone)
        _print(shown, f"pages of submissions that are no longer there were removed: {names}")
    if not done:
        shown.print("interrupted: go on with --resume", markup=False)
