"""One case explained, for Python and for a page: text at a prompt, a picture in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from verify.expression.reading import QUANTITIES
from verify.report import explain, facts
from verify.report.html import STYLE
from verify.report.picture import Drawn, short, svg
from verify.report.plain import plain
from verify.verdict.disputes import disputes
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from verify.checking.assess import Examined
    from verify.expression.graph import Case
    from verify.expression.reading import Quantity
    from verify.oracles.registry import Testimony

_WIDTH = 80


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Every node of one case, as every oracle sees it, and an engine if there is one.

    Attributes:
        testimony: what the oracles say.
        examined: what the engine says; ``None`` without one.
    """

    testimony: Testimony
    examined: Examined | None = None

    @property
    def case(self) -> Case:
        """The graph and its point."""
        return self.testimony.case

    @property
    def wrong(self) -> dict[tuple[int, Quantity], float | None]:
        """The right numbers where the engine's are wrong, by node and quantity."""
        return explain.wrong(self.testimony, self.examined)

    def __str__(self) -> str:
        lines = explain.lines(self.testimony, _WIDTH, self.examined)
        return "\n".join(line.plain for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(self)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data, schema ``verify.explain/1``."""
        return explain.data(self.testimony, self.examined)


def picture(explained: Explanation) -> str:
    """The graph as an SVG: the engine's numbers where there are any, else the true ones."""
    testimony, examined = explained.testimony, explained.examined
    nodes = range(len(explained.case.graph.nodes))
    who = explain.ENGINE if examined else facts.JUDGE
    columns = [
        [short(explain.readings_of(testimony, quantity, node, examined).get(who)) for node in nodes]
        for quantity in QUANTITIES
    ]
    right = {(n, QUANTITIES.index(q)): short(x) for (n, q), x in explained.wrong.items()}
    title = f"The expression {plain(explained.case.graph.expression())} as a graph"
    values = list(zip(*columns, strict=True))
    return svg(explained.case.graph, Drawn(values, right=right, title=title))


def html(explained: Explanation) -> str:
    """A piece of a page: what is explained, the picture, and the tables."""
    case, examined = explained.case, explained.examined
    inputs = ", ".join(f"{name} = {x!r}" for name, x in case.inputs.items())
    where = f" where <code>{escape(plain(inputs))}</code>" if inputs else ""
    verdict = "" if examined is None else _verdict(examined)
    disputed = "".join(f"<p>{escape(str(d))}</p>" for d in disputes(explained.testimony))
    tables = escape(str(explained).partition("\n\n")[2])
    return (
        f'<div class="verify"><style>{STYLE}</style>'
        f"<p><code>{escape(plain(case.graph.expression()))}</code>{where}</p>{verdict}"
        f"{picture(explained)}{disputed}"
        "<details open><summary>Every node, by every oracle</summary>"
        f"<pre><code>{tables}</code></pre></details></div>"
    )


def _verdict(examined: Examined) -> str:
    raised = examined.reading.raised
    if raised is not None:
        words = plain(facts.placeless(str(raised)))
        return f"<p>the engine raises <code>{escape(words)}</code></p>"
    word = examined.judgement.verdict
    kind = "wrong" if word is Verdict.WRONG else "correct" if word is Verdict.CORRECT else ""
    return f'<p class="verdict {kind}">the engine: <b>{word.value.upper()}</b></p>'


def page(explained: Explanation) -> str:
    """A whole page, without scripts and without anything from elsewhere."""
    title = escape(plain(explained.case.graph.expression()))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title></head><body>{html(explained)}</body></html>\n"
    )
