"""Tests that share what takes long to make are run by one worker, whatever pytest is installed."""

import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SHARED = """
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("one group")


@pytest.mark.parametrize("number", range(8))
def test_where(number):
    with Path("workers").open("a") as file:
        print(os.environ["PYTEST_XDIST_WORKER"], file=file)
    assert number != 3
"""


def test_a_group_is_run_by_one_worker(tmp_path: Path) -> None:
    """All rows of it; the name of one that fails can be given to pytest as it is told."""
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text("utf-8"))
    (tmp_path / "test_shared.py").write_text(SHARED)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-p",
         "no:cacheprovider", "--no-header", "-q"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    workers = (tmp_path / "workers").read_text().split()
    assert (len(workers), len(set(workers))) == (8, 1), done.stdout
    assert "FAILED test_shared.py::test_where[3] - " in done.stdout
