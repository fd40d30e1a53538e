"""A certificate is what its schema says, to the last key."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from verify.engines import load
from verify.prove.certificate import SCHEMA_FILE, as_json, check_text, digest, read
from verify.prove.proof import NOT_COVERED, prove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

jsonschema = pytest.importorskip("jsonschema", reason="validates formats; pip install jsonschema")

ENGINES = Path(__file__).parents[1] / "prove"
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def certificate(file: str) -> Any:
    """What is written of one operation of an engine."""
    with load(str(ENGINES / file), watched=True) as engine:
        proof = prove(engine, only=frozenset({"exp"}))  # type: ignore[arg-type]
        return json.loads(json.dumps(as_json(engine.info, proof)))


@pytest.fixture(scope="module", params=["right_small.py", "exp_wrong_from_100.py"])
def written(request: pytest.FixtureRequest) -> Any:
    """The certificates of a right engine and of a wrong one."""
    return certificate(request.param)


def test_the_schema_is_a_schema() -> None:
    """It is valid by its own draft."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_certificate_is_valid(written: Any) -> None:
    """What is written has the shape that is promised, and can be read again."""
    jsonschema.validate(written, SCHEMA, jsonschema.Draft202012Validator)
    assert {t.name for t in read(written).theorems} == {t["name"] for t in written["theorems"]}


def test_what_no_theorem_speaks_of_is_in_every_certificate(written: Any) -> None:
    """Rounding, training, depth and cost are named, whatever the answer."""
    words = " ".join(written["not covered"])
    assert written["not covered"] == list(NOT_COVERED)
    assert [w for w in ("rounding", "training", "depth", "cost") if w not in words] == []


def _drop_premises(data: Any) -> None:
    for theorem in data["theorems"]:
        theorem["premises"] = []
        theorem["standing"] = "proven"


def positions(data: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every number, text and truth value; of a list, to its first three entries."""
    if isinstance(data, dict):
        for key, part in data.items():
            yield from positions(part, *way, key)
    elif isinstance(data, list):
        for index, part in enumerate(data[:3]):
            yield from positions(part, *way, index)
    else:
        yield way


def with_one_bit(data: Any, way: tuple[Any, ...]) -> Any:
    """A copy in which one bit is another one."""
    found = copy.deepcopy(data)
    *outer, last = way
    place = found
    for key in outer:
        place = place[key]
    old = place[last]
    if isinstance(old, str):
        place[last] = old[:-1] + chr(ord(old[-1]) ^ 1) if old else "\x01"
    else:
        place[last] = "" if old is None else not old if isinstance(old, bool) else old ^ 1
    return found


def noticed(data: Any) -> bool:
    """Whether a certificate is none any more, or complains of itself."""
    try:
        return bool(list(check_text(data)))
    except ValueError:
        return True


def test_every_changed_bit_is_noticed(written: Any) -> None:
    """Whatever is changed anywhere in a certificate, it does not hold any more."""
    one_of_each = {
        tuple(["*" if isinstance(key, int) else key for key in way]): way
        for way in positions(written)
    }
    assert not noticed(written)
    assert [way for way in one_of_each.values() if not noticed(with_one_bit(written, way))] == []


FORGED: dict[str, Callable[[Any], None]] = {
    "another standing": lambda data: data.update(standing="missing"),
    "a truth value": lambda data: data.update(proven=not data["proven"]),
    "an assumption less": lambda data: data["assumed"].pop(),
    "more that is covered": lambda data: data["not covered"].pop(),
    "an operation more": lambda data: data["operations"].update(dot="proven"),
    "a larger statement": lambda data: data["theorems"][0].update(statement="all is right"),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forger_has_to_know_more(forged: str, written: Any) -> None:
    """What follows from the theorems is computed again, with a digest that fits."""
    data = copy.deepcopy(written)
    FORGED[forged](data)
    data["digest"] = digest(data)
    assert noticed(data)


SPOILED: dict[str, Callable[[Any], None]] = {
    "another schema": lambda data: data.update(schema="verify.proof/3"),
    "a key that nobody knows": lambda data: data.update(trust="me"),
    "no sources": lambda data: data.pop("sources"),
    "a hash of another length": lambda data: data["sources"][0].__setitem__(1, "00"),
    "a theorem that is proven and rests on nothing": _drop_premises,
    "a standing of its own": lambda data: data["theorems"][0].update(standing="certain"),
    "nothing that is not covered": lambda data: data.update({"not covered": []}),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_what_is_no_certificate_is_not_valid(spoiled: str, written: Any) -> None:
    """Each of these breaks the schema."""
    data = copy.deepcopy(written)
    SPOILED[spoiled](data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA, jsonschema.Draft202012Validator)
