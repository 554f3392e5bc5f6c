"""Where Arrow takes its memory from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa


@contextmanager
def from_the_system() -> Iterator[None]:
    """Let Arrow take memory from the system, as NumPy does, while something runs.

    Arrow's own store of memory, mimalloc in its wheels, asks for it in large pages and gives it
    back at once. On columns of text that are each read once that costs more than it saves:
    loading a million incidents took 2.6 seconds of the system's time with mimalloc, 1.8 with
    jemalloc and 1.4 with the system's own (medians of six, on a virtual machine).
    """
    former = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(former)
