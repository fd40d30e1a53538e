"""Pages for students and for the teacher, each one file that needs nothing else.

All that came from a submission is text: the templates escape it, and in Markdown it is code or
escaped.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from verify.grading.criteria import MILESTONES
from verify.grading.evidence import GRADED
from verify.grading.marks import LEAST, details, lacking
from verify.grading.picture import svg
from verify.grading.spoken import costs, gave, remarks
from verify.report import hints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from verify.grading.evidence import Evidence, Told
    from verify.grading.marks import Marks, Step
    from verify.grading.rubric import Rubric
    from verify.grading.similar import Alike
    from verify.grading.submission import Submission

_TEMPLATES: Final = Path(__file__).with_name("templates")
_MOST_LISTED: Final = 40
_BINS: Final = 10
LEFT_OUT: Final = (
    "What is not reached, or neither there nor demanded, is left out: a milestone, or a part of "
    "one. The rest shares its points, so that all together are as many as ever."
)
"""Why a milestone may be worth more than in the rubric, or less."""
HALF: Final = (
    "Mistakes leave more than half of the points unjudged. A grade rests on half of them at least: "
    "of what is not reached, so many points count as that takes, and earn nothing."
)
"""Why what is not reached may cost points."""
_MOST_NAMED: Final = 8
"""Things that are not there, in a cell of the class."""
_NOTHING: Final = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Row:
    """One student: who, what was seen, and what it is worth."""

    submission: Submission
    evidence: Evidence
    marks: Marks


Rows = "Callable[[], Iterable[Row]]"


def student_html(row: Row, rubric: Rubric) -> str:
    """The page of one student, with help at the rubric's level."""
    return _page("student.html", row=row, rubric=rubric, help=hints.shown(rubric.hints))


def student_markdown(row: Row, rubric: Rubric) -> str:
    """The same as Markdown."""
    text = _page("student.md", row=row, rubric=rubric, help=hints.shown(rubric.hints))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def class_page(
    rows: Callable[[], Iterable[Row]],
    rubric: Rubric,
    about: Mapping[str, str],
    alike: Iterable[Alike],
) -> Iterator[str]:
    """The teacher's page, in pieces.

    Args:
        rows: gives the students, as often as it is called.
        rubric: what is demanded.
        about: ``seed`` and ``exam``.
        alike: submissions that are the same up to names.
    """
    sums = _Sums()
    for row in rows():
        sums.enter(row)
    keys = [key for key, points in rubric.points.items() if points]
    titles = [(key, MILESTONES[key].title) for key in keys]
    if rubric.conventions:
        titles.append(("conventions", "Conventions"))
    groups = [
        {
            "students": [{"key": k, "student": sums.names.get(k, k)} for k in group.keys],
            "files": group.files,
        }
        for group in alike
    ]
    template = _environment().get_template("class.html")
    yield from template.generate(
        rubric=rubric,
        rows=lambda: (_cells(row, [key for key, _ in titles]) for row in rows()),
        milestones=titles,
        totals=sums.totals(),
        seed=about.get("seed", ""),
        exam=about.get("exam", ""),
        isolation=sums.isolation(),
        misconceptions=sums.misconceptions(),
        counterexamples=sums.counterexamples(),
        histogram=_histogram(sums.points, rubric.total),
        ungraded=sums.ungraded,
        signs=sums.signs,
        alike=groups,
        style=_style(),
    )


