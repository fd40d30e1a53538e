"""What every format says of a finding, in the same words."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from verify.expression.ops import FORMS
from verify.report.plain import plain
from verify.verdict.outcome import GONE_NETWORK, NO_NETWORK, NOT_RECOGNISED, UNUSUAL_NETWORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.engines import EngineError, EngineInfo
    from verify.verdict.outcome import Finding, Outcome

ORACLES: Final = ("interval", "symbolic", "difference", "torch")
"""Every oracle, in the order in which reports list them; only torch may be absent."""

JUDGE: Final = ORACLES[0]
_UNUSED: Final = "not judged: "


SILENT: Final = 10.0
"""Seconds for which nothing is said where there is no terminal: short work stays silent."""
EVERY: Final = 5.0
"""Seconds between two lines where there is no terminal."""

REMEDIES: Final = {
    "not found": "Give a .py file, a notebook, a package's folder, or package.module:Class.",
    "no engine": "Name the class with --class NAME, its number with --adapter value=NAME.",
    "not adapted": "Name what is meant with --adapter KEY=WORDS, or write an adapter class.",
    "several": "One of them is chosen by --class NAME, where only one file has that class.",
    "syntax": "Correct that line; if it is meant for another Python, name that with --python.",
    "elsewhere": "With --python ENVIRONMENT if it is installed in another one.",
    "notebook": "Save or export it again as .ipynb: it may have been cut short when it was copied.",
    "import": "Make it import by itself, or name the Python that has what it needs with --python.",
    "construct": "A node has to be made from one number, as in Value(2.0).",
    "endless": "Look for a loop that never ends, in the class or in what runs at import.",
    "memory": "Look for what grows without end, in the class or in what runs at import.",
    "died": "Import it by itself to see why its process ends.",
    "python": "Give the path of an interpreter, or of a virtual environment's folder.",
    "isolation": "`verify doctor` says what this machine can do; ask for less.",
    "override": "`verify doctor ENGINE` says what is guessed.",
    "command": "Run the command by itself to see whether it starts.",
    "system": "It may lack descriptors, memory, room on a disk, or the folder it was started in.",
    "accident": "With VERIFY_TRACEBACK=1 in the environment it is shown where: please report it.",
    "protocol": "It has to answer each line with one line of JSON.",
}
"""What to do about an engine that cannot be used, by the kind of error."""


_PATH: Final = re.compile(r"(?<![\w.:/~-])(?:/[\w.@+%~-]+)+/(?=[\w.@+%~-])")
"""The folders of an absolute path."""
_OF_THE_ENGINE: Final = frozenset({
    "import", "died", "construct", "syntax", "no engine", "not adapted", "endless", "notebook",
    "elsewhere", "accident",
})  # fmt: skip
"""Kinds of refusals whose words come from the engine or from Python, not from the user."""


def placeless(text: str, spec: str = "") -> str:
    """Text of an engine's with no folder of this machine in it, but for what the user named."""
    if spec:
        return spec.join(placeless(part) for part in text.split(spec))
    return _PATH.sub("", text)


def reason(error: EngineError) -> str:
    """Why an engine cannot be used, without a stop at the end."""
    text = str(error).rstrip(".")
    return placeless(text, error.engine) if error.kind in _OF_THE_ENGINE else text


def refusal(error: EngineError) -> str:
    """Why an engine cannot be used, and the remedy."""
    words = reason(error)
    stop = "" if words.endswith("?") else "."
    return plain(f"{words}{stop} {REMEDIES.get(error.kind, '')}".strip(), 1000)


def refusal_of(error: EngineError) -> str:
    """The same for who has not just been told which engine it is: its name comes first."""
    named = error.engine and error.engine not in error.message
    return f"{plain(error.engine)}: {refusal(error)}" if named else refusal(error)


def number(value: float | str | None) -> str:
    """A number with all its digits; text as it is, made harmless."""
    if value is None:
        return "nothing"
    return plain(value) if isinstance(value, str) else repr(value)


def as_json(value: float | str | None) -> float | str | None:
    """A number as JSON can hold it: ``inf`` and ``nan`` are text there, and text is harmless."""
    if isinstance(value, str):
        return plain(value)
    return value if value is None or math.isfinite(value) else str(value)


_ANSWERS: Final = 3
"""Different answers of an unstable engine that are shown; the others are counted."""


def expression(finding: Finding) -> str:
    """The smallest expression; of a network that nobody could read, how it is built."""
    if finding.unread:
        return plain(finding.place.rpartition(" of ")[2])
    return plain(finding.case.graph.expression())


