"""Arrow's memory: from the system for a while, and as it was afterwards."""

from __future__ import annotations

import pyarrow as pa
import pytest

from igh_geo.sources.memory import from_the_system


def test_arrow_takes_memory_from_the_system_within_and_as_before_afterwards() -> None:
    before = pa.default_memory_pool().backend_name
    with from_the_system():
        assert pa.default_memory_pool().backend_name == "system"
    assert pa.default_memory_pool().backend_name == before


def test_what_was_taken_from_the_system_is_whole_afterwards() -> None:
    with from_the_system():
        texts = pa.array(["a", None, "bc"])
    assert texts.to_pylist() == ["a", None, "bc"]


def test_arrow_is_as_before_when_reading_fails() -> None:
    before = pa.default_memory_pool().backend_name
    with pytest.raises(ValueError, match="broken"), from_the_system():
        raise ValueError("broken")
    assert pa.default_memory_pool().backend_name == before
