"""Cases with their answers, in a file: the exam of a class, the golden file of a refactor.

``format`` is the file, ``population`` chooses the cases, ``record`` asks the oracles (or an engine)
for the answers, ``replay`` holds an engine against them.  Reading and replaying need no oracle.
"""
