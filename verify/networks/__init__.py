"""An engine's own networks: what they are asked to do, and what is said of their answers.

``exercise`` is numbers for a network and the steps to take with it, ``look`` recognises which
network it is and judges what it says.  The truth is an ``answer`` of whoever has it: the oracles
(:mod:`verify.checking.networks`) or a file (:mod:`verify.corpus`); none is asked here.
"""
