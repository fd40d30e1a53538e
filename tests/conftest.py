"""Hypothesis profiles: how hard the suite tries.

``dev``   new examples each time; failures are kept in the local database. The default.
``ci``    the same examples each time, so that a red build accuses the change, not the dice.
``deep``  new examples, twenty times as many: the nightly search.
``fuzz``  new examples, a hundred times as many: for what reads hostile answers and files.

Chosen by the environment variable ``HYPOTHESIS_PROFILE`` or by ``--hypothesis-profile``, which
wins. None has a deadline: a shared machine is slow now and then, and a test never asserts a time.
"""

import importlib.util
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", deadline=None, print_blob=True)
settings.register_profile(
    "ci", settings.get_profile("dev"), derandomize=True, database=None, max_examples=100
)
settings.register_profile(
    "deep",
    settings.get_profile("dev"),
    max_examples=2_000,
    suppress_health_check=[HealthCheck.too_slow],  # slow is what was asked for
)
settings.register_profile("fuzz", settings.get_profile("deep"), max_examples=10_000)
# What oracles once said is asked anew in every test; those about keeping it name a folder.
os.environ["VERIFY_CACHE"] = "off"

settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

_MEASURED = os.environ.get("WORKER_COVERAGE")  # see tests/worker_coverage.py
if _MEASURED:
    sys.path.insert(0, str(Path(__file__).parent))
    import worker_coverage

    sys.path.pop(0)


def pytest_sessionstart() -> None:
    """Where lines are counted, start workers that tell theirs."""
    if _MEASURED:
        worker_coverage.install(Path(_MEASURED))


def pytest_sessionfinish() -> None:
    """Where lines are counted, keep those of the workers."""
    if _MEASURED:
        worker_coverage.write(Path(_MEASURED, "coverage"))


def pytest_report_header() -> str:
    """Say at the top of every run which oracles take part."""
    if importlib.util.find_spec("torch"):
        return "oracles: 4 of 4"
    return "oracles: 3 of 4 (torch: not installed; its tests are skipped)"


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the rows of a test marked ``sample(n)``, mark all but each n-th ``search``."""
    rows: Counter[str] = Counter()
    for item in items:
        if mark := item.get_closest_marker("sample"):
            test = item.nodeid.partition("[")[0]
            if rows[test] % mark.args[0]:
                item.add_marker("search")
            rows[test] += 1
