"""Python runs this folder: it becomes a package with a name that no submission has, and serves.

The folder leaves ``sys.path`` first: ``import session`` in the code under test must find what it
finds anywhere else.  Until then the standard library is looked for here too, so no module here
bears the name of one of its modules.  This file is compiled at each start and therefore short.
"""

import importlib
import os
import sys
import types

if __name__ == "__main__":
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != folder]
    package = types.ModuleType("_verify_worker")
    package.__path__ = [folder]
    sys.modules[package.__name__] = package
    session = importlib.import_module(package.__name__ + ".session")
    session.serve(*session.pipes())
    os._exit(0)  # no clean-up code of the engine's
