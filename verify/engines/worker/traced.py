"""Which lines of the engine run while a graph is built, and while its backward pass runs."""

from __future__ import annotations

import sys

from .attempt import Attempt
from .execute import STEPS, Run
from .floats import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Callable, Final, Tuple

    from .adapter import Adapter
    from .namespace import Namespace

    Line = Tuple[str, int]

MOST_LINES: Final = 2000
"""Lines that are told of one run; an engine that runs more has them in long methods."""


class Watch:
    """The lines that ran, each once, in the order in which they first ran.

    Attributes:
        lines: (during, node, file, line), as keys.
        wrote: lines after which the gradient of one node was another than before.
    """

    def __init__(
        self, files: set[str], adapter: Adapter, attempt: Attempt, read: Callable[[], Any]
    ) -> None:
        self.files, self.adapter, self.attempt, self.read = files, adapter, attempt, read
        self.lines: dict[tuple[str, int | None, str, int], None] = {}
        self.wrote: dict[Line, None] = {}
        self.last: dict[FrameType, Line] = {}
        self.before: Any = None

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """What Python calls at each line, in code of the engine's own."""
        file = frame.f_code.co_filename
        if file not in self.files:
            return None
        if event in ("line", "return"):
            self.compare(self.last.pop(frame, None))
        if event == "line":
            here = file, frame.f_lineno
            self.last[frame] = here
            if len(self.lines) < MOST_LINES:
                during = "forward" if self.adapter.computing else self.attempt.during
                self.lines[(during, self.attempt.node, *here)] = None
        return self.trace

    def compare(self, line: Line | None) -> None:
        """Note the line that has just ended, if the gradient is another one now."""
        if self.attempt.during != "backward" or line is None:
            return
        now = self.read()
        if now != self.before:
            self.before = now
            self.wrote[line] = None


def watch(adapter: Adapter, space: Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """Build a graph and take the steps, as :func:`execute` does, and tell which lines ran.

    Returns:
        ``files``, ``lines`` as [during, node, file, line] and ``wrote`` as [file, line], files by
        their place in the list; ``wrote`` tells of the gradient of the node ``about``.
    """
    about = request.get("about")
    with Attempt(space) as attempt:
        run = Run(adapter, space, attempt, request["graph"], None)

        def read() -> Any:
            if adapter.gradient is None or about is None or about >= len(run.nodes):
                return None
            return encode(adapter.gradient(run.nodes[about]))

        seen = Watch(space.files, adapter, attempt, read)
        before = sys.gettrace()
        numbers = [decode(x) for x in request["point"]]
        sys.settrace(seen.trace)
        try:
            run.build(numbers)
            sys.settrace(None)
            seen.before = read()
            sys.settrace(seen.trace)
            for name, *arguments in request["steps"]:
                if name != "read":
                    STEPS[name](run, *arguments)
        finally:
            sys.settrace(before)
    files = sorted(space.files)
    place = {file: index for index, file in enumerate(files)}
    lines = [[during, node, place[file], line] for during, node, file, line in seen.lines]
    return {
        "files": files,
        "lines": lines,
        "wrote": [[place[file], line] for file, line in seen.wrote],
    }