def got(finding: Finding) -> str:
    """What the engine said: a number, what it was instead of one, or what it raised."""
    raised, wrong = finding.reading.raised, finding.wrong
    if raised is not None:
        return plain(placeless(f"raises {raised}"))
    if finding.answers:
        words = list(dict.fromkeys(number(answer) for answer in finding.answers))
        others = [*words[:_ANSWERS], f"{len(words) - _ANSWERS} others"]
        shown = words if len(words) <= _ANSWERS else others
        return f"{' or '.join(shown)}, from run to run"
    fault = finding.reading.faults.get((wrong.quantity, wrong.node))
    if wrong.got is None and not fault and no_number(finding):
        return plain(wrong.reason)
    return plain(f"a {fault}") if fault else number(wrong.got)


def no_number(finding: Finding) -> bool:
    """Whether what is wrong is no number: how long it takes, or what is listed."""
    return bool(finding.place) and not finding.readings and finding.wrong.truth is None


def expected(finding: Finding) -> float | str | None:
    """The true number as the judge knows it; ``None`` where there is none."""
    if finding.wrong.truth is not None:
        return finding.wrong.truth.middle
    return finding.readings.get(JUDGE)


def want(finding: Finding) -> str:
    """The truth in words: a number, a range at a kink, or why there is no number."""
    truth, middle = finding.wrong.truth, expected(finding)
    if truth is not None and truth.note == "kink" and truth.radius:
        return f"between {truth.middle - truth.radius:.6g} and {truth.middle + truth.radius:.6g}"
    if truth is not None and not truth.known and truth.note:
        return f"no finite number ({truth.note})"
    if isinstance(middle, float) and not math.isfinite(middle):
        return "no finite number"
    return number(middle)


def told(finding: Finding) -> str:
    """Both in a line, as a program says it: to what is right, or only to what was recorded."""
    if finding.unlike != (0, 0):
        return f"is {got(finding)}, recorded {number(finding.readings.get('recorded'))}"
    return got(finding) if no_number(finding) else f"is {got(finding)}, should be {want(finding)}"


def bound(finding: Finding) -> float | None:
    """How far correct float64 arithmetic may be off there; ``None`` where no number was read."""
    return None if finding.wrong.truth is None else finding.wrong.truth.bound


def who_answered(outcome: Outcome) -> str:
    """The oracles that were asked, or those whose answers the corpus holds."""
    if outcome.asked:
        return oracles(outcome.oracles)
    return f"none was asked; the corpus holds the answers of {', '.join(outcome.oracles)}"


def networks(outcome: Outcome) -> str:
    """That no network of the engine's own was asked, or not all, and why; ``""`` if they were."""
    accounts = outcome.accounts
    words = accounts.conventions.get("networks", "")
    wrong = any(found.check == "networks" for found in outcome.findings)
    why = "" if wrong else words.partition(_UNUSED)[2]  # of a smaller one, which says nothing then
    if not why and (left := _left_out(words)):
        return plain(left)
    if accounts.cases["networks"]:
        if not (why or wrong) and accounts.skipped[NO_NETWORK] and _ONE_LAYER in words:
            return "layers were judged one by one: no network of several was found"
        return f"{_UNUSED}{plain(why)}" if why else ""
    if accounts.skipped[GONE_NETWORK]:
        return "none was asked: the corpus holds networks of an engine, and none was found here"
    seen = accounts.skipped[NOT_RECOGNISED] or any(f.place for f in outcome.findings)
    if accounts.skipped[NO_NETWORK] and not seen:
        return f"{_UNUSED}{plain(why)}" if why else "none was asked: none was found"
    return ""


_ONE_LAYER: Final = ": one layer, "
"""How it is told what a network of one layer computes."""


def _left_out(words: str) -> str:
    """What of a network's words says that something was not judged; ``""`` for nothing."""
    head, *rest = words.split("; ")
    left = [part for part in rest if part.endswith(_NOT_JUDGED)]
    if head.startswith(UNUSUAL_NETWORK):
        left.insert(0, f"{head}: what it gives was not judged, only its gradients")
    return "; ".join(left)


def word(outcome: Outcome) -> str:
    """The verdict as a word: what is not as recorded, and right, is different and not wrong."""
    findings = outcome.findings
    if outcome.verdict == "wrong" and findings and all(f.unlike != (0, 0) for f in findings):
        return "DIFFERENT"
    return outcome.verdict.upper()


def unlike(finding: Finding) -> str:
    """In how many expressions and networks the engine is not as recorded; ``""`` for a mistake."""
    parts = zip(finding.unlike, ("expression", "network"), strict=True)
    return " and ".join([_count(count, noun) for count, noun in parts if count])


