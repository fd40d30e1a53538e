"""How much of what is wrong is mended: random wrong formulas, pairs of them, and the catalogue.

    python bench/mend.py                                  # 200 random formulas, 100 pairs, faults
    python bench/mend.py --random 40 --skip 80 --pairs 0 --faults 0 --keep rows.jsonl
    python bench/mend.py --random 0 --pairs 0 --faults 0 --keep rows.jsonl        # the table alone

A random mistake is a formula in the place of one local derivative (``bench/mistakes.py``).  What
is measured of each engine: whether the operation is named, and no other; whether the formula that
a report prints is the planted one; whether the line is the wrong one; whether a change mends it
within the time; and whether a change only seems to, which other cases show, drawn anew.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import mpmath
import sympy
from mistakes import VALUES, Planted, random_engines
from quick import searched, wrong_in

from verify.checking.assess import examine
from verify.engines import EngineError, load
from verify.expression.graph import Const
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE
from verify.generators.special import single
from verify.prove.formulas import formula

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quick import Searched

    from verify.engines import Engine
    from verify.expression.graph import Case

CATALOGUE_ROW: Final = "the catalogue"
OTHERS: Final = 99
"""Seed of the cases on which a mended copy has to be right as well."""
_NEAR: Final = ((1.0, 1.0), (1.003, 0.998), (0.996, 1.001))
"""What the numbers of a case are multiplied by."""
_DIGITS: Final = 30
_SPELLED: Final = {"a": "a", "b": "b", "r": "r"}
_EQUAL: Final = 1e-9
FORM: Final = {"mul": "a * b", "div": "a / b", "pow": "a ** 2"}
"""How an operation is written; the others are methods."""


@dataclass(frozen=True)
class Result:
    """What came of one engine.

    Attributes:
        row: of the table.
        name: which engine.
        operation: whether its wrong operations are named, and no other.
        formula: whether the printed formulas are those that were planted; ``None`` if none is.
        line: whether the changes are on the lines that are wrong.
        mended: whether all is right on other cases too, within the time.
        false: whether it is right on the recorded cases alone.
        seconds: processor time.
        tried: copies that were tried.
    """

    row: str
    name: str
    operation: bool | None
    formula: bool | None
    line: bool | None
    mended: bool
    false: bool
    seconds: float
    tried: int


def tried(source: str, name: str, seconds: float) -> tuple[Searched, int] | None:
    """What a search makes of an engine, and how many other cases are wrong in the copy.

    ``None`` if the engine cannot be used.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.py")
        path.write_text(source, encoding="utf-8")
        try:
            engine = load(str(path))
        except EngineError:
            return None
        with engine:
            found = searched(engine, seconds=seconds)
            whole = bool(found.steps) and not found.left
            return found, wrong_in(engine, found.texts, OTHERS) if whole else -1


