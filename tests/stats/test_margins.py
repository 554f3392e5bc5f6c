from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from igh_geo.errors import DataError
from igh_geo.stats.margins import fit_margins, fit_totals


def stock() -> pd.DataFrame:
    return pd.DataFrame([[10.0, 30.0], [20.0, 0.0]], index=["A", "B"], columns=["flat", "house"])


def test_toy_case_by_hand() -> None:
    # B has flats only, so its 6 cases are there. Of 10 of flats 4 are left for A; all 5 of
    # houses are A's: 9 of A, 6 of B.
    table = fit_margins(
        stock(), rows=pd.Series({"B": 6, "A": 9}), columns=pd.Series({"flat": 10, "house": 5})
    )

    np.testing.assert_allclose(table, [[4.0, 5.0], [6.0, 0.0]], rtol=1e-9)


def test_totals_in_proportion_to_exposure_are_spread_by_exposure() -> None:
    # One rate everywhere: 0.1 on each.
    table = fit_margins(
        stock(), rows=pd.Series({"A": 4, "B": 2}), columns=pd.Series({"flat": 3, "house": 3})
    )

    np.testing.assert_allclose(table, stock() * 0.1, rtol=1e-9)


def test_totals_are_kept_and_so_are_the_odds_of_the_exposure() -> None:
    rng = np.random.default_rng(2)
    exposure = pd.DataFrame(rng.gamma(1, 30, (20, 6)))
    true = pd.DataFrame(rng.poisson(exposure * 0.05))
    table = fit_margins(exposure, rows=true.sum(axis=1), columns=true.sum())

    np.testing.assert_allclose(table.sum(axis=1), true.sum(axis=1), atol=1e-8)
    np.testing.assert_allclose(table.sum(), true.sum(), atol=1e-8)
    some = table.loc[true.sum(axis=1) > 0]
    ratio = some / exposure.loc[some.index]
    # Row effect × column effect: every row is the same up to a factor.
    np.testing.assert_allclose(
        ratio.div(ratio.iloc[:, 0], axis=0), ratio.iloc[[0] * len(ratio)] / ratio.iloc[0, 0]
    )


def test_order_and_unit_do_not_matter() -> None:
    rows, columns = pd.Series({"A": 9, "B": 6}), pd.Series({"flat": 10, "house": 5})
    table = fit_margins(stock(), rows=rows, columns=columns)

    turned = fit_margins(stock().loc[["B", "A"], ["house", "flat"]] * 7, rows=rows, columns=columns)

    assert_frame_equal(turned.loc[["A", "B"], ["flat", "house"]], table, rtol=1e-9)


@pytest.mark.peer
def test_filled_table_is_what_statsmodels_poisson_model_expects() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    exposure = pd.DataFrame(rng.gamma(2, 30, (8, 4)))
    true = pd.DataFrame(rng.poisson(exposure * 0.2))
    table = fit_margins(exposure, rows=true.sum(axis=1), columns=true.sum())

    row, column = np.repeat(np.arange(8), 4), np.tile(np.arange(4), 8)
    dummies = np.column_stack([row[:, None] == np.arange(8), column[:, None] == np.arange(1, 4)])
    model = sm.GLM(
        true.to_numpy().ravel(),
        dummies.astype(float),
        family=sm.families.Poisson(),
        offset=np.log(exposure.to_numpy().ravel()),
    ).fit(tol=1e-12)
    np.testing.assert_allclose(table.to_numpy().ravel(), model.fittedvalues, rtol=1e-7)


def test_three_sorts_of_totals_are_all_kept() -> None:
    rng = np.random.default_rng(4)
    cells = pd.DataFrame(
        {
            "area": np.repeat([f"A{n}" for n in range(6)], 12),
            "type": np.tile(np.repeat(list("xyz"), 4), 6),
            "owner": np.tile(list("pqrs"), 18),
            "exposure": rng.gamma(1, 20, 72),
        }
    )
    true = pd.Series(rng.poisson(cells["exposure"] * 0.2))
    totals = {name: true.groupby(cells[name]).sum() for name in ("area", "type", "owner")}

    filled = fit_totals(cells, totals=totals)

    for name, total in totals.items():
        np.testing.assert_allclose(filled.groupby(cells[name]).sum(), total, atol=1e-8)


def test_totals_that_differ_are_refused() -> None:
    with pytest.raises(DataError, match="add up to the same number"):
        fit_margins(
            stock(), rows=pd.Series({"A": 9, "B": 6}), columns=pd.Series({"flat": 9, "house": 5})
        )


def test_total_without_exposure_is_refused() -> None:
    with pytest.raises(DataError, match=r"(?s)exposure to be spread over.*'row'"):
        fit_margins(
            stock().assign(flat=[10.0, 0.0]),
            rows=pd.Series({"A": 9, "B": 6}),
            columns=pd.Series({"flat": 10, "house": 5}),
        )


def test_totals_that_no_table_has_are_refused() -> None:
    # B has flats only and 12 cases, but flats have 10 in all.
    with pytest.raises(DataError, match="after 20000 rounds a total is off"):
        fit_margins(
            stock(), rows=pd.Series({"A": 3, "B": 12}), columns=pd.Series({"flat": 10, "house": 5})
        )


def test_withheld_total_is_refused() -> None:
    with pytest.raises(DataError, match="estimate a total that is withheld"):
        fit_margins(
            stock(),
            rows=pd.Series({"A": 9, "B": None}),
            columns=pd.Series({"flat": 4, "house": 5}),
        )


def test_labels_that_differ_are_refused() -> None:
    with pytest.raises(DataError, match=r"(?s)Every column .* 'garage'"):
        fit_margins(
            stock(), rows=pd.Series({"A": 9, "B": 6}), columns=pd.Series({"flat": 9, "garage": 6})
        )
