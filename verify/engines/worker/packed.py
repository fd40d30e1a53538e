"""The worker in one compiled file: its modules are there already, and none is looked for.

Python finds, reads and compiles a folder's modules one after the other each time that it starts,
where nothing keeps their compiled form; that takes longer than to load an engine.
"""

import marshal
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PACKAGE = "_verify_worker"


def start(folder: str, modules: bytes) -> None:
    """Become the package that ``__main__`` makes of the folder, and serve.

    Args:
        folder: of the worker, from which the modules come that few sessions need.
        modules: marshalled pairs of name and code, each behind those that it imports.
    """
    own = os.path.dirname(os.path.abspath(sys.argv[0]))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != own]
    package: Any = types.ModuleType(PACKAGE)
    package.__path__ = [folder]
    sys.modules[PACKAGE] = package
    for name, code in marshal.loads(modules):  # noqa: S302 - the harness wrote it
        module: Any = types.ModuleType(f"{PACKAGE}.{name}")
        module.__package__, module.__file__ = module.__name__, code.co_filename
        if os.path.basename(code.co_filename) == "__init__.py":
            module.__path__ = [os.path.dirname(code.co_filename)]
        else:
            module.__package__ = module.__name__.rpartition(".")[0]
        sys.modules[module.__name__] = module
        exec(code, vars(module))  # noqa: S102 - likewise
        setattr(sys.modules[module.__name__.rpartition(".")[0]], name.rpartition(".")[2], module)
    session = package.session
    session.serve(*session.pipes())
    os._exit(0)  # no clean-up code of the engine's