def printed(engine: Planted) -> bool | None:
    """Whether the formulas that a report prints are the planted ones; ``None`` if one is not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "engine.py")
        path.write_text(engine.source, encoding="utf-8")
        with load(str(path)) as loaded:
            reader = loaded.again(symbols=True)
            if reader is None:
                return None
            with reader:
                told = [
                    _printed(loaded, reader, *each)
                    for each in zip(engine.operations, engine.places, engine.formulas, strict=True)
                ]
    return None if None in told else all(told)


def _printed(engine: Engine, reader: Engine, op: str, place: int, planted: str) -> bool | None:
    form = FORMS[FORM.get(op, f"a.{op}()")]
    for case in single(form):
        if any(n.quantity == "gradient" for n in examine(engine, case).judgement.wrong):
            said = formula(reader, case, place, gradient=True)  # type: ignore[arg-type]
            return None if said is None else _equal(said[0], planted, op, case)
    return None


def _equal(said: str, planted: str, op: str, case: Case) -> bool:
    """Whether two formulas are equal at some points near that of a case, to many digits.

    What is printed holds where the engine's conditions are decided as they are at that point.
    """
    numbers = [a.value for a in getattr(case.graph.nodes[-1], "args", ()) if isinstance(a, Const)]
    symbols = {name: sympy.Symbol(name) for name in "ab"}
    got = sympy.sympify(said, locals=dict(symbols))
    with mpmath.workdps(_DIGITS):
        names = {"math": mpmath, "max": max, "n": numbers[0] if numbers else 2}
        for factors in _NEAR:
            near = zip("ab", case.point, factors, strict=False)
            point = {name: mpmath.mpf(x) * factor for name, x, factor in near}
            here = {**names, **point}
            here["r"] = eval(VALUES[op].format(**_SPELLED), dict(here))  # noqa: S307 - ours
            due = eval(planted.format(**_SPELLED), dict(here))  # noqa: S307 - ours
            at = {symbols[name]: sympy.Float(x, _DIGITS) for name, x in point.items()}
            value = mpmath.mpmathify(sympy.N(got.subs(at), _DIGITS))
            if abs(value - due) > _EQUAL * max(1, abs(due)):
                return False
    return True


def scored(engine: Planted, row: str, name: str, seconds: float) -> Result | None:
    """One engine with planted mistakes."""
    said = tried(engine.source, name, seconds)
    if said is None:
        return None
    found, left = said
    groups = [step.group for step in found.steps] + list(found.lost)
    named = {FORMS[group].op for group in groups if group in FORMS}
    lines = {step.edit.line for step in found.steps}
    quick = found.seconds <= seconds * len(engine.operations)
    return Result(
        row, name, set(engine.operations) == named, printed(engine), set(engine.lines) <= lines,
        left == 0 and quick, left > 0, found.seconds, found.tried,
    )  # fmt: skip


def show(name: str, results: Sequence[Result]) -> None:
    """One row of the table."""
    if not results:
        return
    shares = [_share([getattr(r, key) for r in results]) for key in _KEYS]
    times = sorted(r.seconds for r in results if r.mended) or [0.0]
    tries = sorted(r.tried for r in results if r.mended) or [0]
    print(
        f"| {name} | {len(results)} | {' | '.join(shares)} "
        f"| {statistics.median(times):.1f} / {times[-1]:.1f} "
        f"| {statistics.median(tries):.0f} / {tries[-1]} |"
    )


_KEYS: Final = ("operation", "formula", "line", "mended", "false")


def _share(told: Sequence[bool | None]) -> str:
    known = [each for each in told if each is not None]
    if not known:
        return ""
    beside = "" if len(known) == len(told) else f" of {len(known)}"
    return f"{100 * sum(known) / len(known):.1f} %{beside}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit code 1 if a change only seemed to mend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--faults", type=int, default=len(CATALOGUE))
    parser.add_argument("--skip", type=int, default=0, help="so many of each kind are left out")
    parser.add_argument("--seed", type=int, default=0, help="-1: a fresh one, which is printed")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--keep", type=Path, help="rows are added to this file; it is read first")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        options.seed = random.SystemRandom().randrange(10**6)
        print(f"seed {options.seed}")
    results = _kept(options.keep)
    try:
        run(options, results)
    finally:  # also of a run that is ended early
        table(results)
    return int(any(r.false for r in results))


def _kept(file: Path | None) -> list[Result]:
    if file is None or not file.exists():
        return []
    return [Result(**json.loads(row)) for row in file.read_text(encoding="utf-8").splitlines()]


def table(results: Sequence[Result]) -> None:
    """All rows, in Markdown."""
    print("| | engines | operation | formula | line | mended | false mends | seconds | tried |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind in ("one wrong formula", "two wrong formulas"):
        mine = [r for r in results if r.row.startswith(kind)]
        for row in dict.fromkeys(r.row for r in mine):
            show(row, [r for r in mine if r.row == row])
        show(f"{kind}, all styles", mine)
    show(CATALOGUE_ROW, [r for r in results if r.row == CATALOGUE_ROW])


def run(options: argparse.Namespace, results: list[Result]) -> None:
    """Everything that was asked for, kept as it is done."""
    for result in itertools.chain(of_formulas(options), of_faults(options)):
        results.append(result)
        if options.keep is not None:
            with options.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result)) + "\n")
        if options.verbose and not (result.mended and result.line in {True, None}):
            print("  ", result, flush=True)


def of_formulas(options: argparse.Namespace) -> Iterator[Result]:
    """Engines with one wrong formula, and with two."""
    counts = {"one wrong formula": options.random, "two wrong formulas": options.pairs}
    for mistakes, (kind, count) in enumerate(counts.items(), 1):
        engines = random_engines(options.skip + count, mistakes, options.seed)
        for index, (style, engine) in enumerate(itertools.islice(engines, options.skip, None)):
            name = f"seed {options.seed}, number {options.skip + index}"
            result = scored(engine, f"{kind}, {style}", name, options.seconds)
            if result is not None:
                yield result


def of_faults(options: argparse.Namespace) -> Iterator[Result]:
    """The catalogue; where its mistakes are is not recorded line by line."""
    for fault in list(CATALOGUE.values())[options.skip :][: options.faults]:
        said = tried(fault.source, "engine", options.seconds)
        if said is not None:
            found, left = said
            mended = left == 0 and found.seconds <= options.seconds
            yield Result(
                CATALOGUE_ROW, fault.id, None, None, None, mended, left > 0, found.seconds,
                found.tried,
            )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
