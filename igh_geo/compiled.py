"""Loops that NumPy cannot do fast enough, compiled when somebody first needs them."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, update_wrapper
from types import FunctionType
from typing import Any

_COMPILING = threading.Lock()


@cache
def is_available() -> bool:
    """Whether numba is installed (``pip install igh-geo[fast]``); without it all works, slower."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop, once a process, and keep the machine code on disk where that can be done.

    numba is imported here and not with the package: it takes half a second, and most commands
    need none of it. The machine code is kept in ``__pycache__`` beside the loop, or in the user's
    own cache where the installation is read-only; where neither can be written to, the loop is
    compiled anew in each process.

    Functions of its own module that the loop calls are compiled with it.

    The loop runs without the interpreter's lock and on one core. `in_parts` spreads it over
    several with threads of Python's own: numba's abort when two threads start a loop at once, and
    do not survive a fork.

    Parameters
    ----------
    loop : function
        In the part of Python that numba understands.

    Returns
    -------
    function
        The same, compiled on its first call with arguments of a kind.

    Raises
    ------
    ImportError
        When numba is not installed; ask `is_available` first.
    """
    with _COMPILING:
        return _compiled(loop)


def in_parts(work: Callable[[slice], None], n: int, *, least: int = 50_000) -> None:
    """Do work on n rows, cut into a run of rows for each core.

    Parameters
    ----------
    work : callable
        Is given a slice of the rows, and writes where no other part does. It should spend its
        time without the interpreter's lock.
    n : int
        Rows.
    least : int
        Fewest rows that are worth a thread of their own.
    """
    n_parts = max(1, min(_n_cores(), n // least))
    bounds = [n * part // n_parts for part in range(n_parts + 1)]
    parts = [slice(start, stop) for start, stop in itertools.pairwise(bounds)]
    if n_parts == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(n_parts) as threads:
        # Asking for the results raises here what was raised in a part.
        list(threads.map(work, parts))


@cache
def _compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    import numba

    loop = _with_compiled_parts(loop)
    try:
        return numba.njit(loop, nogil=True, cache=True)  # type: ignore[no-any-return]
    except RuntimeError:
        # numba says so when neither the installation nor the user's folder can be written to.
        return numba.njit(loop, nogil=True)  # type: ignore[no-any-return]


def _with_compiled_parts(loop: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, in whose eyes the functions of its module that it calls are compiled.

    In the module itself they stay plain, so that importing it does not import numba.
    """
    if not isinstance(loop, FunctionType):
        return loop
    known = loop.__globals__
    called = {
        name: _compiled(known[name])
        for name in loop.__code__.co_names
        if isinstance(known.get(name), FunctionType)
        and known[name].__module__ == loop.__module__
        and known[name] is not loop
    }
    if not called:
        return loop
    seen = FunctionType(loop.__code__, {**known, **called}, loop.__name__, loop.__defaults__)
    return update_wrapper(seen, loop)


def _n_cores() -> int:
    """Cores that this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
