"""A proof as JSON, and what is found when it is checked again.

Nothing in a certificate is believed.  What is due is computed anew; the engine is run again on each
path that the certificate names, with the answers forced, and must compute the same formulas; each
equality and each empty path is shown again; and the paths must leave no answer untried.  Besides,
each equality is tried in ball arithmetic, which shares nothing with the canonical forms.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, Final

from verify.engines.wire import WatchedGraph
from verify.expression.graph import Graph, number_from_json, number_to_json
from verify.expression.ops import FORMS
from verify.expression.reading import Question, Seen
from verify.prove.balls import contains_0
from verify.prove.networks import networks
from verify.prove.operations import BLAMELESS, KINDS, judged, name_of, pose, refuses, worded
from verify.prove.proof import ASSUMED, NOT_COVERED, Proof, forms_had, others
from verify.prove.regions import is_empty, of_reals
from verify.prove.structure import structure
from verify.prove.theorem import WEAKEST, Equality, Path, Premise, Theorem
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verify.engines import EngineInfo
    from verify.expression.reading import Tree
    from verify.prove.networks import WatchingNetworks
    from verify.prove.operations import Posed
    from verify.prove.theorem import Standing

SCHEMA: Final = "verify.proof/2"
SCHEMA_FILE: Final = File(__file__).with_name("certificate.schema.json")
"""What a certificate looks like, as JSON Schema."""
METHOD: Final = "canonical forms over exp, log, sin, cos and variables; empty paths by signs"
_TWICE: Final = ", same operand twice"
_POINTS: Final = 3
_AT_ONCE: Final = 48


@dataclass(frozen=True, slots=True)
class Complaint:
    """What does not hold in a certificate: of which theorem, and in words."""

    theorem: str
    what: str

    def __str__(self) -> str:
        return f"{self.theorem}: {self.what}"


# --- writing -------------------------------------------------------------------------------------


def as_json(info: EngineInfo, proof: Proof) -> dict[str, Any]:
    """The certificate; ``operations`` has the weakest standing of each operation."""
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "engine": {
            "spec": info.spec, "path": info.path, "class": info.class_name, "python": info.python,
        },
        "isolation": info.isolation,
        "versions": versions(),
        "standing": proof.standing,
        "proven": proof.standing == "proven",
        "operations": of_operations(proof),
        "sources": [list(source) for source in proof.sources],
        "method": METHOD,
        "assumed": list(ASSUMED),
        "not covered": list(NOT_COVERED),
        "theorems": [_theorem(theorem) for theorem in proof.theorems],
    }  # fmt: skip
    return {**data, "digest": digest(data)}


def of_operations(proof: Proof) -> dict[str, Standing]:
    """The weakest standing of each operation."""
    standings: dict[str, list[Standing]] = defaultdict(list)
    for theorem in proof.theorems:
        if theorem.op:
            standings[theorem.op].append(theorem.standing)
    return {op: min(found, key=WEAKEST.index) for op, found in standings.items()}


def digest(data: dict[str, Any]) -> str:
    """The SHA-256 of everything else in a certificate: it tells of an accident, not of a forger."""
    rest = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _theorem(theorem: Theorem) -> dict[str, Any]:
    return {
        "kind": theorem.kind,
        "name": theorem.name,
        "operation": theorem.op,
        "standing": theorem.standing,
        "statement": theorem.statement,
        "domain": theorem.domain,
        "premises": [[each.what, each.checked] for each in theorem.premises],
        "complement": list(theorem.complement),
        "assumed": list(theorem.assumed),
        "note": theorem.note,
        "seen": [[s.kind, s.what, s.file, s.line] for s in theorem.seen],
        "paths": [_path(path) for path in theorem.paths],
    }


def _path(path: Path) -> dict[str, Any]:
    return {
        "graph": path.graph.to_json(),
        "asked": [_question(q) for q in path.asked],
        "piece": [_question(q) for q in path.piece],
        "outcome": path.outcome,
        "equalities": [[e.what, _tree(e.computed), _tree(e.expected)] for e in path.equalities],
        "note": path.note,
        "number": path.number if path.number is None else number_to_json(path.number),
        "ints": list(path.ints),
        "truths": [[name, value] for name, value in path.truths],
    }


def _question(question: Question) -> list[Any]:
    return [question.what, _tree(question.left), _tree(question.right), question.answer]


def _tree(tree: Tree) -> Any:  # noqa: ANN401 - JSON
    if isinstance(tree, tuple):
        return [tree[0], *[_tree(part) for part in tree[1:]]]
    return {"number": float(tree).hex()} if isinstance(tree, (int, float)) else tree


# --- reading -------------------------------------------------------------------------------------


def read(data: dict[str, Any]) -> Proof:
    """The proof in a certificate.

    Raises:
        ValueError: if it is none.
    """
    if data.get("schema") != SCHEMA:
        raise ValueError(f"this is no certificate: its schema is not {SCHEMA}")
    try:
        theorems = tuple([_read_theorem(each) for each in data["theorems"]])
        return Proof(theorems, tuple([(str(n), str(h)) for n, h in data["sources"]]))
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise ValueError(f"this is no certificate: {type(error).__name__} {error}") from None


def _read_theorem(data: dict[str, Any]) -> Theorem:
    return Theorem(
        data["kind"], data["name"], data["operation"], data["standing"], data["statement"],
        tuple(data["complement"]), tuple([_read_path(each) for each in data["paths"]]),
        tuple([Seen(*each) for each in data["seen"]]), tuple(data["assumed"]), data["note"],
        data["domain"], tuple([Premise(*each) for each in data["premises"]]),
    )  # fmt: skip


def _read_path(data: dict[str, Any]) -> Path:
    return Path(
        Graph.from_json(data["graph"]),
        tuple([_read_question(each) for each in data["asked"]]),
        tuple([_read_question(each) for each in data["piece"]]),
        data["outcome"],
        tuple([Equality(w, _read_tree(c), _read_tree(d)) for w, c, d in data["equalities"]]),
        data["note"],
        None if data["number"] is None else number_from_json(data["number"]),
        tuple(data["ints"]),
        tuple([(str(name), bool(value)) for name, value in data["truths"]]),
    )


def _read_question(data: Sequence[Any]) -> Question:
    return Question(data[0], _read_tree(data[1]), _read_tree(data[2]), answer=bool(data[3]))


def _read_tree(data: Any) -> Tree:  # noqa: ANN401 - JSON
    if isinstance(data, list):
        return (data[0], *[_read_tree(part) for part in data[1:]])
    return float.fromhex(data["number"]) if isinstance(data, dict) else data


# --- checking ------------------------------------------------------------------------------------


def check_text(data: dict[str, Any]) -> Iterator[Complaint]:
    """What a certificate says of itself that does not follow from its theorems, or was changed."""
    proof = read(data)
    if data.get("digest") != digest(data):
        yield Complaint("certificate", "it was changed since it was written")
    follows: dict[str, Any] = {
        "standing": proof.standing, "proven": proof.standing == "proven", "method": METHOD,
        "assumed": list(ASSUMED), "not covered": list(NOT_COVERED),
        "operations": of_operations(proof),
    }  # fmt: skip
    for key, expected in follows.items():
        if data.get(key) != expected:
            yield Complaint("certificate", f"{key} is not what follows from its theorems")
    for theorem in proof.theorems:
        if theorem.standing == "proven" and (theorem.seen or theorem.complement):
            yield Complaint(theorem.name, "it is proven, and says itself what is not")
        if theorem.kind == "operation" and theorem.name in _FORMS:
            expected = worded(FORMS[_FORMS[theorem.name][0]], theorem.name)
            if (theorem.statement, theorem.domain) != expected:
                yield Complaint(theorem.name, "it states something else")


def check(engine: WatchingNetworks, proof: Proof) -> Iterator[Complaint]:
    """What does not hold of a certificate's proven theorems, for this engine as it is now."""
    yield from check_sources(engine, proof)
    proven = {t.name for t in proof.theorems if t.standing == "proven"}
    named = {t.name for t in proof.theorems}
    for theorem in proof.theorems:
        if theorem.kind == "operation" and theorem.name in proven:
            yield from check_operation(engine, theorem, *_FORMS[theorem.name])
    for name in _FORMS.keys() - named:
        yield Complaint(name, "no theorem is about it")
    have = forms_had(proof.theorems)
    seen = [s for t in proof.theorems for s in t.seen if t.kind == "operation"]
    again = [*networks(engine), *others(engine.info.notes)]
    if "all graphs" in proven:
        again.append(structure(engine, have, seen, exhaust=True))
    for theorem in again:
        if theorem.name not in named or (
            theorem.name in proven and theorem.standing != "proven"
        ):
            yield Complaint(theorem.name, f"it is {theorem.standing}: {theorem.note}")


