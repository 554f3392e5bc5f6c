from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import poisson
from statsmodels.stats.multitest import multipletests

from igh_geo.errors import DataError
from igh_geo.stats.mix import area_ratios
from igh_geo.stats.rates.standardisation import indirect_standardised
from igh_geo.stats.regression import RateModel, fit_rate_ratios


def fitted(cells: pd.DataFrame, model: str = "poisson") -> RateModel:
    return fit_rate_ratios(
        cells, factors=["type"], references={"type": "house"}, strata="area", model=model
    )


def two_areas() -> pd.DataFrame:
    # Within each area flats have twice the rate of houses; B has three times that of A.
    return pd.DataFrame(
        {
            "area": list("AABB"),
            "type": ["house", "flat"] * 2,
            "count": [10, 4, 6, 60],
            "exposure": [100.0, 20.0, 20.0, 100.0],
        }
    )


def test_two_areas_by_hand() -> None:
    # Weights: A 100 + 2 × 20 = 140, B 20 + 2 × 100 = 220, and 80 cases on 360 of these.
    # A: 14 / 31.11 = .45, B: 66 / 48.89 = 1.35: three times.
    cells = two_areas()
    table = area_ratios(cells, fitted(cells), strata="area")

    assert table["expected"].tolist() == pytest.approx([80 * 140 / 360, 80 * 220 / 360])
    assert table["ratio"].tolist() == pytest.approx([0.45, 1.35])
    # Garwood's limits of 14: 7.6539 and 23.4896.
    assert table.loc["A", "low"] == pytest.approx(7.6539 * 360 / 80 / 140, abs=1e-4)
    assert table.loc["A", "high"] == pytest.approx(23.4896 * 360 / 80 / 140, abs=1e-4)


def test_rates_of_all_areas_together_acquit_the_area_of_the_flats() -> None:
    # Crude rates blame the flats for what is the area: flats 64 / 120, houses 16 / 120, so A
    # expects 24 and B 56, and B stands out twice, 66/56 over 14/24, where it is three times.
    cells = two_areas()
    ours = area_ratios(cells, fitted(cells), strata="area")["ratio"]
    crude = indirect_standardised(
        cells.rename(columns={"area": "area_code", "type": "stratum", "exposure": "denominator"})
    )["smr"]

    assert ours["B"] / ours["A"] == pytest.approx(3.0)
    assert crude["B"] / crude["A"] == pytest.approx(2.02, abs=0.01)


@pytest.mark.peer
def test_known_ratios_give_the_indirect_standardisation_of_the_room_of_rates() -> None:
    rng = np.random.default_rng(2)
    cells = pd.DataFrame(
        {
            "area": np.repeat([f"A{n}" for n in range(20)], 3),
            "type": np.tile(["house", "flat", "shop"], 20),
            "exposure": rng.gamma(2, 40, 60),
        }
    )
    cells["count"] = rng.poisson(cells["exposure"] * 0.2)
    model = fitted(cells)
    ratios = model.ratios.xs("type", level="factor")["ratio"].astype(float)
    scale = cells["count"].sum() / (cells["exposure"] * cells["type"].map(ratios)).sum()

    peer = indirect_standardised(
        cells.rename(columns={"area": "area_code", "type": "stratum", "exposure": "denominator"}),
        ratios * scale,
    )
    table = area_ratios(cells, model, strata="area")

    for ours, theirs in (("ratio", "smr"), ("low", "smr_low"), ("high", "smr_high")):
        np.testing.assert_allclose(
            table[ours].astype(float), peer[theirs].reindex(table.index).astype(float), rtol=1e-9
        )


def test_observed_and_expected_add_up_alike_and_what_is_left_out_is_told() -> None:
    extra = pd.DataFrame(
        {"area": ["C", "A"], "type": ["boat", "shop"], "count": [3, 2], "exposure": [9.0, 0.0]}
    )
    # A boat has no ratio, for nothing else is in C; two cases of shops have no address.
    cells = pd.concat([two_areas(), extra, extra.tail(1).assign(area="B")], ignore_index=True)
    cells.loc[len(cells) - 1, ["exposure", "count"]] = [5.0, 2]
    table = area_ratios(cells, fitted(cells), strata="area")

    assert table["observed"].sum() + table["left_out"].sum() == cells["count"].sum()
    assert table["observed"].sum() == pytest.approx(table["expected"].sum())
    assert table["left_out"].to_dict() == {"A": 2.0, "B": 0.0, "C": 3.0}
    assert table.loc["C", ["ratio", "low", "high"]].isna().all()


def test_order_of_rows_and_unit_of_exposure_do_not_matter() -> None:
    cells = two_areas()
    table = area_ratios(cells, fitted(cells), strata="area")
    turned = cells.iloc[[3, 1, 0, 2]].assign(exposure=lambda rows: rows["exposure"] * 12)

    assert_frame_equal(area_ratios(turned, fitted(turned), strata="area"), table, rtol=1e-8)


def test_over_dispersion_widens_the_intervals_of_areas() -> None:
    rng = np.random.default_rng(3)
    stock = rng.gamma(2, 50, 120)
    cells = pd.DataFrame(
        {
            "area": np.repeat([f"A{n:02d}" for n in range(40)], 3),
            "type": np.tile(["house", "flat", "shop"], 40),
            "exposure": stock,
            "count": rng.poisson(stock / 8 * rng.gamma(2, 0.5, 120)),
        }
    )
    plain = area_ratios(cells, fitted(cells), strata="area")
    for name in ("negative_binomial", "quasi_poisson"):
        model = fitted(cells, name)
        wide = area_ratios(cells, model, strata="area")
        assert model.name == name
        assert ((wide["high"] / wide["ratio"]) > (plain["high"] / plain["ratio"])).all()
        assert (wide["low"] <= wide["ratio"]).all()


def test_other_cells_and_negative_counts_are_refused() -> None:
    cells = two_areas()
    model = fitted(cells)
    with pytest.raises(DataError, match="fit the model to these cells"):
        area_ratios(cells.iloc[:3], model, strata="area")
    with pytest.raises(DataError, match=r"absent: \['buurt'\]"):
        area_ratios(cells, model, strata="buurt")
    with pytest.raises(DataError, match="count of zero or more"):
        area_ratios(cells.assign(count=-1), model, strata="area")


def test_p_of_an_area_agrees_with_its_interval_and_is_corrected_for_the_others() -> None:
    rng = np.random.default_rng(5)
    areas = [f"A{at:02d}" for at in range(40)]
    cells = pd.DataFrame(
        [(area, kind) for area in areas for kind in ("flat", "house")], columns=["area", "kind"]
    )
    cells["exposure"] = 1_000.0
    cells["count"] = rng.poisson(5.0, len(cells))
    cells.loc[cells["area"] == "A07", "count"] += 20
    model = fit_rate_ratios(
        cells, factors=["kind"], references={"kind": "house"}, strata="area", model="poisson"
    )
    table = area_ratios(cells, model, strata="area")
    is_one_inside = (table["low"] <= 1) & (table["high"] >= 1)
    assert (is_one_inside == (table["p"] >= 0.05)).all()
    # The tail of a Poisson count, by another road.
    one = table.loc["A07"]
    assert one["p"] == pytest.approx(2 * poisson.sf(one["observed"] - 1, one["expected"]))
    assert table["p_adjusted"].tolist() == pytest.approx(
        multipletests(table["p"], method="fdr_bh")[1].tolist()
    )
    assert table["verdict"].value_counts().to_dict() == {"unclear": 39, "higher": 1}
    assert one["verdict"] == "higher"
