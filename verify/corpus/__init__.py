"""Cases with their answers, in a file: the exam of a class, the golden file of a refactor.

``entry`` says what a corpus holds: cases, and lessons for an engine's own networks.  ``format`` is
the file, and ``codec`` makes its lines.  ``population`` chooses the cases, ``record`` asks the
oracles (or an engine) for the answers.  ``answers`` is what an engine says of them, ``replay``
holds it against them and keeps a ``tally``; ``mistakes`` knows which failing cases show something
new, and ``cross_python`` replays under several interpreters.  Reading and replaying need no oracle.
"""
