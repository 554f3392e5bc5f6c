from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from igh_geo import crs
from igh_geo.sources.values.coordinates import (
    holds_pairs,
    read_coordinates,
    read_points,
    split_pairs,
)

# Somewhere in the centre of Amsterdam: 52.37 north, 4.89 east.
RD = (121_138.3, 487_018.4)


def column(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


@pytest.mark.parametrize(
    "text",
    [
        "52.37, 4.89",
        "52.37,4.89",
        "52.37/4.89",
        "(52.37 4.89)",
        "52,37; 4,89",
        "52,37,4,89",
        "POINT(4.89 52.37)",
        "POINT Z (4.89 52.37 0)",
        "SRID=4326;POINT(4.89 52.37)",
        '{"type":"Point","coordinates":[4.89,52.37]}',
        "52.37° N, 4.89° E",
        "121138,3 487018,4",
        "121.138,3; 487.018,4",
        "POINT (121138.3 487018.4)",
    ],
)
def test_both_coordinates_in_one_column_in_many_spellings(text: str) -> None:
    points = read_points(column(text))
    assert points.x[0] == pytest.approx(RD[0], abs=0.1)
    assert points.y[0] == pytest.approx(RD[1], abs=0.1)


def test_text_without_two_numbers_is_unreadable_and_no_text_is_missing() -> None:
    points = read_points(column("Dam 1, Amsterdam", "121300", None, "1.2E5 4.87E5", "1 2 3 4"))
    assert points.is_unreadable.tolist() == [True, True, False, True, True]
    assert points.is_missing.tolist() == [False, False, True, False, False]


def test_pair_keeps_the_index_of_its_column() -> None:
    first, second = split_pairs(pd.Series(["1 2"], index=["a"], dtype="str"))
    assert (first["a"], second["a"]) == ("1", "2")


def test_column_of_addresses_holds_no_pairs() -> None:
    assert holds_pairs(column("52.37, 4.89", None, "52.38, 4.90"))
    assert not holds_pairs(column("Dam 1 1012", "Kerkstraat 12 34", "52.37, 4.89"))
    assert not holds_pairs(column(None))


@pytest.mark.parametrize(
    ("x", "y"), [("4,89°", "52,37°"), ("4.89 E", "52.37 N"), ("4.89°O", "52.37° N")]
)
def test_signs_of_degrees_around_a_number_are_read_over(x: str, y: str) -> None:
    assert read_coordinates(column(x), column(y)).x[0] == pytest.approx(RD[0], abs=0.1)


def test_thousands_and_decimals_are_decided_by_what_lies_in_the_netherlands() -> None:
    both = read_coordinates(column("121.300", "121.400", "0"), column("487.000", "487.100", "0"))
    assert both.x[:2].tolist() == [121_300, 121_400]
    assert both.is_zero.tolist() == [False, False, True]


def test_every_row_has_a_place_or_exactly_one_reason_why_not() -> None:
    x = column("121300", None, "x", "0", "-2.7", "487000", "4.89", "0")
    y = column("487000", "487000", "487000", "0", "53.4", "121300", "52.37", "487000")
    found = read_coordinates(x, y)
    why_not = [found.is_missing, found.is_unreadable, found.is_zero, found.is_outside]
    assert np.vstack([np.isfinite(found.x), *why_not]).sum(axis=0).tolist() == [1] * 8
    assert found.counts == {"rd": 2, "rd_swapped": 1, "unknown": 4, "wgs84": 1}


def test_systems_are_told_by_code_and_by_name() -> None:
    found = read_coordinates(
        column("121300", "487000", "4.89", "52.37", None),
        column("487000", "121300", "52.37", "4.89", "1"),
    )
    names = ["rd", "rd_swapped", "wgs84", "wgs84_swapped", "unknown"]
    assert found.system.tolist() == names
    assert [crs.SYSTEMS[code] for code in found.system_code] == names
    assert found.is_exchanged.tolist() == [False, True, False, True, False]
    assert found.is_in_degrees.tolist() == [False, False, True, True, False]
    # In the manifest the systems stand in alphabetical order.
    assert found.describe() == "rd 1, rd_swapped 1, unknown 1, wgs84 1, wgs84_swapped 1"
