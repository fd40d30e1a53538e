"""An engine's own networks: what they are asked to do, and what is said of their answers.

``task`` is numbers for a network and the steps to take with it, ``judge`` reads how it computes and
judges what it says.  The truth is an ``answer`` of whoever has it: the oracles
(:mod:`verify.checking.networks`) or a file (:mod:`verify.corpus`); none is asked here.  ``unusual``
is about a network that computes as no usual one does: it makes a mistake (``guesses``,
``influence``, ``neuron``), or is a design of its own.
"""
