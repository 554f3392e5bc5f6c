from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from igh_geo.out.workbook import render
from igh_geo.policy.publication import FunnelLimits, Publication


def book_of(publication: Publication) -> Any:
    return openpyxl.load_workbook(io.BytesIO(render(publication)))


def with_curve(publication: Publication, n_points: int) -> Publication:
    size = np.geomspace(200.0, 2500.0, n_points)
    names = ("low_998", "low_95", "high_95", "high_998")
    curve = pd.DataFrame({"denominator": size, **dict.fromkeys(names, 1.0)})
    return replace(publication, funnel=FunnelLimits(curve=curve, target=10.1, inflation=1.0))


@pytest.mark.parametrize("n_points", [2, 59, 60, 61, 200])
def test_lines_reach_from_the_smallest_to_the_largest_area(
    publication: Publication, n_points: int
) -> None:
    sheet = book_of(with_curve(publication, n_points))["Trechter"]
    size = [cell.value for cell in sheet["F"][1:] if cell.value is not None]
    assert (size[0], size[-1]) == pytest.approx((200.0, 2500.0))
    assert len(size) == min(60, n_points)
    assert (np.diff(size) > 0).all()
    (chart,) = sheet._charts
    assert chart.series[0].xVal.numRef.f == f"Trechter!$F$2:$F${len(size) + 1}"


def test_axis_of_sizes_holds_every_area_between_powers_of_ten(publication: Publication) -> None:
    (chart,) = book_of(publication)["Trechter"]._charts
    size = publication.areas["denominator"].dropna()
    low, high = chart.x_axis.scaling.min, chart.x_axis.scaling.max
    assert low <= size.min() < size.max() <= high
    assert np.log10([low, high]).tolist() == [2.0, 4.0]


def test_axis_of_rates_has_no_end_at_zero_where_nothing_happened(publication: Publication) -> None:
    areas = publication.areas.copy()
    areas["rate"] = areas["rate"].where(areas["rate"].isna(), 0.0)
    (chart,) = book_of(replace(publication, areas=areas))["Trechter"]._charts
    assert chart.y_axis.scaling.max is None
    (usual,) = book_of(publication)["Trechter"]._charts
    assert usual.y_axis.scaling.max > publication.areas["rate"].max()


@pytest.mark.parametrize("n_shown", [0, 1])
def test_fewer_than_two_areas_make_no_funnel(publication: Publication, n_shown: int) -> None:
    areas = publication.areas.copy()
    known = areas.index[areas["rate"].notna()]
    areas.loc[known[n_shown:], "rate"] = np.nan
    assert "Trechter" not in book_of(replace(publication, areas=areas)).sheetnames
