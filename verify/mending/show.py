"""Changes as unified diffs, in the line numbers of the file as it is."""

from __future__ import annotations

import difflib
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.mending.search import Step
    from verify.mending.source import Sources
    from verify.mending.syntax import Edit


def moved_back(edit: Edit, original: str, text: str) -> Edit | None:
    """The same edit of the original text, where other edits have not touched its lines.

    Args:
        edit: of ``text``.
        original: before any edit.
        text: after some others.
    """
    if original == text:
        return edit
    old, new = original.splitlines(keepends=True), text.splitlines(keepends=True)
    starts = [0]
    for row in new:
        starts.append(starts[-1] + len(row))
    first = max(i for i, start in enumerate(starts) if start <= edit.start)
    last = max(i for i, start in enumerate(starts) if start <= max(edit.end - 1, edit.start))
    for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        if block.b <= first and last < block.b + block.size:
            by = sum(map(len, old[: block.a])) - starts[block.b]
            line = edit.line + block.a - block.b
            return replace(edit, start=edit.start + by, end=edit.end + by, line=line)
    return None


def diff(name: str, before: str, after: str) -> str:
    """A unified diff with three lines around each change."""
    rows = difflib.unified_diff(
        before.splitlines(), after.splitlines(), name, f"{name} (mended)", lineterm=""
    )
    return "\n".join(rows)


def of_steps(steps: Sequence[Step], texts: Sources) -> tuple[str, tuple[str, int] | None, int]:
    """The diff of some steps alone, the line of the first, and how many lines they change."""
    parts, where, lines = [], None, 0
    for file in dict.fromkeys(step.edit.file for step in steps):
        own = [step for step in steps if step.edit.file == file]
        original = texts.texts[file]
        back = [moved_back(step.edit, original, step.before[file]) for step in own]
        apart = [edit for edit in back if edit is not None]
        if len(apart) == len(own) and _separate(apart):
            before = after = original
            for edit in sorted(apart, key=lambda e: -e.start):
                after = edit.applied(after)
        else:
            before, after = own[0].before[file], own[-1].after[file]
        if where is None:
            line = apart[0].line if apart else own[0].edit.line
            where = file, _changed(before, after) or line
        shown = texts.shown(file) + (f" {file.strip('<>')}" if file.startswith("<") else "")
        parts.append(diff(shown, before, after))
        rows = parts[-1].splitlines()[2:]
        lines += max(sum(r.startswith("-") for r in rows), sum(r.startswith("+") for r in rows))
    return "\n".join(parts), where, lines


def _separate(edits: Sequence[Edit]) -> bool:
    ordered = sorted(edits, key=lambda e: e.start)
    return all(a.end <= b.start for a, b in pairwise(ordered))


def _changed(before: str, after: str) -> int | None:
    """The first line that is changed, or above which lines are put in; from 1."""
    old, new = before.splitlines(), after.splitlines()
    for tag, i, _, _, _ in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            return min(i + 1, len(old))
    return None
