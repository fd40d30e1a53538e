"""A made-up class: rows without anything being run, with text that is meant to do harm."""

from collections.abc import Iterable

from verify.grading.criteria import CRITERIA
from verify.grading.evidence import GRADED, NOT_GRADED, Evidence, Seen, Sign, Told
from verify.grading.marks import marks
from verify.grading.pages import Row
from verify.grading.rubric import Rubric
from verify.grading.submission import Submission

EVIL = '<b onmouseover="x()">\'"`]]>&<script>alert(1)</script>|*_[a](javascript:x)\x01'


def told(criterion: str, words: str) -> Told:
    """A mistake all of whose text is these words."""
    return Told(
        criterion=criterion, fault="", title=words, explanation=words, question=words,
        operations=(words,), expression=words, inputs={"a": words}, where=words, got=words,
        want=words, program=f"print(1)\n```\n{words}", formula=words, line=3,
        graph=[["leaf", "a"], ["tanh", 0]], values=((words, words), ("1", "")),
    )  # fmt: skip


def who(number: int, name: str) -> Submission:
    """A student."""
    return Submission(f"s-{number}", name, str(number), f"/x/{name}", f"{name}.py", "00", (name,))


def rows(words: str = EVIL) -> list[Row]:
    """A right one, a wrong one, one that could not be graded, one that lacks something."""
    right: dict[str, Seen] = dict.fromkeys(CRITERIA, "right")
    wrong: dict[str, Seen] = {**right, "local/mul": "wrong", "order/shared": "not reached"}
    found = (told("local/mul", words),)
    seen = [
        Evidence(GRADED, criteria=right, isolation="weak", asked=10),
        Evidence(GRADED, criteria=wrong, found=found, warnings=(Sign("table", words),),
                 conventions={"relu'(0)": words}, notes=(words,)),
        Evidence(NOT_GRADED, reason=words),
        Evidence(GRADED, criteria={**right, "arithmetic/pow": "missing"}),
    ]  # fmt: skip
    names = ["Ada", words, f"Cy {words}", "Dot"]
    return [
        Row(who(i, name), evidence, marks(evidence, Rubric()))
        for i, (name, evidence) in enumerate(zip(names, seen, strict=True))
    ]


def many(count: int) -> Iterable[Row]:
    """A larger class."""
    base = rows("plain words")
    for i in range(count):
        row = base[i % len(base)]
        yield Row(who(i, f"Student {i:03}"), row.evidence, row.marks)