class _Sums:
    """What the teacher's page says of the class as a whole."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.points: list[float] = []
        self.verdicts: Counter[str] = Counter()
        self.mistakes: Counter[tuple[str, str]] = Counter()
        self.expressions: Counter[str] = Counter()
        self.tiers: Counter[str] = Counter()
        self.ungraded: list[dict[str, str]] = []
        self.signs: list[dict[str, str]] = []

    def enter(self, row: Row) -> None:
        who, seen = row.submission, row.evidence
        self.names[who.key] = who.student
        self.verdicts[row.marks.verdict] += 1
        named = {"key": who.key, "student": who.student}
        if seen.status == GRADED or row.marks.verdict == "overridden":
            self.points.append(row.marks.points)
        if seen.status == GRADED:
            self.tiers[seen.isolation] += 1
        else:
            words = f"{seen.reason} {seen.advice}".strip()
            self.ungraded.append({**named, "shown": who.shown, "reason": words})
        self.mistakes.update({(t.title, milestone(t)) for t in seen.found})
        self.expressions.update({t.expression for t in seen.found if t.graph})
        self.signs += [
            {**named, "kind": s.kind, "evidence": f"{s.evidence}{costs(s.kind, row.evidence)}"}
            for s in seen.warnings
        ]
        if row.marks.judged < LEAST:
            share = f"{100 - 100 * row.marks.judged:.0f} % of the points could not be judged"
            self.signs.append({**named, "kind": "not judged", "evidence": share})

    def totals(self) -> dict[str, Any]:
        return {
            "count": sum(self.verdicts.values()),
            "correct": self.verdicts["correct"],
            "wrong": self.verdicts["wrong"],
            "incomplete": self.verdicts["incomplete"],
            "overridden": self.verdicts["overridden"],
            "ungraded": self.verdicts["not graded"],
            "counted": len(self.points),
            "mean": mean(self.points) if self.points else 0.0,
            "median": median(self.points) if self.points else 0.0,
        }

    def isolation(self) -> str:
        tiers = "; ".join(
            f"{tier} (of {count} submission{'s' * (count > 1)})"
            for tier, count in self.tiers.most_common(3)
        )
        return f"Isolation in force: {tiers}." if tiers else ""

    def misconceptions(self) -> list[dict[str, Any]]:
        listed = sorted(self.mistakes.items(), key=lambda item: (-item[1], item[0]))[:_MOST_LISTED]
        most, graded = listed[0][1] if listed else 1, max(1, self.tiers.total())
        return [
            {
                "count": n, "title": title, "milestone": step,
                "share": f"{100 * n / graded:.0f} %", "width": max(2, round(120 * n / most)),
            }
            for (title, step), n in listed
        ]  # fmt: skip

    def counterexamples(self) -> list[dict[str, Any]]:
        listed = sorted(self.expressions.items(), key=lambda item: (-item[1], item[0]))[:12]
        return [{"expression": text, "count": count} for text, count in listed]


def _cells(row: Row, keys: list[str]) -> dict[str, Any]:
    who, steps = row.submission, {step.key: step for step in row.marks.steps}
    mistakes = [t.title for t in row.evidence.found]
    words = [who.student, who.number, who.shown, row.marks.verdict, *mistakes]
    notes = [row.marks.note, *lacking(row.marks, _MOST_NAMED), *row.evidence.partly]
    return {
        "key": who.key,
        "student": who.student,
        "number": who.number,
        "verdict": row.marks.verdict,
        "note": "; ".join(filter(None, notes)),
        "points": row.marks.points,
        "words": " ".join(words).lower(),
        "cells": [_cell(steps.get(key)) for key in keys],
    }


def _cell(step: Step | None) -> dict[str, str]:
    if step is None or not step.possible:
        return {"kind": "left-out", "sort": "-1", "text": _NOTHING, "of": ""}
    share = step.points / step.possible
    return {
        "kind": step.standing.replace(" ", "-"), "sort": f"{share:.6f}",
        "text": _points(step.points), "of": _points(step.possible),
    }  # fmt: skip


def _histogram(points: list[float], total: float) -> Markup:
    counts = Counter(min(int(p / total * _BINS), _BINS - 1) if total else 0 for p in points)
    most, wide, high = max(counts.values(), default=1), 44, 120
    spoken = ", ".join(
        f"{10 * i} to {10 * (i + 1)} %: {counts[i]}" for i in range(_BINS) if counts[i]
    )
    bars = []
    for i in range(_BINS):
        tall = round(high * counts[i] / most)
        x = i * wide
        bars.append(
            f'<rect class="bar" x="{x + 4}" y="{20 + high - tall}" width="{wide - 8}" '
            f'height="{tall}"></rect><text x="{x + wide // 2}" y="{15 + high - tall}" '
            f'text-anchor="middle">{counts[i] or ""}</text>'
            f'<text x="{x + wide // 2}" y="{high + 36}" text-anchor="middle">{10 * (i + 1)}</text>'
        )
    size = f'viewBox="0 0 {_BINS * wide} {high + 44}" width="{_BINS * wide}" height="{high + 44}"'
    label = f"Students by per cent of the points: {spoken or 'nobody'}"
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="graph" role="img" aria-label="{label}" {size}>{"".join(bars)}</svg>'
        f'<p class="dim">Students by per cent of the points, in tens.</p>'
    )


# --- Jinja -------------------------------------------------------------------------------------


def milestone(told: Told) -> str:
    """The title of the milestone that a mistake is charged to."""
    return MILESTONES[told.criterion.partition("/")[0]].title


def _points(number: float) -> str:
    return f"{round(number, 2):g}"


def _page(template: str, **words: Any) -> str:  # noqa: ANN401 - what a template takes
    return _environment().get_template(template).render(style=_style(), **words)


@cache
def _style() -> Markup:
    return Markup((_TEMPLATES / "style.css").read_text("utf-8"))  # noqa: S704 - our own file


_MARKUP: Final = re.compile(
    r"[\\`\[\]|~$]"  # anywhere
    r"|(?<![\s*])\*+|\*+(?![*\s]|$)"  # no product with blanks on both sides
    r"|(?<![^\W_])_|_(?![^\W_])"  # not inside a word
    r"|^[-+*#=](?=[-+*#=\s]|$)"  # where a line begins
    r"|(?:(?<=^\d)|(?<=^\d\d)|(?<=^\d\d\d))[.)](?=\s|$)"
)
"""What would be markup in Markdown where it stands."""
_ENTITY: Final = re.compile(r"&(?=#|\w+;)|<(?=[A-Za-z/!?])|^>")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _md(text: str) -> str:
    """Text in Markdown that is nothing but text, on one line; only what has to be is escaped."""
    flat = " ".join(text.split())
    escaped = _MARKUP.sub(lambda found: "".join(f"\\{c}" for c in found[0]), flat)
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], escaped)


def _span(text: str) -> str:
    """Inline code, whatever is in it."""
    flat = " ".join(text.split()).replace("|", "¦")
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", flat)), default=0))
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}" if flat else ""


def _block(text: str, language: str) -> str:
    """A block of code, whatever is in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=lambda name: str(name).endswith(".html"),  # noqa: S701 - Markdown has its own
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "points": _points,
        "milestone": milestone,
        "details": lambda step, wrong: details(step, wrong=wrong),
        "lacking": lacking,
        "gave": gave,
        "remarks": remarks,
        "answer": lambda told: hints.answer(told.fault),
        "picture": lambda told: Markup(svg(told)),  # noqa: S704 - escaped there
        "md": _md,
        "span": _span,
        "block": _block,
    }
    made.globals |= {"LEFT_OUT": LEFT_OUT, "HALF": HALF, "LEAST": LEAST}
    return made
