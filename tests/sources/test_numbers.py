from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.sources.numbers import decimal_sign, parse_figures, parse_numbers, thousands_sign


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


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1.234", "560", "2.000", " . "], [1234, 560, 2000, pd.NA]),
        (["1,234", "560", "-99997"], [1234, 560, pd.NA]),
        (["12.345.678", "1.000"], [12345678, 1000]),
        # One value that cannot hold thousands: the sign separates decimals after all.
        (["1.234", "2.5"], [1.234, 2.5]),
        (["0.500", "1.234"], [0.5, 1.234]),
        (["1.234,5", "2.000"], [1234.5, 2000]),
        (["12", None], [12, pd.NA]),
    ],
)
def test_signs_in_a_column_of_counts_separate_thousands_unless_one_cannot(values, expected):
    assert parse_figures(column(*values), is_count=True).tolist() == expected


def test_signs_in_another_column_separate_decimals():
    assert parse_figures(column("1.234", "2.000")).tolist() == [1.234, 2.0]
    assert thousands_sign(column("1.234", "2.000")) == "."
    assert thousands_sign(column("12")) is None


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.from_regex(r"-?[0-9]{1,4}([.,][0-9]{1,4}){0,3}", fullmatch=True),
            st.text(alphabet="0123456789.,-+e '\u00a0x", max_size=8),
        ),
        max_size=20,
    ),
    st.sampled_from([",", ".", None]),
)
def test_numbers_read_at_once_are_those_read_one_by_one(values, decimal):
    # The straightforward reading: take out blanks and thousands, then ask Python.
    sign = decimal or decimal_sign(column(*values))
    thousands = "." if sign == "," else ","
    expected = []
    for value in values:
        bare = re.sub(r"[\s\u00a0\u202f']", "", value or "").replace(thousands, "")
        bare = bare.replace(",", ".")
        is_number = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", bare)
        number = float(bare) if is_number else np.nan
        expected.append(number if np.isfinite(number) else np.nan)
    read = parse_numbers(column(*values), decimal=decimal)
    np.testing.assert_allclose(read, expected, rtol=1e-14)


def test_infinity_is_no_number():
    assert np.isnan(parse_numbers(column("inf", "-Infinity", "9" * 400))).all()


def test_sign_is_that_of_the_first_number_with_both():
    assert decimal_sign(column(None, "12", "1,5", "1.234,5", "1,234.5")) == ","
