"""Two engines held against each other, as text for a person and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from verify.compare.difference import CHANGES, ROUNDING, SIDES
from verify.report.layout import STYLES, table
from verify.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from verify.compare.difference import Comparison, Difference, Kind, Ratio, Side
    from verify.engines import EngineInfo

SCHEMA: Final = "verify.comparison/1"

MEANING: Final[dict[Side, str]] = {
    "bits": "a last bit apart, as rounding explains",
    "bounds": "no further apart than rounding explains",
    "convention": "both right: there is more than one right answer",
    "imprecise-old": "the old one loses digits",
    "imprecise-new": "the new one loses digits",
    "undecided": "nobody can tell who is right",
    "only-old": "the old one can do more",
    "only-new": "the new one can do more",
    "wrong-both": "both are wrong",
    "wrong-old": "the old one is wrong",
    "wrong-new": "the new one is wrong",
}
_SHOWN: Final = 12


def lines(comparison: Comparison, width: int) -> Iterator[Text]:
    """The report: the verdict first and last, differences that are not accepted, the account."""
    old, new = comparison.old, comparison.new
    yield from verdict_lines(comparison, width)
    yield Text()
    heads = [(Text(side, "bold"), Text(plain(i.spec))) for side, i in (("old", old), ("new", new))]
    yield from table(heads, width)
    mistakes = together(comparison.refused)
    for place, (found, *more) in enumerate(mistakes[:_SHOWN], 1):
        yield Text()
        yield from _difference(place, found, more, width)
    if len(mistakes) > _SHOWN:
        yield Text()
        yield Text(f"and {len(mistakes) - _SHOWN} more")
    yield Text()
    yield from table([(Text(name, "bold"), text) for name, text in _account(comparison)], width)
    yield Text()
    yield from verdict_lines(comparison, width)


def verdict_lines(comparison: Comparison, width: int) -> Iterator[Text]:
    """One word and a sentence."""
    refused, same = comparison.refused, comparison.same
    share = f"{comparison.numbers:,} numbers on {comparison.cases:,} expressions compared"
    if refused:
        kinds = ", ".join(dict.fromkeys(found.kind for found in refused))
        word, style, text = "DIFFERENT", STYLES["wrong"], f"they differ in {kinds}"
    elif comparison.exit_code:
        word, style = "INCONCLUSIVE", STYLES["inconclusive"]
        text = f"{share}, {comparison.minimum:,} are the minimum"
    else:
        word, style = "SAME", STYLES["correct"]
        explained = comparison.numbers - same
        rest = (
            f"; {explained:,} differ as far as rounding explains or was allowed"
            if explained
            else ""
        )
        text = f"{share}, {same:,} with the same bits{rest}"
    yield from table([(Text(word, style), Text(text))], width)


def together(differences: Iterable[Difference]) -> list[list[Difference]]:
    """Differences that may come from one operation, with the smallest of each first.

    What is larger and holds all operations of a smaller one, with the same side, stands with it; so
    do operations that one engine lacks.
    """
    groups: list[list[Difference]] = []
    for found in differences:
        for group in groups:
            if _follows(found, group[0]):
                group.append(found)
                break
        else:
            groups.append([found])
    return groups


def _follows(found: Difference, first: Difference) -> bool:
    if found.side != first.side:
        return False
    if found.case is None or first.case is None:
        return found.kind == first.kind == "operations"
    needed = set(first.case.graph.operations)
    return bool(needed) and needed <= set(found.case.graph.operations)


def _difference(
    place: int, found: Difference, more: Sequence[Difference], width: int
) -> Iterator[Text]:
    title = f"{found.kind}: {found.where}" + (f" ({MEANING[found.side]})" if _says(found) else "")
    yield from table([(Text(f"{place}.", "bold"), Text(title, STYLES["wrong"]))], width, gap=1)
    if found.case is not None:
        yield from table([(Text(plain(str(found.case))),)], width, indent=6)
    rows = [("old", found.old), ("new", found.new), ("right", found.truth), ("note", found.note)]
    if more:
        rows.append(("also", _also(found, more)))
    cells = [(Text(name), Text(plain(text))) for name, text in rows if text]
    yield from table(cells, width, indent=6)


def _also(found: Difference, more: Sequence[Difference]) -> str:
    """What stands together with a difference, in a line."""
    if found.case is None:
        return ", ".join(each.where for each in more)
    names = ", ".join(dict.fromkeys(found.case.graph.operations))
    kinds = ", ".join(dict.fromkeys(each.kind for each in more))
    return f"{len(more)} more with {names}: {kinds}"


def _says(found: Difference) -> bool:
    return found.kind != "slowdown"


def _account(comparison: Comparison) -> Iterator[tuple[str, Text]]:
    for (kind, side), count in sorted(comparison.tally.items(), key=_gravest):
        accepted = " (accepted)" if comparison.accepts(kind, side) else ""
        if kind != "reproducibility":
            yield kind, Text(f"{count:,}: {MEANING[side]}{accepted}")
    yield from _unstable(comparison)
    for each in comparison.ratios:
        yield each.quantity, Text(_ratio(each))
    if comparison.unmeasured:
        yield "time", Text(f"not measured: {plain(comparison.unmeasured)}")
    for reason, count in sorted(comparison.skipped.items()):
        yield "skipped", Text(f"{count:,} ways of writing an operation: {reason}")
    if names := sorted(comparison.allowed):
        yield "accepted", Text(", ".join(names))
    if options := list(_acceptable(comparison)):
        yield "accept by", Text(" ".join(options))
    yield "took", Text(f"{comparison.seconds:.1f} s")


def _acceptable(comparison: Comparison) -> Iterator[str]:
    """The options that accept what nobody did wrong; for what is wrong none is proposed.

    What was counted and has no example stands for itself: with one option less it would have one.
    """
    refused = comparison.refused
    found_ones = {(found.kind, found.side) for found in refused}
    found_ones |= {each for each in comparison.tally if not comparison.accepts(*each)}
    harmless = {each for each in found_ones if _nobody_is_wrong(*each)}
    state = ("state", "convention")  # its kind, which is less, where no other is a convention
    names: set[str] = {each[1] for each in harmless if each != state}
    if state in harmless and "convention" not in names:
        names.add("state")
    yield from [f"--allow {name}" for name in sorted(names)]
    slower = any(found.kind == "slowdown" for found in refused)
    times = [each.low for each in comparison.ratios if each.quantity == "time"]
    if slower and times and math.isfinite(max(times)):
        yield f"--max-slowdown {math.ceil(10 * max(times)) / 10:g}"


def _nobody_is_wrong(kind: Kind, side: Side) -> bool:
    """Whether both are right, or one says openly that it cannot do what the other can."""
    openly = kind in {"operations", "error", "state", "network"}
    return side in {*ROUNDING, "convention", "imprecise-old", "imprecise-new"} or (
        side in {"only-old", "only-new"} and openly
    )


def _unstable(comparison: Comparison) -> Iterator[tuple[str, Text]]:
    """What each engine does otherwise than itself."""
    for found in comparison.differences:
        if found.kind == "reproducibility":
            name = "old" if found.old == CHANGES else "new"
            shared = (found.kind, found.side) in comparison.itself
            why = "both do: no difference" if shared else MEANING[found.side]
            accepted = " (accepted)" if comparison.accepts(found.kind, found.side) else ""
            text = f"the {name} one differs from itself from run to run: {why}{accepted}"
            yield found.kind, Text(text)


def _gravest(item: tuple[tuple[Kind, Side], int]) -> tuple[int, int]:
    (_, side), count = item
    return -SIDES.index(side), -count


def _ratio(each: Ratio) -> str:
    unit = "µs" if each.quantity == "time" else "bytes"
    scale = 1e6 if each.quantity == "time" else 1.0
    sizes = " and ".join(f"{size * scale / each.nodes:.3g}" for size in (each.old, each.new))
    spread = f", {each.low:.2f} to {each.high:.2f}" if each.low != each.high else ""
    return f"{each.ratio:.2f} times the old one's{spread}: {each.workload} ({sizes} {unit} a node)"


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain JSON data."""
    c = comparison
    return {
        "schema": SCHEMA,
        "old": _engine_json(c.old),
        "new": _engine_json(c.new),
        "exit_code": int(c.exit_code),
        "cases": c.cases,
        "numbers": c.numbers,
        "same": c.same,
        "tally": [
            {"kind": kind, "side": side, "count": count, "accepted": c.accepts(kind, side)}
            for (kind, side), count in sorted(c.tally.items())
        ],
        "differences": [_difference_json(found) for found in c.differences],
        "allowed": sorted(c.allowed),
        "ratios": [_ratio_json(each) for each in c.ratios],
        "unmeasured": plain(c.unmeasured),
        "skipped": dict(c.skipped),
        "seed": c.seed,
        "examples": c.examples,
        "seconds": round(c.seconds, 3),
    }


def _engine_json(info: EngineInfo) -> dict[str, Any]:
    return {"spec": plain(info.spec), "class": plain(info.class_name), "python": info.python}


def _difference_json(found: Difference) -> dict[str, Any]:
    case = found.case
    return {
        "kind": found.kind,
        "side": found.side,
        "where": found.where,
        "old": plain(found.old),
        "new": plain(found.new),
        "truth": found.truth,
        "note": plain(found.note),
        "graph": None if case is None else case.graph.to_json(),
        "python": "" if case is None else case.graph.expression(),
        "inputs": {} if case is None else {k: float(v) for k, v in case.inputs.items()},
    }


def _ratio_json(each: Ratio) -> dict[str, Any]:
    numbers = {key: getattr(each, key) for key in ("old", "new", "ratio", "low", "high")}
    return {
        **{key: getattr(each, key) for key in ("workload", "quantity", "pairs", "nodes")},
        **{key: x if math.isfinite(x) else None for key, x in numbers.items()},
    }
