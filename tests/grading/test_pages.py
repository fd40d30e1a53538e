"""The pages: what they say, at which level of help, and that everybody can use them."""

import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from verify.grading.evidence import Sign
from verify.grading.marks import overridden
from verify.grading.pages import _md, class_page, student_html, student_markdown
from verify.grading.rubric import Rubric
from verify.grading.similar import Alike

_SPEC = importlib.util.spec_from_file_location("classes", Path(__file__).with_name("classes.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
classes: Any = importlib.util.module_from_spec(_SPEC)
sys.modules["classes"] = classes
_SPEC.loader.exec_module(classes)

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:  # noqa: D107 - takes nothing
        super().__init__()
        self.found: set[str] = set()
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.found.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def tags(page: str) -> Tags:
    """Those of a page."""
    found = Tags()
    found.feed(page)
    return found


def rendered(text: str) -> str:
    """Markdown as HTML, by a parser that would let markup through."""
    return MarkdownIt("commonmark").enable("table").render(text)


def whole(rows: list[Any]) -> str:
    """The teacher's page."""
    about = {"seed": "1", "exam": "e"}
    return "".join(class_page(lambda: rows, Rubric(), about, [Alike(("s-0", "s-1"))]))


def test_nothing_in_a_page_is_markup_of_a_submission() -> None:
    """Whatever a submission writes, a page shows it as text."""
    plain, evil = classes.rows("words"), classes.rows()
    for level in range(4):
        rubric = Rubric(hints=level)
        for a, b in zip(plain, evil, strict=True):
            usual, page = tags(student_html(a, rubric)), tags(student_html(b, rubric))
            assert (page.found, page.handlers) == (usual.found, [])
            usual, page = (tags(rendered(student_markdown(row, rubric))) for row in (a, b))
            assert (page.found, page.handlers) == (usual.found, [])
    page = tags(whole(evil))
    assert (page.found, page.handlers) == (tags(whole(plain)).found, [])
    assert whole(evil).count("<script>") == 1


def test_markdown_cannot_be_left_by_a_fence() -> None:
    """A program that holds a fence of its own stays in its block."""
    text = student_markdown(classes.rows("x")[1], Rubric(hints=1))
    (fence,) = re.findall(r"^(`{4,})python$", text, re.MULTILINE)
    assert text.count(f"\n{fence}\n") == 1


@pytest.mark.parametrize(
    ("level", "shown", "hidden"),
    [
        (0, [], ["TITLE", "EXPRESSION", "QUESTION", "FORMULA", "PROGRAM"]),
        (1, ["EXPRESSION", "PROGRAM"], ["TITLE", "QUESTION", "FORMULA"]),
        (2, ["TITLE", "QUESTION", "EXPRESSION"], ["FORMULA"]),
        (3, ["TITLE", "QUESTION", "FORMULA", "CHANGE"], []),
    ],
)
def test_levels_of_help(level: int, shown: list[str], hidden: list[str]) -> None:
    """Each level tells what it should, and nothing of the next."""
    row = classes.rows("words")[1]
    told = replace(
        row.evidence.found[0], title="TITLE", expression="EXPRESSION", question="QUESTION",
        formula="FORMULA", program="PROGRAM", change="CHANGE", explanation="",
    )  # fmt: skip
    row = replace(row, evidence=replace(row.evidence, found=(told,), conventions={}))
    rubric = Rubric(hints=level)
    for page in (student_html(row, rubric), student_markdown(row, rubric)):
        assert "Local derivatives" in page
        assert [word for word in shown if word not in page] == []
        assert [word for word in hidden if word in page] == []


def test_a_sentence_is_no_number() -> None:
    """What is wrong with what is listed, or how many there are, has no number that would be right.

    Nor is a standing said twice.
    """
    row = classes.rows("words")[1]
    said = replace(row.evidence.found[0], where="output of MLP", got="1 of 2 is there", want="")
    row = replace(row, evidence=replace(row.evidence, found=(said,)))
    for page in (student_html(row, Rubric()), student_markdown(row, Rubric())):
        assert "1 of 2 is there" in page
        assert "yours" not in page
        assert "not reached; Not reached" not in page


@pytest.mark.parametrize(
    ("got", "words"),
    [
        ("raises TypeError: no", "yours raises `TypeError: no`, right is `2.0`"),
        ("a NoneType", "yours gives `None`, right is `2.0`"),
        ("a str", "yours is a `str`, right is `2.0`"),
        ("a ndarray", "yours is a `ndarray`, right is `2.0`"),
        ("a int64", "yours is an `int64`, right is `2.0`"),
        ("1.5", "yours is `1.5`, right is `2.0`"),
        ("1.5 or 2.5, from run to run", "yours is `1.5 or 2.5, from run to run`, right is `2.0`"),
    ],
)
def test_what_an_engine_gave_is_a_sentence(got: str, words: str) -> None:
    """Whether it is a number, something else, or an exception."""
    row = classes.rows("words")[1]
    said = replace(row.evidence.found[0], got=got, want="2.0")
    row = replace(row, evidence=replace(row.evidence, found=(said,)))
    assert words in student_markdown(row, Rubric())
    plain = unescape(re.sub(r"<[^>]+>", "", student_html(row, Rubric())))
    assert words.replace("`", "") in plain


def test_the_summary_counts_everybody_once() -> None:
    """Points that were set by hand are counted by themselves, graded before or not."""
    ada, _, cy, _ = rows = classes.rows("x")
    by_hand = [replace(row, marks=overridden(row.marks, 55.0, "spoke")) for row in (ada, cy)]
    page = whole([*by_hand, rows[1], rows[2], rows[3]])
    told = "5 submissions: 0 correct, 1 wrong, 1 incomplete, 2 overridden, 1 not graded."
    assert told in page


def test_points_by_hand_stand_on_the_page_of_who_could_not_be_graded() -> None:
    """With the reason of either; and nothing there says that there are no points."""
    cy = classes.rows("x")[2]
    row = replace(cy, marks=overridden(cy.marks, 55.0, "spoke with her"))
    for page in (student_html(row, Rubric()), student_markdown(row, Rubric())):
        assert "55 of 100 points" in page
        assert "spoke with her" in page
        assert "no points yet" not in page
    hidden = Rubric(show=("findings",))
    assert "55" not in student_markdown(row, hidden)


def test_markdown_says_what_the_page_says() -> None:
    """Every word of the page stands in the Markdown, but for headings that it does not need."""
    headings = "Milestones A question that leads to it What the mistake is How to mend it"
    for row in classes.rows("plain words"):
        for level in range(4):
            rubric = Rubric(hints=level, show=("points", "findings", "conventions"))
            html = spoken(student_html(row, rubric))
            text = spoken(rendered(student_markdown(row, rubric)))
            assert html - text <= spoken(headings)


def spoken(page: str) -> set[str]:
    """The words of a page, without its tags and its style, and without stops."""
    plain = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    return {word.strip(".,:;").lower() for word in unescape(plain).split()}


def test_only_what_is_markup_is_escaped() -> None:
    """Numbers, products and operators stay readable; what would be markup does not become it."""
    plain = ["6.5e-15", "a += b and its like", "a * b, a ** b", "x_1 (of 3) #4!", "a -> b", "-a"]
    assert [_md(text) for text in plain] == plain
    for text in (
        "*a*", "a*b*c", "**a**", "a **b** c", "_a_ b", "__radd__", "[a](b)", "![a](b)", "# a",
        "- a", "+ a", "* a", "1. a", "12) a", "> a", "---", "===", "<b>", "&lt;", "`a`", "a | b",
        "~~a~~", "\\*a*",
    ):  # fmt: skip
        assert unescape(rendered(_md(text))).strip() == f"<p>{text}</p>"


def test_what_a_sign_costs_is_said_as_it_is() -> None:
    """Nothing by itself; it may be a mistake as well, or stand with work that has no points."""
    ada, ben, cy, _ = classes.rows("x")
    sign = Sign("finite differences", "small steps")
    told = replace(
        ben.evidence.found[0], title="gradients are finite differences, not derivatives"
    )
    rows = [
        replace(ada, evidence=replace(ada.evidence, warnings=(sign,))),
        replace(ben, evidence=replace(ben.evidence, found=(told,), warnings=(sign,))),
        replace(cy, evidence=replace(cy.evidence, warnings=(Sign("delegates", "imports torch"),))),
    ]
    page = whole(rows)
    listed = re.findall(r"</a>: (finite .*?|delegates.*?)</li>", page)
    assert listed == [
        "finite differences; small steps",
        "finite differences; small steps (found as a mistake, too, which has cost points)",
        "delegates; imports torch (not graded)",
    ]
    assert "nobody has lost" not in page
    assert "not judged" not in page


def test_the_mean_says_of_whom() -> None:
    """Who has no points is not in it, and that is said where there is somebody."""
    rows = classes.rows("x")
    assert ", of 3 graded." in whole(rows)
    assert " graded." not in whole(rows[:2]).replace("0 not graded.", "")


def test_what_is_missing_is_named_on_every_page() -> None:
    """Who is incomplete reads what is missing, and so does the teacher."""
    row = classes.rows("x")[3]
    pages = student_html(row, Rubric()), student_markdown(row, Rubric()), whole([row])
    assert [page for page in pages if "not there: a ** b" not in page] == []


def test_a_rubric_may_hide_points() -> None:
    """What students may not see is not in their page."""
    page = student_html(classes.rows("x")[0], Rubric(show=("findings",)))
    assert "points</p>" not in page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of sixty with all its pages."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "students").mkdir()
    rows = [*classes.many(57), *classes.rows()[1:]]
    for row in rows:
        page = student_html(row, Rubric(hints=3))
        (folder / "students" / f"{row.submission.key}.html").write_text(page)
    (folder / "index.html").write_text(whole(rows))
    return folder


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


@pytest.fixture(params=[1280, 380])
def page(browser: Any, site: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The teacher's page from a file, wide and narrow; any error of a script fails the test."""
    made = browser.new_page(viewport={"width": request.param, "height": 800})
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda message: errors.append(message.text))
    made.goto(f"file://{site}/index.html")
    yield made
    made.close()
    assert errors == []


def names(page: Any) -> list[str]:
    """The students that are shown, from above."""
    found: list[str] = page.eval_on_selector_all(
        "#table tbody tr:not([hidden]) th a", "all => all.map((a) => a.textContent)"
    )
    return found


@pytest.mark.slow
def test_sort_search_and_open(page: Any) -> None:
    """Columns sort both ways, numbers as numbers; the search narrows; names lead on."""
    first = names(page)
    page.get_by_role("button", name="Points", exact=True).click()
    points = page.eval_on_selector_all(
        "#table tbody td:nth-of-type(2)", "all => all.map((cell) => Number(cell.dataset.sort))"
    )
    assert points == sorted(points)
    page.get_by_role("button", name="Points", exact=True).click()
    assert page.get_attribute("th:nth-child(3)", "aria-sort") == "descending"
    page.get_by_role("button", name="Student", exact=True).click()
    assert len(names(page)) == len(first)
    page.fill("#search", "student 041")
    assert [n for n in names(page) if not n.startswith("Student 041")] == []
    assert page.text_content("#count") == f"{len(names(page))} shown"
    with page.expect_navigation():
        page.click("#table tbody tr:not([hidden]) th a")
    assert "Student 041" in page.title()


@pytest.mark.slow
def test_keyboard_alone(page: Any) -> None:
    """All that a pointer does, the keyboard does."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Points":
            break
    page.keyboard.press("Enter")
    assert page.get_attribute("th:nth-child(3)", "aria-sort") == "ascending"
    page.focus("#search")
    page.keyboard.type("wrong")
    assert 0 < len(names(page)) < 60
    page.focus("#table tbody tr:not([hidden]) th a")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    summary = page.locator("summary").first
    summary.focus()
    was = summary.evaluate("s => s.parentElement.open")
    page.keyboard.press("Enter")
    assert summary.evaluate("s => s.parentElement.open") is not was


@pytest.mark.slow
def test_nothing_is_wider_than_the_window(page: Any, site: Path) -> None:
    """On a telephone the page does not scroll sideways; tables do, by themselves."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    page.goto(f"file://{site}/students/s-1.html")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate(wide) == 0


@pytest.mark.slow
def test_a_table_that_is_cut_says_so(page: Any) -> None:
    """Where the window is too narrow for it a line says that it goes on, and else none does."""
    for width in (page.viewport_size["width"], 3000):
        page.set_viewport_size({"width": width, "height": 800})
        cut = page.eval_on_selector(
            "#table", "table => table.scrollWidth > table.parentElement.clientWidth"
        )
        assert (width, cut) != (3000, True)
        page.wait_for_function(f"document.getElementById('cut').hidden === {str(not cut).lower()}")


@pytest.mark.slow
def test_no_heading_runs_into_the_next(page: Any) -> None:
    """Each heading of the matrix stays in its column."""
    wide = page.eval_on_selector_all(
        "#table thead th", "all => all.filter((h) => h.scrollWidth > h.clientWidth).length"
    )
    assert wide == 0


@pytest.mark.slow
def test_it_prints(browser: Any, site: Path) -> None:
    """In print, all students are there, and what is for a screen alone is not."""
    made = browser.new_page()
    made.goto(f"file://{site}/index.html")
    made.emulate_media(media="print")
    assert not made.is_visible("#search")
    assert made.is_visible("#table tbody tr:last-child")
    assert made.pdf()[:4] == b"%PDF"
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["index.html", "students/s-1.html", "students/s-2.html"])
def test_an_accessibility_checker_finds_nothing_serious(
    browser: Any, site: Path, name: str
) -> None:
    """axe-core finds nothing serious, in the light and in the dark."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install it")
    found = []
    for scheme in ("light", "dark"):
        context = browser.new_context(bypass_csp=True, color_scheme=scheme)
        made = context.new_page()
        made.goto(f"file://{site}/{name}")
        made.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        results = axe.Axe().run(made).response["violations"]
        found += [
            (rule["id"], rule["nodes"][0]["html"][:120]) for rule in results
            if rule["impact"] in {"serious", "critical"}
        ]  # fmt: skip
        context.close()
    assert found == []