def oracles(present: tuple[str, ...]) -> str:
    """How many of the oracles took part, and which are absent."""
    absent = [name for name in ORACLES if name not in present]
    count = f"{len(present)} of {len(ORACLES)} oracles"
    if absent:
        return f"{', '.join(f'{name}: not installed' for name in absent)}, {count}"
    return f"{count}: {', '.join(present)}"


_NOT_JUDGED: Final = " was not judged"
"""How the worker says that another engine in the same file has no part in the verdict."""


def not_judged(outcome: Outcome) -> list[str]:
    """What has no part in the verdict: other engines in the file, operations, all gradients."""
    found = [plain(note) for note in outcome.engine.notes if _NOT_JUDGED in note]
    if outcome.verdict == "wrong" and not outcome.engine.has_backward:
        found.insert(0, "no backward pass was found: no gradient was judged")
    return found


_MOST_BESIDE: Final = 5
"""Files beside an engine that are named; the others are counted."""


def source(engine: EngineInfo) -> str:
    """Which text was judged: its digest, and the files beside it that it may import."""
    shown = list(engine.beside[:_MOST_BESIDE])
    if more := len(engine.beside) - len(shown):
        shown.append(f"{more} more")
    return plain(engine.digest + (f", with {', '.join(shown)}" if shown else ""), 1000)


def summary(outcome: Outcome) -> str:
    """The verdict in a sentence, without the word itself."""
    accounts, findings = outcome.accounts, outcome.findings
    if outcome.disputes:
        first = outcome.disputes[0]
        return f"the harness itself failed: its oracles contradict each other ({first})"
    if outcome.control.planted and not outcome.control.passed:
        planted, caught = outcome.control.planted, outcome.control.caught
        return f"the harness itself failed: it caught {caught} of {planted} planted mistakes"
    if outcome.verdict == "wrong" and not findings:
        return f"{accounts.verdicts['wrong']:,} numbers are wrong"
    if outcome.verdict == "wrong":
        return _mistakes(findings)
    if outcome.verdict == "correct":
        lost = accounts.verdicts.get("imprecise", 0)
        also = f", {lost:,} with fewer digits than float64 allows" if lost else ""
        cases = sum(accounts.cases.values())
        lacks = f"; it has no {', '.join(lacking)}" if (lacking := missing(outcome)) else ""
        text = f"{plain(outcome.reason)}: " if outcome.reason else ""
        judged = f"{accounts.judged:,} numbers judged on {cases:,} expressions"
        gone = "; no network was asked, though some were recorded" * bool(
            accounts.skipped[GONE_NETWORK] and not accounts.cases["networks"]
        )
        return f"{text}{judged}, none wrong{also}{lacks}{gone}"
    return plain(outcome.reason)


_NAMED: Final = 3
"""Mistakes that a verdict names; the others are counted."""


def _mistakes(found: Sequence[Finding]) -> str:
    """The names of the first few mistakes; of one alone, how small it shows.

    What is not as recorded, and right, stands behind them.
    """
    findings = [each for each in found if each.unlike == (0, 0)]
    rest = [f"{plain(f.diagnosis.title)}: {unlike(f)}" for f in found if f.unlike != (0, 0)]
    if rest:
        text = _mistakes(findings) if findings else "no new mistake"
        return "; ".join([text, *rest])
    first, *others = dict.fromkeys(plain(finding.diagnosis.title) for finding in findings)
    if others:
        named = [first, *others]
        if len(named) > _NAMED + 1:
            named[_NAMED:] = [f"{len(named) - _NAMED} more"]
        count = len(others) + 1
        shown = f" in {len(findings)} counterexamples" if len(findings) != count else ""
        return f"{count} mistakes{shown}: {'; '.join(named)}"
    smallest = min(0 if f.unread else len(f.case.graph.operations) for f in findings)
    if not smallest:  # a leaf, or nothing that has to do with an expression
        return first
    size = _count(smallest, "operation")
    if len(findings) == 1:
        return f"{first}; a counterexample of {size}"
    return f"{first}; {len(findings)} counterexamples, the smallest of {size}"


def missing(outcome: Outcome) -> list[str]:
    """What the engine does not have: operations, and ways of writing those that it has."""
    whole = [op for op, status in outcome.operations.items() if status == "missing"]
    return whole + missing_forms(outcome)


def missing_forms(outcome: Outcome) -> list[str]:
    """Ways of writing an operation that the engine does not have, of operations that it has."""
    lacks = [text for text, status in outcome.forms.items() if status == "missing"]
    return [text for text in lacks if outcome.operations.get(FORMS[text].op) != "missing"]


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
