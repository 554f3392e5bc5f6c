from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.sources.values.numbers import (
    decimal_sign,
    parse_figures,
    parse_numbers,
    thousands_sign,
)


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
    is_other = [_separates_decimals(thousands, value or "") for value in values]
    for value, other in zip(values, is_other, strict=True):
        bare = re.sub(r"[\s\u00a0\u202f']", "", value or "")
        bare = bare if other else bare.replace(thousands, "")
        bare = bare.replace(",", ".")
        if decimal is None and any(is_other) and _is_grouped(thousands, (value or "").strip()):
            bare = ""
        is_number = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", bare)
        number = float(bare) if is_number else np.nan
        expected.append(number if np.isfinite(number) else np.nan)
    read = parse_numbers(column(*values), decimal=decimal)
    np.testing.assert_allclose(read, expected, rtol=1e-14)


def _is_grouped(sign: str, text: str) -> bool:
    first, *others = re.sub("^[-+]", "", text).split(sign)
    return (
        re.fullmatch("[1-9][0-9]{0,2}", first) is not None
        and others != []
        and all(re.fullmatch("[0-9]{3}", group) for group in others)
    )


def _separates_decimals(sign: str, text: str) -> bool:
    """Whether a sign that should separate thousands cannot, in one value."""
    bare = re.sub(r"[\s\u00a0\u202f']", "", text)
    before, found, behind = bare.partition(sign)
    return (
        found != ""
        and re.fullmatch("[-+]?[0-9]*", before) is not None
        and re.fullmatch(r"[0-9]+(e[+-]?[0-9]+)?", behind) is not None
        and not _is_grouped(sign, bare)
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Groups of thousands have three digits, and at most three stand before them.
        (["121300.5", "120037,5"], [121300.5, 120037.5]),
        (["4.891234", "52,37"], [4.891234, 52.37]),
        (["121300.500", "0.250", "1,5"], [121300.5, 0.25, 1.5]),
        (["1.2e5", "1,5"], [120000, 1.5]),
        # Nothing says that the point is anything but a sign of thousands.
        (["1.234", "1,5"], [1234, 1.5]),
        # Both signs separate decimals here: 1.234 may be one and a quarter, or a thousand.
        (["121300.5", "120037,5", "1.234", "12"], [121300.5, 120037.5, np.nan, 12]),
    ],
)
def test_value_in_which_a_sign_cannot_separate_thousands_has_decimals(values, expected):
    np.testing.assert_array_equal(parse_numbers(column(*values)), expected)


def test_infinity_is_no_number():
    assert np.isnan(parse_numbers(column("inf", "-Infinity", "9" * 400))).all()


def test_sign_is_that_of_the_first_number_with_both():
    assert decimal_sign(column(None, "12", "1,5", "1.234,5", "1,234.5")) == ","
