"""``verify explain``: one expression at one point, node by node, as every oracle sees it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from verify.commands import (
    console,
    engine_options,
    example,
    json_option,
    load_engine,
    write_file,
    write_json,
)
from verify.verdict.outcome import Exit

if TYPE_CHECKING:
    from verify.checking.assess import Examined
    from verify.expression.graph import Case
    from verify.oracles.registry import Testimony


@click.command(
    "explain",
    epilog=example(
        'verify explain "c = a * b; c + c" a=2 b=-3',
        'verify explain "a.tanh() + a" --engine student.py --html page.html',
    ),
)
@click.argument("expression")
@click.argument("inputs", metavar="[NAME=NUMBER]...", nargs=-1)
@click.option("--engine", metavar="ENGINE", help="Show what this engine says, too.")
@click.option("--python", metavar="PATH", help="Interpreter that runs the engine.")
@click.option("--dot", metavar="FILE", help="Draw the graph for Graphviz; - is standard output.")
@click.option("--html", metavar="FILE", help="Write a page with the picture and the numbers.")
@engine_options
@json_option
def command(  # noqa: PLR0913 - one argument an option
    expression: str,
    *,
    inputs: tuple[str, ...],
    engine: str | None,
    python: str | None,
    dot: str | None,
    html: str | None,
    json_file: str | None,
    **options: Any,  # noqa: ANN401 - what engine_options gives
) -> Exit:
    """What is every node's value and gradient, and who says so?

    A name that is not assigned is an input; where no input has a number, all get usual ones.  An
    expression that begins with a minus goes behind two dashes: verify explain -- "-a * b" a=2 b=-3.
    """
    from verify.checking.usual_point import usual_point
    from verify.expression.graph import Case, Graph
    from verify.oracles.registry import consult
    from verify.report import explain
    from verify.report.explanation import Explanation, page

    numbers = [_input(text) for text in inputs]
    graph = Graph.parse(expression)
    case = Case.of(graph, dict(numbers)) if numbers else usual_point(graph)
    if len(dict(numbers)) < len(numbers):
        raise click.UsageError(f"{' '.join(inputs)}: give each input once")
    testimony = consult(case)
    examined = _examined(engine, case, testimony, python=python, **options) if engine else None
    if dot:
        _write("--dot", dot, explain.dot(testimony, examined))
    if html:
        _write("--html", html, page(Explanation(testimony, examined)))
    if json_file:
        write_json(json_file, explain.data(testimony, examined))
    if "-" not in {dot, html, json_file}:
        shown = console()
        if not numbers:
            shown.print("numbers chosen here; write others as NAME=NUMBER")
        shown.lines(explain.lines(testimony, shown.width, examined))
    return _exit(testimony, examined)


def _examined(spec: str, case: Case, testimony: Testimony, **options: Any) -> Examined:  # noqa: ANN401
    from verify.checking.assess import examine

    with load_engine(spec, **options) as engine:
        return examine(engine, case, testimony)


def _exit(testimony: Testimony, examined: Examined | None) -> Exit:
    from verify.verdict.disputes import disputes

    if disputes(testimony):
        return Exit.HARNESS
    return Exit.WRONG if examined is not None and examined.judgement.wrong else Exit.CORRECT


def _input(text: str) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text}: write inputs as NAME=NUMBER, such as a=2")
    for kind in (int, float):
        try:
            value: float = kind(number)
        except ValueError:
            continue
        if math.isfinite(value):
            return name.strip(), value
    raise click.UsageError(f"{text}: {number or 'nothing'} is not a finite number")


def _write(option: str, file: str, text: str) -> None:
    if file == "-":
        click.echo(text, nl=False)
        return
    write_file(option, file, text.encode())
