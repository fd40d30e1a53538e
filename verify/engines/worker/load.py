"""The engine that a request names."""

from __future__ import annotations

from .files import load_file, load_notebook
from .folder import load_package
from .modules import load_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Tuple

    from .adapter import Adapter
    from .namespace import Namespace

    Loader = Callable[..., Tuple[Namespace, Adapter]]

LOADERS: Final[dict[str, Loader]] = {
    "file": load_file,
    "notebook": load_notebook,
    "module": load_module,
}


def load(request: dict[str, Any]) -> tuple[Namespace, Adapter]:
    """The definitions of the engine that is asked for, and its adapter.

    Args:
        request: ``kind`` (file, notebook, package, module) and ``target``; ``class``,
            ``overrides`` and, of a package, ``named`` and ``inner`` where they are given.

    Raises:
        Unusable: with the kind, one sentence, and the line.
    """
    kind, target, wanted = request["kind"], request["target"], request.get("class")
    overrides = request.get("overrides") or {}
    if kind == "package":
        named, inner = request.get("named") or target, bool(request.get("inner"))
        return load_package(target, wanted, overrides, named, inner=inner)
    return LOADERS[kind](target, wanted, overrides)
