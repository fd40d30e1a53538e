"""A file that is written is whole or as it was; a program that is ended leaves no part of one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from verify.files import passing_folder, replace_file


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """New, old, behind a link: it holds the new bytes, keeps its mode, and nothing lies beside."""
    path, link = tmp_path / "a.json", tmp_path / "link.json"
    replace_file(path, b"1")
    path.chmod(0o640)
    link.symlink_to(path)
    replace_file(link, b"22")
    assert link.is_symlink()
    assert path.read_bytes() == b"22"
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "link.json"]


def test_what_is_no_regular_file_is_written_to(tmp_path: Path) -> None:
    """A pipe gets the bytes and stays a pipe; a full device is an error."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    replace_file(pipe, b"x")
    assert os.read(reader, 9) == b"x"
    os.close(reader)
    assert pipe.is_fifo()
    with pytest.raises(OSError, match="No space left"):
        replace_file("/dev/full", b"x" * 100_000)


@pytest.mark.parametrize("linked", [True, False])
def test_what_cannot_be_written_leaves_the_old_file(
    tmp_path: Path, linked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the last moment: the old bytes stand, and nothing lies beside."""
    path = tmp_path / "a.json"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    if not linked:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_program_that_is_killed_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    """At whatever moment: never a part of one."""
    path = tmp_path / "a.json"
    path.write_bytes(b"o" * 1_000_000)
    program = (
        "import sys\n"
        "from verify.files import replace_file\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for letter in b'no':\n"
        "        replace_file(sys.argv[1], bytes([letter]) * 1_000_000)\n"
    )
    for number in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.003 * number)
            writer.kill()
        assert path.read_bytes() in {b"o" * 1_000_000, b"n" * 1_000_000}


def test_a_passing_folder_is_gone_when_its_maker_is_killed(tmp_path: Path) -> None:
    """And otherwise when it is not needed any more."""
    program = (
        "import time\nfrom verify.files import passing_folder\n"
        "with passing_folder() as folder:\n"
        "    (folder / 'x').touch()\n    print(folder, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as maker:  # fmt: skip
        assert maker.stdout is not None
        folder = Path(maker.stdout.readline().strip())
        assert [p.name for p in folder.iterdir()] == ["x"]
        maker.kill()
    until = time.monotonic() + 30
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not folder.exists()
    with passing_folder() as folder:
        assert folder.is_dir()
    assert not folder.exists()