def check_sources(engine: WatchingNetworks, proof: Proof) -> Iterator[Complaint]:
    """Whether the text that runs is the one that was proven."""
    engine.watched([WatchedGraph(Graph.parse("a * 1.0"))])
    now, proven = set(engine.sources()), set(proof.sources)
    for name, _ in sorted(proven - now):
        yield Complaint("sources", f"{name} is not the text that was proven")
    for name in sorted({n for n, _ in now} - {n for n, _ in proven}):
        yield Complaint("sources", f"{name} was not there")


def _name_of(form: str, aliased: bool) -> str:
    return form + _TWICE if aliased else name_of(FORMS[form])


_FORMS: Final = {
    _name_of(text, aliased): (text, aliased)
    for text, form in FORMS.items()
    for aliased in ((False, True) if sum(form.nodes) > 1 else (False,))
}
"""Of each name of a theorem about an operation the form, and whether its operands are one."""


def check_operation(
    engine: WatchingNetworks, theorem: Theorem, form: str, aliased: bool
) -> Iterator[Complaint]:
    """What does not hold of one theorem about an operation."""
    rest = list(theorem.paths)
    kinds: list[Seen] = []
    for posed in pose(FORMS[form], kinds, aliased=aliased):
        graph, made_of = posed.graph.to_json(), (posed.ints, posed.truths)
        own = [p for p in rest if p.graph.to_json() == graph and (p.ints, p.truths) == made_of]
        own = [p for p in own if p.number == posed.number and type(p.number) is type(posed.number)]
        asked = {path.asked for path in own if path.piece or path.outcome != "empty"}
        empty = {path.asked for path in own if not path.piece and path.outcome == "empty"}
        if not asked:
            yield Complaint(theorem.name, f"no path of {posed.graph.expression()}")
        for path in empty:
            if not is_empty((*posed.given, *of_reals(path, posed.given))):
                yield Complaint(theorem.name, "a path that some numbers take was left out")
        for path in asked:
            for index in range(len(path)):
                turned = (*path[:index], _turned(path[index]))
                if not any(other[: len(turned)] == turned for other in asked | empty):
                    yield Complaint(theorem.name, f"{turned[-1]} was not tried")
        yield from check_paths(engine, theorem, posed, sorted(asked, key=str), kinds)


