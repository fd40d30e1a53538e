"""What a notebook shows: verdict, findings, help that is folded; nothing of it is markup."""

import dataclasses
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import verify
from verify.checking.assess import Examined, examine, finding
from verify.engines import load
from verify.expression.graph import Case
from verify.generators.random import cases
from verify.report import explain, explanation
from verify.report.html import html, picture
from verify.report.picture import Drawn, svg
from verify.verdict.outcome import Accounts, Control, Diagnosis, Outcome
from verify.versions import versions

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
EVIL = "<script>alert(1)</script>&amp;\"'</pre></details>\x1b[31m"


class Double:
    """An engine whose product has twice the right slope for its first operand."""

    def __init__(self, data: float, parents: tuple[Any, ...] = ()) -> None:
        """A node."""
        self.data, self.grad, self.parents = float(data), 0.0, parents

    def __add__(self, other: "Double") -> "Double":
        return Double(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: "Double") -> "Double":
        return Double(self.data * other.data, ((self, 2 * other.data), (other, self.data)))

    def backward(self, gradient: float = 1.0) -> None:
        """Along every path."""
        self.grad += gradient
        for parent, slope in self.parents:
            parent.backward(gradient * slope)


@pytest.fixture(scope="module")
def examined() -> Iterator[Examined]:
    """What that engine says of a product."""
    with load(Double) as engine:
        yield examine(engine, Case.parse("a * b + b", a=2.0, b=-3.0))


@pytest.fixture(scope="module")
def outcome(examined: Examined) -> Outcome:
    """The outcome of a check that found it, without the check."""
    with load(Double) as engine:
        found = finding(engine, examined, "known", examined.case)
        info = engine.info
    return Outcome(
        info, "wrong", "", (found,), {"mul": "wrong"}, {}, Accounts(), Control(3, 3), (),
        ("interval",), 0, 8, 1.0, versions(),
    )  # fmt: skip


class Tags(HTMLParser):
    """The tags of a page, those that are open, and what refers to elsewhere."""

    def __init__(self) -> None:
        """None yet."""
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open one."""
        self.seen.append(tag)
        self.handlers += [n for n, _ in attrs if n.startswith("on") or n in {"src", "href"}]
        if tag not in {"br", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last one."""
        assert self.open.pop() == tag


def tags(text: str) -> Tags:
    """Those of a text, all closed."""
    found = Tags()
    found.feed(text)
    assert found.open == []
    return found


def test_the_order_of_the_page(outcome: Outcome) -> None:
    """The verdict first and last; program open, help folded in the order of its levels."""
    text = html(outcome)
    parts = [
        'class="verdict wrong"', "WRONG", "a * b", "<svg", "A program that shows it",
        "A question that leads to it", "What the mistake is",
    ]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.rindex('class="verdict wrong"') > places[-1]
    assert text.count("<details open>") == 1
    assert outcome.findings[0].diagnosis.title not in text[: text.index("What the mistake is")]


def test_it_needs_nothing_from_elsewhere(outcome: Outcome) -> None:
    """No script, no address, no handler; every tag is closed."""
    found = tags(html(outcome))
    assert found.handlers == []
    assert {"script", "link", "img", "iframe"}.isdisjoint(found.seen)


def test_nothing_that_an_engine_says_is_markup(outcome: Outcome) -> None:
    """Names, messages, titles and numbers of a hostile engine are text."""
    info = dataclasses.replace(
        outcome.engine, spec=EVIL, class_name=EVIL, python=EVIL, isolation=EVIL,
        notes=(f"{EVIL} was not judged",), adapter={"leaf": EVIL, "backward": EVIL},
    )  # fmt: skip
    diagnosis = Diagnosis("", EVIL, EVIL, 3, EVIL)
    evil = dataclasses.replace(
        outcome.findings[0], diagnosis=diagnosis, program=EVIL, readings={EVIL: EVIL}
    )
    accounts = Accounts(conventions={EVIL: EVIL})
    hostile = dataclasses.replace(outcome, engine=info, findings=(evil,), accounts=accounts)
    usual = tags(html(outcome))
    found = tags(html(hostile))
    assert set(found.seen) - set(usual.seen) <= {"br"}
    assert found.handlers == []
    assert "\x1b" not in html(hostile)


