"""The engine's side of the wall: a folder that Python runs, standard library only, from 3.8 on.

It runs by itself (``python -I -S -B worker/``, see ``__main__``), reads one JSON request a line
from its standard input and writes one JSON answer a line to its standard output;
``docs/protocol.md`` describes both.  It imports nothing of this distribution, so that the code
under test can never reach a true answer, and it decides nothing: it builds what it is told to build
and sends back numbers.

In process (``verify.check(Value)`` in a notebook) the same modules are imported as a package, so
that an engine is adapted and run in the same way on both sides of the wall.
"""
