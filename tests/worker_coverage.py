"""Workers that tell which lines of theirs run, for the tox environment ``coverage``.

A worker is another process, in a sandbox where nothing can be written, and it is killed when it is
no longer needed.  So it is started from a copy of its folder that watches its own lines by
``sys.monitoring`` (Python 3.12, PEP 669) and tells them on standard error after each answer, once a
line; the harness's end of that pipe takes them out before anybody reads it.  This works in every
tier of isolation, and the worker imports nothing for it.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import coverage

from verify.engines import loading, streams

if TYPE_CHECKING:
    import subprocess

_BEGINS, _ENDS = b"\x1eran ", b"\x1f\n"
_MAIN: Final = """
def _tell_what_runs():
    if sys.version_info < (3, 12):  # another Python than the suite's
        return lambda: None
    folder = os.path.dirname(os.path.abspath(__file__)) + os.sep
    watched, ran, error = sys.monitoring, [], os.dup(2)

    def line(code, number):
        if code.co_filename.startswith(folder):
            ran.append((code.co_filename[len(folder):], number))
        return watched.DISABLE

    def tell():
        while ran:
            told = ";".join("%s:%d" % one for one in ran[:80])
            del ran[:80]
            os.write(error, b"\\x1eran " + told.encode() + b"\\x1f\\n")

    watched.use_tool_id(watched.COVERAGE_ID, "coverage of the worker")
    watched.register_callback(watched.COVERAGE_ID, watched.events.LINE, line)
    watched.set_events(watched.COVERAGE_ID, watched.events.LINE)
    return tell

if __name__ == "__main__":
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != folder]
    tell = _tell_what_runs()
    package = types.ModuleType("_verify_worker")
    package.__path__ = [folder]
    sys.modules[package.__name__] = package
    session = importlib.import_module(package.__name__ + ".session")
    answer = session.Session.answer

    def told(self, request):
        try:
            return answer(self, request)
        finally:
            tell()

    session.Session.answer = told
    session.serve(*session.pipes())
    os._exit(0)
"""

_WORKER: Final = loading.WORKER
_ran: Final[defaultdict[str, set[int]]] = defaultdict(set)


class Errors:
    """Standard error of a worker, without the lines that it ran.

    Args:
        stream: what it writes on, those lines included.
    """

    def __init__(self, stream: streams.Stream) -> None:  # noqa: D107 - the docstring of the class
        self._stream, self._held = stream, b""

    def fileno(self) -> int:
        """See :class:`verify.engines.streams.Stream`."""
        return self._stream.fileno()

    def send(self, data: bytes, /) -> int:
        """See :class:`verify.engines.streams.Stream`."""
        return self._stream.send(data)

    def recv(self, most: int, /) -> bytes:
        """What lies ready but for our lines; ``BlockingIOError`` where there is nothing else."""
        if not (chunk := self._stream.recv(most)):
            return b""
        said, self._held = b"", self._held + chunk
        while _BEGINS in self._held:
            before, _, rest = self._held.partition(_BEGINS)
            lines, whole, after = rest.partition(_ENDS)
            said += before
            if not whole:
                self._held = _BEGINS + rest
                break
            for one in lines.decode().split(";"):
                name, _, number = one.partition(":")
                _ran[name].add(int(number))
            self._held = after
        else:
            said, self._held = said + self._held, b""
        if not said:
            raise BlockingIOError
        return said

    def close(self) -> None:
        """Take in what it told last."""
        with contextlib.suppress(OSError):
            while True:
                with contextlib.suppress(BlockingIOError):
                    if self.recv(1 << 16):
                        continue
                    break
                if not self._held:
                    break
        self._stream.close()


def install(folder: Path) -> None:
    """Start the workers of this process so that they tell which of their lines run."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(dir=folder)) / "worker"
    shutil.copytree(_WORKER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    text = (copy / "__main__.py").read_text(encoding="utf-8")
    (copy / "__main__.py").write_text(text.partition("\nif __name__")[0] + _MAIN, "utf-8")
    of = streams.of

    def parted(
        process: subprocess.Popen[bytes], *, waits: bool
    ) -> tuple[streams.Stream, streams.Stream, streams.Stream]:
        into, out, errors = of(process, waits=waits)
        return into, out, Errors(errors)

    vars(loading).update(WORKER=copy, fits=lambda _: False)
    vars(streams).update(of=parted)


def write(file: Path) -> None:
    """Keep what the workers of this process told, as coverage data beside a file."""
    data = coverage.CoverageData(str(file), suffix=True)
    data.add_lines({str(_WORKER / name): lines for name, lines in _ran.items()})
    data.write()
