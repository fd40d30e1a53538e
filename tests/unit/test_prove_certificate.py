"""A certificate is what its schema says, to the last key."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from verify.engines import load
from verify.prove.certificate import SCHEMA_FILE, as_json, read
from verify.prove.proof import NOT_COVERED, prove

if TYPE_CHECKING:
    from collections.abc import Callable

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