def check_paths(
    engine: WatchingNetworks,
    theorem: Theorem,
    posed: Posed,
    asked: Sequence[tuple[Question, ...]],
    kinds: list[Seen],
) -> Iterator[Complaint]:
    """Run the paths again, and compare what is computed there with what is due.

    ``kinds`` gets the notes of questions of which kind a number is.
    """
    dice = random.Random(len(asked))  # noqa: S311 - points of a spot check
    for start in range(0, len(asked), _AT_ONCE):
        batch = asked[start : start + _AT_ONCE]
        requests = [
            replace(posed.request, forced=tuple([q.answer for q in path])) for path in batch
        ]
        for path, watched in zip(batch, engine.watched(requests), strict=True):
            if watched.asked != path:
                yield Complaint(theorem.name, "the engine asks other questions than it did")
                continue
            kinds += [note for note in watched.notes if note.kind == KINDS]
            blamed = [note for note in watched.notes if note.kind not in BLAMELESS]
            if blamed:
                yield Complaint(theorem.name, f"it is not local: {blamed[0]}")
            for found in judged(posed, watched, set()):
                if found.outcome in {"differs", "raises", "lost"} or refuses(found):
                    yield Complaint(theorem.name, found.note)
                yield from _tried(theorem, posed, found, dice)


def _tried(
    theorem: Theorem, posed: Posed, path: Path, dice: random.Random
) -> Iterator[Complaint]:
    """Equalities at a few points of the path, in ball arithmetic."""
    for equality in path.equalities:
        questions = (*posed.given, *path.asked, *path.piece)
        if not contains_0(equality, questions, dice, _POINTS):
            yield Complaint(theorem.name, f"{equality.what} is refuted in ball arithmetic")


def _turned(question: Question) -> Question:
    return Question(question.what, question.left, question.right, answer=not question.answer)
