"""Notebooks as students hand them in: broken files, engines from elsewhere, demonstrations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from verify.engines import EngineError, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def notebook(*cells: str) -> str:
    """A notebook's text, one code cell each."""
    return json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells], "nbformat": 4})


def refused(path: Path) -> tuple[str, str]:
    """Why this cannot be judged: the kind and the sentence."""
    with pytest.raises(EngineError) as caught:
        load(str(path))
    return caught.value.kind, caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        (notebook("import math")[:-9], "it is not valid JSON: "),
        ("import math\n", "it is not valid JSON: "),
        ("[" * 100_000, "it is not valid JSON: "),
        ("[]", "it is JSON without its cells"),
        ('{"nbformat": 4}', "it is JSON without its cells"),
        ('{"cells": [{"cell_type": "code", "source": 3}]}', "it is JSON without its cells"),
    ],
    ids=["empty", "blank", "cut", "python", "deep", "list", "no cells", "no source"],
)
def test_what_is_no_notebook_is_said(text: str, says: str, write: Callable[..., Path]) -> None:
    """No line of it is to be corrected: it has to be saved again."""
    kind, message = refused(write(text, "hand in.ipynb"))
    assert kind == "notebook"
    assert message.startswith(f"this is no notebook: {says}")
