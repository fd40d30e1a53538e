"""A class graded: one exam for all, each submission by itself, points by milestone, pages, files.

``submission`` and ``archives`` collect what was handed in; ``refused`` says why something cannot be
graded.  ``criteria`` says what there is to show, milestone by milestone; ``paper`` is the exam, its
answers computed once; ``examine`` gives it to one engine, and ``causes`` charges each mistake to
one criterion.  What was seen is ``evidence``, plain data that ``results`` keeps as it comes; a
``rubric`` makes ``marks`` of it, without running anything again.  ``run`` drives the class through
any executor.  ``pages`` and ``formats`` show it; ``kits`` wrap it for a platform; ``similar`` and
``warning_signs`` are for a teacher's eyes.
"""
