"""The site: it builds without a warning, and its start page runs without a complaint."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from verify.report.text import report
from verify.verdict.outcome import Outcome

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
CODE = re.compile(r"<(pre|script|style|code)\b.*?</\1>", re.DOTALL)
ROW = re.compile(r'<text [^>]*y="([\d.]+)"[^>]*>(.*?)</text>')
PICTURE = ROOT / "docs/_static/finding.svg"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as a folder, built with every warning an error; tox has built it, where SITE is."""
    if "SITE" in os.environ:
        return Path(os.environ["SITE"])
    for name in ("sphinx", "myst_parser", "furo", "sphinx_click"):
        pytest.importorskip(name, reason=f"{name}: not installed, `tox -e docs` has it")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(out)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return out


@pytest.mark.slow
def test_nothing_of_the_markup_is_left(site: Path) -> None:
    """What a reader sees is rendered: no directive, no role, no fence stands in the text."""
    left = {}
    for page in site.rglob("*.html"):
        shown = CODE.sub("", page.read_text("utf-8"))
        if found := re.findall(r"\.\. \w+::|:(?:py:)?\w+:`|```|\]\([\w./-]+\.md", shown):
            left[page.name] = found
    assert left == {}


@pytest.mark.slow
def test_every_verb_and_option_is_in_the_reference(site: Path) -> None:
    """The page on the command line is made from click's own definitions: all of them."""
    import click

    from verify import cli

    page = re.sub(r"<[^>]+>", "", (site / "reference/cli.html").read_text("utf-8"))
    context = click.Context(cli.main)
    for verb in cli.main.list_commands(context):
        command = cli.main.get_command(context, verb)
        assert command is not None
        names = [name for option in command.params for name in option.opts if name.startswith("--")]
        assert [name for name in names if name not in page] == [], verb


@pytest.mark.slow
def test_the_start_page_in_a_browser(site: Path, tmp_path: Path) -> None:
    """No script fails, nothing is fetched from elsewhere, and the picture is there."""
    if CHROMIUM is None:
        pytest.skip("chromium: not installed")
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
         "--enable-logging=stderr", "--virtual-time-budget=4000", "--dump-dom",
         (site / "index.html").as_uri()],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [line for line in done.stderr.splitlines() if ":CONSOLE" in line] == []
    assert re.search(r'<img [^>]*src="_images/finding.svg"', done.stdout)
    loaded = re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="(https?:[^"]+)"', done.stdout)
    assert loaded == []
    for tutorial in ("check", "class", "refactor"):
        assert f'href="tutorials/{tutorial}.html"' in done.stdout


def test_the_picture_asks_for_nothing() -> None:
    """No font, no style and no script from elsewhere."""
    text = PICTURE.read_text("utf-8")
    assert re.findall(r"https?://(?!www\.w3\.org/)", text) == []
    assert "<script" not in text


@pytest.mark.slow
def test_the_picture_is_of_a_finding(shown: Outcome) -> None:
    """Every line of it is what ``verify check`` says of that notebook now."""
    import html

    rows: dict[str, str] = {}
    for y, piece in ROW.findall(PICTURE.read_text("utf-8")):
        rows[y] = rows.get(y, "") + html.unescape(piece).replace("\xa0", " ")
    said = {"".join(line.plain.split()) for line in report(shown, 80)}
    drawn = ["".join(row.split()) for row in rows.values()]
    unsaid = [
        row for row in drawn
        if row and row not in said and not row.startswith(("$verify", "verify", "torch"))
    ]  # fmt: skip
    assert (unsaid, len(drawn) > 15) == ([], True)


def test_the_page_of_results_is_made_from_its_files() -> None:
    """``python bench/results.py`` was run after the last measurement."""
    spec = importlib.util.spec_from_file_location("results", ROOT / "bench/results.py")
    assert spec is not None
    assert spec.loader is not None
    results = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(results)
    assert (ROOT / "docs/results.md").read_text("utf-8") == results.page()
