"""The catalogue of mistakes: planted to test the harness, matched to name a finding.

Every fault is a whole engine that makes one mistake.  :data:`CATALOGUE` has them by id::

    >>> fault = CATALOGUE["assign-in-add"]
    >>> str(fault.case)
    'a + a  at  a=3.0'

``fault.source`` is that engine as a file, ``module(fault.source)`` the same as a module.
"""

from typing import Final

from verify.faults.base import SOURCE
from verify.faults.fault import SIZE_BY_NATURE, Edit, Family, Fault, catalogue, module

CATALOGUE: Final = catalogue()
"""All mistakes by id, in the order of the course."""

__all__ = ["CATALOGUE", "SIZE_BY_NATURE", "SOURCE", "Edit", "Family", "Fault", "module"]
