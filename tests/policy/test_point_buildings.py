"""Single events with what they were found in: only for who may see the events themselves."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.lens import Lens
from igh_geo.policy.factors import BuildingCases
from igh_geo.policy.surface import told_points

PRIVACY = {"purpose": "Toezicht", "legal_basis": "artikel 172 Gemeentewet", "points": True}


@pytest.fixture
def incidents() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": [1.0, 2.0, 3.0],
            "y": [4.0, 5.0, 6.0],
            "category": "kwekerij",
            "occurred_from": pd.to_datetime(["2025-03-01", "2025-04-01", "2024-04-01"]),
            "period": ["current", "current", "previous"],
        },
        index=pd.Index(["a", "b", "c"], name="incident_id", dtype="str"),
    )


@pytest.fixture
def buildings() -> BuildingCases:
    empty: dict[str, Any] = {"stock": pd.DataFrame(), "years": pd.DataFrame()}
    return BuildingCases(
        cases=pd.DataFrame({"building_type": ["flat_high", "mid_terrace"]}, index=["a", "c"]),
        factors=("building_type",),
        classes={},
        origins={},
        matches={},
        ledgers=(),
        matching=account(),
        has_detection=False,
        **empty,
    )


def account() -> LedgerSummary:
    return Ledger("zaken.csv", pd.DataFrame({"row": [2]})).summary()


def restricted(example: ModuleType) -> Lens:
    lens: Lens = example.example_lens(audience="restricted", privacy=PRIVACY)
    return lens


def test_point_has_the_type_of_its_own_case(
    example: ModuleType, incidents: pd.DataFrame, buildings: BuildingCases
) -> None:
    points = told_points(incidents, restricted(example), buildings=buildings)
    assert points is not None
    assert points["building_type"].to_dict() == {"a": "flat_high", "b": "unknown"}


def test_points_without_buildings_keep_their_columns(
    example: ModuleType, incidents: pd.DataFrame
) -> None:
    points = told_points(incidents, restricted(example))
    assert points is not None
    assert list(points.columns) == ["x", "y", "category", "day"]


def test_who_may_not_see_points_gets_no_building_either(
    example: ModuleType, incidents: pd.DataFrame, buildings: BuildingCases
) -> None:
    lens: Lens = example.example_lens()
    assert told_points(incidents, lens, buildings=buildings) is None
