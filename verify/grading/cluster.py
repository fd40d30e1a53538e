"""Dask workers that grade (extra ``cluster``); they see the same folders as this machine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor


class ClusterError(Exception):
    """The cluster cannot be used, and what to do about it."""


@contextmanager
def connected(address: str) -> Iterator[Executor]:
    """An executor of the cluster at this address; what dies there is done again by another worker.

    Args:
        address: of a scheduler, ``tcp://HOST:PORT``.

    Raises:
        ClusterError: if the extra is not installed, or nobody answers.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        remedy = 'pip install "micrograd-verify[cluster]"'
        raise ClusterError(f"it needs the package distributed: {remedy}") from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"nobody answers there ({type(error).__name__})") from None
    with client:
        # Not pure: the same task is another run; retried where a worker is lost.
        yield client.get_executor(pure=False, retries=3)
