from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from igh_geo.errors import LensError
from igh_geo.intake import Inputs, counted
from igh_geo.lens import Counts


@pytest.fixture
def two_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that was declared as reports first and as offences later, loaded both times."""
    rows = pd.DataFrame(
        {
            "area_code": "BU99990000",
            "category": "Overlast",
            "kind": ["report", "offence"],
            "period": "2025",
            "count": pd.array([10, 10], dtype="Float64"),
            "is_provisional": False,
            "boundary_year": pd.array([2025, 2025], dtype="Int64"),
        }
    )
    rows.attrs["loads"] = []
    monkeypatch.setattr(counted, "read_counts", lambda *_, **__: rows.copy())


def part(kind: str) -> Counts:
    return Counts.model_validate({"source": "overlast", "category": "Overlast", "kind": kind})


@pytest.mark.usefixtures("two_kinds")
def test_counts_of_another_kind_are_set_aside_and_never_added_up(tmp_path: Path) -> None:
    table = counted._from_store(part("report"), Inputs(tmp_path))
    assert table.rows["count"].tolist() == [10]
    aside = table.ledger.summary().set_aside
    assert aside[["reason", "sort", "count"]].to_numpy().tolist() == [
        ["kind_not_selected", "selection", 1]
    ]


@pytest.mark.usefixtures("two_kinds")
def test_kind_that_the_source_has_not_is_refused_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(LensError, match="the lens says fine, the source has report, offence"):
        counted._from_store(part("fine"), Inputs(tmp_path))
