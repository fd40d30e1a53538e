"""Reports of many engines before and after a change, and what differs between them.

    python bench/reports.py write FOLDER [ENGINE ...]    # one JSON report an engine, no seconds
    python bench/reports.py write FOLDER --options="--no-mend --examples 50"   # a third of the time
    python bench/reports.py compare BEFORE AFTER         # exit code 1 if a report differs

Engines are every fault of the catalogue, every engine of the zoo, and whatever else is named.  A
report is what ``verify check --json`` writes, without what differs from run to run by nature:
seconds, versions, and the folder in which the engine lay.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parent.parent
UNLIKE: Final = ("seconds", "versions")
"""Keys of a report that no two runs share."""
LIMIT: Final = 600
"""Seconds by the clock for one engine; what takes longer is written down as such."""


def main() -> int:
    """Write reports, or compare two folders of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    write = verbs.add_parser("write", help="check every engine and keep its report")
    write.add_argument("folder", type=Path)
    write.add_argument("engines", nargs="*", type=Path, help="files besides catalogue and zoo")
    write.add_argument("--only", action="store_true", help="neither catalogue nor zoo")
    write.add_argument("--options", default="", help="of verify check, in one text")
    write.add_argument("--jobs", type=int, default=1, help="checks at a time")
    pair = verbs.add_parser("compare", help="print what differs")
    pair.add_argument("before", type=Path)
    pair.add_argument("after", type=Path)
    options = parser.parse_args()
    if options.verb == "compare":
        return compare(options.before, options.after)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        named = {path.name: path.resolve() for path in options.engines}
        if not options.only:
            named = catalogue(Path(scratch)) | zoo(Path(scratch)) | named
        with ThreadPoolExecutor(options.jobs) as pool:
            made = partial(report, more=options.options.split())
            for name, text in zip(named, pool.map(made, named.values()), strict=True):
                (options.folder / f"{name}.json").write_text(text, encoding="utf-8")
    return 0


def catalogue(folder: Path) -> dict[str, Path]:
    """Every fault of the catalogue as a file."""
    from verify.faults import CATALOGUE

    found = {}
    for fault in CATALOGUE.values():
        path = folder / "faults" / f"{fault.id.replace('-', '_')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(fault.source, encoding="utf-8")
        found[f"fault {fault.id}"] = path
    return found


def zoo(folder: Path) -> dict[str, Path]:
    """Every engine of the zoo, built."""
    sys.path.insert(0, str(ROOT / "tests" / "zoo"))
    from zoo import animals

    found = {}
    for animal in animals():
        place = folder / "zoo" / animal.name
        place.mkdir(parents=True)
        found[f"zoo {animal.name}"] = animal.build(place)
    return found


def report(path: Path, more: Sequence[str] = ()) -> str:
    """The report of one engine, with more options, without what differs by nature."""
    command = (sys.executable, "-m", "verify", "check", "--json", "-", *more, str(path))
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT, cwd=path.parent
        )
    except subprocess.TimeoutExpired:
        return f'"takes more than {LIMIT} seconds"\n'
    try:
        data: dict[str, Any] = json.loads(run.stdout)
    except json.JSONDecodeError:
        return json.dumps({"exit": run.returncode, "printed": run.stderr[-2000:]}, indent=2) + "\n"
    kept = {key: value for key, value in data.items() if key not in UNLIKE}
    text = json.dumps({"exit": run.returncode, **kept}, indent=2, sort_keys=True) + "\n"
    return text.replace(str(path.parent), "FOLDER")


def compare(before: Path, after: Path) -> int:
    """Print the lines that differ, report by report; the number of reports that do, as 0 or 1."""
    names = sorted({path.name for folder in (before, after) for path in folder.glob("*.json")})
    differing = 0
    for name in names:
        old, new = (_lines(folder / name) for folder in (before, after))
        if old == new:
            continue
        differing += 1
        print(f"=== {name.removesuffix('.json')}")
        for line in difflib.unified_diff(old, new, "before", "after", lineterm="", n=1):
            print(f"    {line}")
    print(f"{len(names)} reports, {differing} differ")
    return int(differing > 0)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


if __name__ == "__main__":
    sys.exit(main())
