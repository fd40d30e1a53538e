"""Two engines held against each other, as text for a person and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from verify.compare.difference import CHANGES, SIDES
from verify.report.layout import STYLES, table
from verify.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.compare.difference import Comparison, Difference, Kind, Ratio, Side
    from verify.engines import EngineInfo

SCHEMA: Final = "verify.comparison/1"

MEANING: Final[dict[Side, str]] = {
    "bits": "a last bit apart, as rounding explains",
    "bounds": "no further apart than rounding explains",
    "convention": "both right: more than one answer is",
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
    refused = comparison.refused
    for place, found in enumerate(refused[:_SHOWN], 1):
        yield Text()
        yield from _difference(place, found, width)
    if len(refused) > _SHOWN:
        yield Text()
        yield Text(f"and {len(refused) - _SHOWN} more")
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
        word, style, said = "DIFFERENT", STYLES["wrong"], f"they differ in {kinds}"
    elif comparison.exit_code:
        word, style = "INCONCLUSIVE", STYLES["inconclusive"]
        said = f"{share}, {comparison.minimum:,} are the minimum"
    else:
        word, style = "SAME", STYLES["correct"]
        explained = comparison.numbers - same
        rest = (
            f"; {explained:,} differ as far as rounding explains or was allowed"
            if explained
            else ""
        )
        said = f"{share}, {same:,} with the same bits{rest}"
    yield from table([(Text(word, style), Text(said))], width)


def _difference(place: int, found: Difference, width: int) -> Iterator[Text]:
    title = f"{found.kind}: {found.where}" + (f" ({MEANING[found.side]})" if _says(found) else "")
    yield from table([(Text(f"{place}.", "bold"), Text(title, STYLES["wrong"]))], width, gap=1)
    if found.case is not None:
        yield from table([(Text(plain(str(found.case))),)], width, indent=6)
    rows = [("old", found.old), ("new", found.new), ("right", found.truth), ("note", found.note)]
    cells = [(Text(name), Text(plain(said))) for name, said in rows if said]
    yield from table(cells, width, indent=6)


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
    if comparison.refused:
        names = sorted(_allowances(comparison.refused))
        yield "accept by", Text(" ".join(f"--allow {name}" for name in names))
    yield "took", Text(f"{comparison.seconds:.1f} s")


def _allowances(refused: Sequence[Difference]) -> set[str]:
    """What to allow: sides, but for a second pass that is a convention its kind, which is less."""
    state = ("state", "convention")
    sides = {found.side for found in refused if (found.kind, found.side) != state}
    left = any((found.kind, found.side) == state for found in refused)
    return {*sides, "state"} if left and "convention" not in sides else {*sides}


def _unstable(comparison: Comparison) -> Iterator[tuple[str, Text]]:
    """What each engine does otherwise than itself."""
    for found in comparison.differences:
        if found.kind == "reproducibility":
            name = "old" if found.old == CHANGES else "new"
            shared = (found.kind, found.side) in comparison.itself
            why = "both do: no difference" if shared else MEANING[found.side]
            accepted = " (accepted)" if comparison.accepts(found.kind, found.side) else ""
            said = f"the {name} one differs from itself from run to run: {why}{accepted}"
            yield found.kind, Text(said)


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
