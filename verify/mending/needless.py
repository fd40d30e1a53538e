"""Steps that turn out not to be needed once a later one is made.

A change may set a few cases right by accident, as where it exchanges operands of which the pass
confuses the places; the next one then mends the mistake, and the first is left behind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verify.mending.trial import every

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.mending.search import Search, Step
    from verify.mending.syntax import Edit


def only_needed(steps: Sequence[Step], search: Search) -> list[Step]:
    """The steps without those that the others can do without; the search then holds their texts.

    Args:
        steps: those of the search, in their order.
        search: as it is after the last.
    """
    kept, at = list(steps), 0
    while at < len(kept) - 1:
        fewer = without(kept, at)
        if fewer is not None and _does(fewer, kept[at], search):
            kept, search.texts = fewer, dict(fewer[-1].after)
        else:
            at += 1
    return kept


def without(steps: Sequence[Step], at: int) -> list[Step] | None:
    """All but one of the steps, each made where the text is then; ``None`` if that cannot be.

    The last one takes over what the one that is left out had set right.
    """
    gone = steps[at]
    file, start = gone.edit.file, gone.edit.start
    texts: Mapping[str, str] = gone.before
    made = list(steps[:at])
    for step in steps[at + 1 :]:
        edit = step.edit
        if edit.file == file:
            old = gone.before[file][gone.edit.start : gone.edit.end]
            size = len(gone.edit.new)
            if edit.end <= start:
                start += len(edit.new) - (edit.end - edit.start)
            elif edit.start >= start + size:
                edit = _moved(edit, len(old) - size, old.count("\n") - gone.edit.new.count("\n"))
            else:
                return None
        after = {**texts, edit.file: edit.applied(texts[edit.file])}
        made.append(replace(step, edit=edit, before=texts, after=after))
        texts = after
    made[-1] = replace(made[-1], fixed=made[-1].fixed | gone.fixed)
    return made


def _moved(edit: Edit, by: int, lines: int) -> Edit:
    first = None if edit.first is None else edit.first + lines
    last = None if edit.last is None else edit.last + lines
    return replace(
        edit, start=edit.start + by, end=edit.end + by, line=edit.line + lines,
        first=first, last=last,
    )  # fmt: skip


def _does(fewer: Sequence[Step], gone: Step, search: Search) -> bool:
    """Whether with fewer steps no number is wrong that is right with all of them."""
    if "networks" in {gone.level, *[step.level for step in fewer]}:
        return False
    if search.bench.load(fewer[-1].after, []) is None:
        return False
    first = sorted(gone.fixed)
    for places in (first, range(len(search.tasks))):
        wrong = every(search.bench, search.judging, [search.tasks[i] for i in places])
        if wrong is None:
            return False
        if any(found - search.wrong.get(places[k], frozenset()) for k, found in wrong.items()):
            return False
    return True
