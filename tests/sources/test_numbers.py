from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from igh_geo.sources.numbers import decimal_sign, parse_figures, parse_numbers


def column(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        (["1,5", "2"], ","),
        (["1.5", "2"], "."),
        (["1.234,5", "2"], ","),
        (["1,234.5", "2"], "."),
        (["1.234.567"], ","),
        (["1,234,567"], "."),
        (["12", None], "."),
    ],
)
def test_decimal_sign_is_decided_by_the_column(values, sign):
    assert decimal_sign(column(*values)) == sign


def test_numbers_with_blanks_and_thousands():
    numbers = parse_numbers(column("1.234,5", " 2 ", "1 000", "-3,25", "x", None))
    assert numbers[:4].tolist() == [1234.5, 2, 1000, -3.25]
    assert np.isnan(numbers[4:]).all()


def test_figures_keep_zero_and_lose_the_codes_for_missing():
    figures = parse_figures(pd.Series([0, 5, -99999999, -99997, np.nan], index=list("abcde")))
    assert figures.tolist() == [0, 5, pd.NA, pd.NA, pd.NA]
    assert figures.index.tolist() == list("abcde")
    assert parse_figures(column("  12", "   .", "0")).tolist() == [12, pd.NA, 0]
