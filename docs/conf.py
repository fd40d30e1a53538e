"""The site: ``tox -e docs`` builds it, and no warning is passed over.

Pages are Markdown (MyST), so that they read as well in the repository; what is said of the command
line and of Python comes from click's definitions and from docstrings.
"""

from __future__ import annotations

import importlib.metadata
import posixpath
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT: Final = Path(__file__).parents[1]
URLS: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]

project = "micrograd-verify"
author = "The micrograd-verify authors"
project_copyright = author
release = version = importlib.metadata.version("micrograd-verify")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "README.md"]
highlight_language = "none"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "micrograd-verify"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "source_repository": URLS["Source"],
    "source_branch": "main",
    "source_directory": "docs/",
}

_LINK: Final = re.compile(r"\]\((?!\w+:)([^)#\s]+)(#[^)\s]*)?\)")
_WHOLE: Final = re.compile(r"\A<!-- the text of (\S+) -->\n\Z")


def _placed(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Put a file of the repository in its page, and turn links that leave the site to the source.

    So the same text can be read in the repository, where such links lead to files beside it.
    """
    folder = posixpath.join("docs", posixpath.dirname(docname))
    told_from = folder
    if (whole := _WHOLE.match(source[0])) is not None:
        source[0] = (ROOT / whole[1]).read_text("utf-8")
        told_from = posixpath.dirname(whole[1])

    def led(link: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(told_from, link[1]))
        anchor = link[2] or ""
        if place in _PAGES:
            place = _PAGES[place]
        if not place.startswith("docs/"):
            return f"]({URLS['Source']}/blob/main/{place}{anchor})"
        return f"]({posixpath.relpath(place, folder)}{anchor})"

    source[0] = _LINK.sub(led, source[0])


_PAGES: Final = {
    "SECURITY.md": "docs/project/security.md",
    "CHANGELOG.md": "docs/project/changelog.md",
    "CONTRIBUTING.md": "docs/project/contributing.md",
    "ARCHITECTURE.md": "docs/project/architecture.md",
}
"""Files of the repository that are pages of the site as well."""


def _escaped(*told: Any) -> None:  # noqa: ANN401 - Sphinx tells six things; the last are lines
    """Bars in docstrings are those of mathematics, ``|a|``, and no substitutions."""
    lines = told[-1]
    lines[:] = [line.replace("|", r"\|") for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx asks for this."""
    app.connect("source-read", _placed)
    app.connect("autodoc-process-docstring", _escaped)
    app.add_lexer("csv", TextLexer)
    return {"parallel_read_safe": True}
