"""One check as a piece of a page, for a notebook: it needs nothing besides itself.

Help is folded by its level, from the smallest program to the change that mends the mistake; what
was judged is folded too.  All text is escaped: an engine can say nothing to the browser.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from verify.expression.reading import QUANTITIES
from verify.report import accounts, facts, hints, source
from verify.report.picture import Drawn, short, svg
from verify.report.plain import plain
from verify.report.program import shown
from verify.report.text import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.verdict.outcome import Finding, Outcome

MARKS: Final = {"correct": " &#10003;", "wrong": " &#10007;"}
"""What stands behind a word; it says nothing that the word does not."""
STYLE: Final = """
.verify{--ink:#1b1f24;--dim:#57606a;--line:#d0d7de;--soft:#f6f8fa;--good:#116329;--bad:#a40e26;
--badbg:#ffebe9;--paper:#fff;color:var(--ink);background:var(--paper);max-width:52rem;padding:.6rem;
font:15px/1.5 system-ui,sans-serif}
@media (prefers-color-scheme:dark){.verify{--ink:#e6edf3;--dim:#9ea7b3;--line:#3d444d;
--soft:#161b22;--good:#56d364;--bad:#ff8c82;--badbg:#2d1416;--paper:#0d1117}}
.verify p{margin:.4rem 0}.verify h3,.verify h4{margin:.9rem 0 .3rem;font-size:1.05rem}
.verify .verdict{font-size:1.1rem}.verify .correct b{color:var(--good)}
.verify .wrong b,.verify .unusable b{color:var(--bad)}.verify .dim{color:var(--dim)}
.verify code,.verify pre{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace;color:var(--ink)}
.verify pre{background:var(--soft);border:1px solid var(--line);padding:.5rem;margin:.4rem 0;
white-space:pre-wrap;overflow-wrap:anywhere}
.verify table{border-collapse:collapse;margin:.4rem 0}
.verify td,.verify th{text-align:left;padding:.1rem .8rem .1rem 0;border:0;font-weight:normal}
.verify details{margin:.3rem 0}.verify summary{cursor:pointer}
.verify .bad{color:var(--bad)}
.verify svg text{fill:var(--ink)}.verify svg text.wrong{fill:var(--bad)}
.verify svg .node{fill:var(--soft);stroke:var(--dim)}
.verify svg .bad{fill:var(--badbg);stroke:var(--bad)}
"""
_LONGEST: Final = 1000
_MOST_NODES: Final = 24
"""Nodes of an expression that is still drawn."""


def html(outcome: Outcome) -> str:
    """The report of a check as HTML without scripts and without anything from elsewhere."""
    parts = [f'<div class="verify"><style>{STYLE}</style>', _verdict(outcome)]
    for place, finding in enumerate(outcome.findings, 1):
        parts += ["<section>", *_finding(place, finding, outcome), "</section>"]
    if outcome.verdict != "unusable":
        parts += _account(outcome)
    if outcome.findings:
        parts.append(_verdict(outcome))
    return "".join([*parts, "</div>"])


def _verdict(outcome: Outcome) -> str:
    count = len(outcome.findings)
    counted = f"{count} {'mistake' if count == 1 else 'mistakes'}"
    mistakes = count and all(found.unlike == (0, 0) for found in outcome.findings)
    text = counted if mistakes else facts.summary(outcome)
    notes = "".join(f"<br>{escape(note)}" for note in facts.not_judged(outcome))
    python = f" (Python {plain(outcome.engine.python)})" if outcome.engine.python else ""
    return (
        f'<p class="verdict {outcome.verdict}"><b>{facts.word(outcome)}'
        f"{MARKS.get(outcome.verdict, '')}</b> "
        f"{escape(plain(outcome.engine.spec) + python)}: {escape(text)}{notes}</p>"
    )


def _finding(place: int, finding: Finding, outcome: Outcome) -> Iterator[str]:
    """The smallest expression, the picture and the program; behind folds, more and more help."""
    diagnosis = finding.diagnosis
    case = finding.case
    known = {} if finding.unread else case.inputs
    inputs = ", ".join(f"{name} = {facts.number(value)}" for name, value in known.items())
    yield f"<h3>{place}. {escape(plain(hints.step(finding)))}</h3>"
    yield f"<p><code>{escape(facts.expression(finding))}</code>"
    yield f" where <code>{escape(plain(inputs))}</code></p>" if inputs else "</p>"
    yield _readings(finding)
    if len(case.graph.nodes) <= _MOST_NODES and not finding.unread:
        yield picture(finding)
    if told := shown(finding, outcome.engine):
        yield f"<details open><summary>A program that shows it</summary>{_pre(told)}</details>"
    asks = hints.question(diagnosis.fault, finding.wrong.quantity)
    yield f"<details><summary>A question that leads to it</summary><p>{escape(asks)}</p></details>"
    yield "<details><summary>What the mistake is</summary>"
    yield f"<p><b>{escape(plain(diagnosis.title))}</b></p>"
    yield f"<p>{escape(plain(facts.placeless(diagnosis.explanation), 2000))}</p></details>"
    if mending := "".join(_mending(finding)):
        yield f"<details><summary>How to mend it</summary>{mending}</details>"


def _mending(finding: Finding) -> Iterator[str]:
    if finding.diagnosis.formula:
        yield f"<p><code>{escape(plain(finding.diagnosis.formula))}</code></p>"
    where, *rows = list(source.source_lines(finding)) or [""]
    if where:
        yield f"<p>{escape(where)}</p>{_pre(chr(10).join(rows))}"
    if finding.mend is not None:
        yield f"<p>{escape(source.words(finding.mend))}</p>"
        yield _pre("\n".join(source.diff(finding.mend)[2:]))


def _readings(finding: Finding) -> str:
    """What the engine and each oracle say of the number that is wrong."""
    told = [
        (LABELS.get(name, plain(name)), facts.number(x)) for name, x in finding.readings.items()
    ]
    rows = [("yours", facts.got(finding), "bad")]
    rows += [] if facts.no_number(finding) else [("right", facts.want(finding), "")]
    body = "".join([
        f'<tr><th scope="row">{escape(who)}</th><td class="{kind}"><code>{escape(text)}</code>'
        f"{' wrong' if kind else ''}</td></tr>"
        for who, text, kind in rows
    ])  # fmt: skip
    rest = "".join([
        f"<tr><th scope='row'>{escape(who)}</th><td><code>{escape(text)}</code></td></tr>"
        for who, text in told
    ])  # fmt: skip
    return (
        f"<p>{escape(plain(finding.where))}</p><table>{body}</table>"
        f"<details><summary>Who says so</summary><table>{rest}</table></details>"
    )


def picture(finding: Finding) -> str:
    """The expression with the engine's numbers, the wrong one beside the right one."""
    reading, size, wrong = finding.reading, len(finding.case.graph.nodes), finding.wrong
    columns = [
        [*row, *[None] * (size - len(row))][:size] for row in (reading.values, reading.gradients)
    ]
    values = [(short(v), short(g)) for v, g in zip(*columns, strict=True)]
    right = {(wrong.node, QUANTITIES.index(wrong.quantity)): short(facts.want(finding))}
    title = f"The expression {plain(finding.case.graph.expression())} as a graph, with the numbers "
    return svg(finding.case.graph, Drawn(values, right=right, title=f"{title}of the engine"))


def _account(outcome: Outcome) -> Iterator[str]:
    brief = " · ".join(plain(line.plain) for line in accounts.brief(outcome, 10_000, ""))
    seen = brief.partition(" · ")[0].removeprefix("judged").strip()
    full = "\n".join(line.plain for line in accounts.full(outcome, 100, ""))
    yield f'<details class="dim"><summary>{escape(seen)}</summary>{_pre(full)}</details>'


def _pre(text: str) -> str:
    lines = [plain(line, _LONGEST) for line in text.split("\n")]
    return f"<pre><code>{escape(chr(10).join(lines))}</code></pre>"