def test_an_outcome_shows_itself(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook asks the outcome of ``verify.check`` for its HTML."""
    from verify.verdict.outcome import VIEWS

    monkeypatch.setitem(VIEWS, "text/html", html)
    assert outcome._repr_html_() == html(outcome)
    monkeypatch.delitem(VIEWS, "text/html")
    assert outcome._repr_html_() is None


def test_the_picture_marks_what_is_wrong(outcome: Outcome) -> None:
    """The engine's number, framed, and the right one beside it, in words."""
    text = picture(outcome.findings[0])
    root = ET.fromstring(text)  # noqa: S314 - ours
    said = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "grad -6" in said
    assert "  right: -3" in said
    assert text.count('class="node bad"') == 1


@given(cases(max_operations=20))
def test_every_picture_is_a_page_wide(case: Case) -> None:
    """Well-formed, no wider than six boxes, one box a node, all within the picture."""
    root = ET.fromstring(svg(case.graph, Drawn()))  # noqa: S314 - ours
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert (len(boxes), width <= 1200) == (len(case.graph.nodes), True)
    corners = {(box.attrib["x"], box.attrib["y"]) for box in boxes}
    assert len(corners) == len(boxes)
    for box in boxes:
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height


def test_explain_marks_the_engines_numbers(examined: Examined) -> None:
    """``verify.explain`` with an engine: table, picture, page and dot say which number is wrong."""
    explained = verify.explain("a * b + b", Double, a=2.0, b=-3.0)
    assert explained.wrong == {(0, "gradient"): -3.0}
    assert re.search(r"^a +-3.0 .* wrong$|engine +-3.0e\+00 wrong", str(explained), re.MULTILINE)
    page = explanation.page(explained)
    assert "  right: -3" in page
    assert tags(page).handlers == []
    assert explained._repr_html_() in page
    assert "slope -6 wrong, right: -3" in explain.dot(examined.testimony, examined)
    assert explained.to_json()["verdict"] == "wrong"


def test_explain_without_an_engine() -> None:
    """The true numbers, nothing marked; the same text at a prompt."""
    explained = verify.explain("c = a * b; c + c", a=2.0, b=-3.0)
    assert (explained.wrong, repr(explained)) == ({}, str(explained))
    assert "grad -6" in explained._repr_html_()


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("a * b", (2.0, -3.0)),
        ("a.log() + b.sqrt()", (2.0, 3.0)),
        ("(1 - a).log() + a.log()", (0.5,)),
        ("(0 - a).log()", (-2.0,)),
        ("(a - a).log()", (2.0,)),
    ],
)
def test_usual_numbers(text: str, point: tuple[float, ...]) -> None:
    """Without numbers an expression gets some at which it is defined, if there are such."""
    assert verify.explain(text).case.point == point


def test_explain_refuses_half_a_point() -> None:
    """A number that is left out may be a slip."""
    with pytest.raises(verify.GraphError, match="leaves are a, b"):
        verify.explain("a * b", a=2.0)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on PATH: apt install chromium")
    with playwright.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


def opened(browser: Any, file: Path, width: int) -> dict[str, int]:
    """What a browser finds in a page, which has no errors of scripts: folds, widths, pictures."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.goto(file.as_uri())
    found: dict[str, int] = page.evaluate(
        """() => ({
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            open: document.querySelectorAll("details[open]").length,
            folded: document.querySelectorAll("details:not([open])").length,
            picture: Math.round(document.querySelector("svg").getBoundingClientRect().width),
        })"""
    )
    page.close()
    assert errors == []
    return found


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 380])
def test_browsers_show_it(browser: Any, outcome: Outcome, tmp_path: Path, width: int) -> None:
    """Wide or narrow: no error, nothing beside the screen, help folded, pictures scaled."""
    file = tmp_path / "outcome.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{html(outcome)}")
    found = opened(browser, file, width)
    assert (found["wide"], found["open"], found["folded"]) == (0, 1, 4)
    assert found["picture"] <= width
    file = tmp_path / "explained.html"
    long = verify.explain("; ".join(["a += a * 0.5"] * 9), a=1.0)
    file.write_text(explanation.page(long))
    found = opened(browser, file, width)
    assert (found["wide"], found["picture"] <= width) == (0, True)


CELL = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import verify
from test_report_html import Double
verify.check(Double, examples=4)
"""


@pytest.mark.slow
def test_a_cell_shows_the_report(browser: Any, tmp_path: Path) -> None:
    """``verify.check(Value)`` in a cell: one answer, HTML, which a browser shows; no text."""
    nbformat = pytest.importorskip("nbformat", reason="pip install --group notebooks")
    nbclient = pytest.importorskip("nbclient", reason="pip install --group notebooks")
    pytest.importorskip("ipykernel", reason="pip install --group notebooks")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    nbclient.NotebookClient(book, timeout=600).execute()
    outputs = book.cells[0].outputs
    kinds = [output.output_type for output in outputs]
    assert kinds == ["display_data", "execute_result"]  # the progress, which is empty now
    assert "".join(outputs[0].data["text/html"]) == ""
    text = "".join(outputs[1].data["text/html"])
    assert text.startswith('<div class="verify">')
    file = tmp_path / "cell.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{text}")
    assert opened(browser, file, 800)["wide"] == 0
