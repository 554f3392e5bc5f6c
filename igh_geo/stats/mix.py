"""Areas freed of what they are made of: cases against what their own addresses would give."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.inference import Correction, adjusted_p
from igh_geo.stats.rates.exposure import LARGEST_COUNT, numbers
from igh_geo.stats.rates.intervals import confidence_problems, garwood
from igh_geo.stats.rates.relative import verdicts
from igh_geo.stats.regression import RateModel

FloatArray = npt.NDArray[np.float64]


def area_ratios(
    cells: pd.DataFrame,
    model: RateModel,
    *,
    strata: str,
    count: str = "count",
    correction: Correction = "bh",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare the cases of every area with what its mix of addresses leads one to expect.

    Indirect standardisation with ratios of a model: expected is exposure × ratio over the
    classes of the area, scaled so that expected and observed have the same sum over all areas.
    The ratios are those within areas. Those of all areas together would not do: where a class
    stands in areas with many cases it takes the blame for the area, and the area is acquitted.

    Parameters
    ----------
    cells : pandas.DataFrame
        The cells that `model` was fitted to, or others on the same index.
    model : RateModel
        Of `igh_geo.stats.regression.fit_rate_ratios`.
    strata : str
        Column with the areas.
    count : str
        Column with cases: zero or more, whole or not.
    correction : {"bh", "by", "none"}
        For looking at every area that something is expected of.
    confidence : float
        Level of the interval; a verdict is given at an adjusted p of at most 1 - confidence.

    Returns
    -------
    pandas.DataFrame
        Index: the areas, sorted. `observed`, `expected`, `ratio`, `low`, `high`, `p`,
        `p_adjusted`, `left_out` (Float64), `verdict` (higher, lower, unclear; missing where
        nothing is expected). `left_out` are cases of cells that nothing is expected for: without
        exposure, or of a class with ratio 0 or without a ratio; `observed` are the others. Ratio,
        limits and p are missing where nothing is expected. The interval is Garwood's of the
        observed count, and p twice the smaller Poisson tail, which agrees with it; the count is
        taken as so many times a Poisson count as the variance of the model is larger. That the
        ratios are estimates is not counted (docs/statistics.md: how often it holds the truth).

    Raises
    ------
    DataError
        When the cells are not those of the model, columns are absent, an area or count is
        missing or negative, or the level is not between 0 and 1.

    References
    ----------
    Breslow, N. E. and Day, N. E. (1987). Statistical Methods in Cancer Research, vol. II, ch. 2
    and 4.
    """
    _check(cells, model, strata=strata, count=count, confidence=confidence)
    expected = numbers(model.expected)
    events = numbers(cells[count])
    is_known = expected > 0
    parts = pd.DataFrame(
        {
            "observed": np.where(is_known, events, 0.0),
            "expected": np.where(is_known, expected, 0.0),
            "left_out": np.where(is_known, 0.0, events),
        }
    )
    sums = parts.groupby(cells[strata].to_numpy(), sort=True).sum()
    observed, mean = (sums[name].to_numpy(dtype=np.float64) for name in ("observed", "expected"))
    whole = float(mean.sum())
    mean = mean * (float(observed.sum()) / whole) if whole > 0 else mean
    inflation = _inflation(cells, model, sums, strata=strata)
    low, high = garwood(observed / inflation, confidence=confidence)

    table = pd.DataFrame(index=pd.Index(sums.index, name=strata))
    table["observed"] = pd.array(observed, dtype="Float64")
    table["expected"] = pd.array(mean, dtype="Float64")
    limits = {"ratio": observed, "low": inflation * low, "high": inflation * high}
    for name, values in limits.items():
        ratio = np.full(mean.size, np.nan)
        np.divide(values, mean, out=ratio, where=mean > 0)
        table[name] = pd.array(ratio, dtype="Float64")
    p = np.where(mean > 0, _two_sided(observed / inflation, mean / inflation), np.nan)
    p_adjusted = adjusted_p(p, correction)
    table["p"], table["p_adjusted"] = pd.array(p, "Float64"), pd.array(p_adjusted, "Float64")
    table["verdict"] = verdicts(table["p_adjusted"], observed > mean, confidence=confidence)
    table["left_out"] = pd.array(sums["left_out"].to_numpy(dtype=np.float64), dtype="Float64")
    return table


def _two_sided(count: FloatArray, mean: FloatArray) -> FloatArray:
    """Twice the smaller tail of a Poisson count, by the gamma integrals that take any count."""
    above = np.where(count > 0, special.gammainc(np.maximum(count, 1e-300), mean), 1.0)
    below = special.gammaincc(count + 1.0, mean)
    return np.asarray(np.minimum(1.0, 2.0 * np.minimum(above, below)))


def _inflation(
    cells: pd.DataFrame, model: RateModel, sums: pd.DataFrame, *, strata: str
) -> FloatArray:
    """What the variance of the cases of each area is multiplied by."""
    if model.name != "negative_binomial":
        return np.full(len(sums), model.dispersion)
    # Cells vary each on its own: many small ones even out, a single large one does not. Without
    # cases the level of an area is taken as if it had one.
    expected = pd.Series(numbers(model.expected), index=cells.index).fillna(0.0)
    keys = [cells[name] for name in (strata, *_factors(model))]
    per_cell = expected.groupby(keys, sort=True, dropna=False).sum()
    squares = (per_cell**2).groupby(level=0, sort=True).sum().to_numpy()
    mean = np.maximum(sums["expected"].to_numpy(dtype=np.float64), 1e-300)
    level = np.maximum(sums["observed"].to_numpy(dtype=np.float64), 1.0) / mean
    return np.asarray(1.0 + model.alpha * level * squares / mean)


def _factors(model: RateModel) -> list[str]:
    return list(dict.fromkeys(model.ratios.index.get_level_values("factor")))


def _check(
    cells: pd.DataFrame, model: RateModel, *, strata: str, count: str, confidence: float
) -> None:
    problems = confidence_problems(confidence)
    # A negative binomial varies per combination of classes.
    names = [strata, count, *(_factors(model) if model.name == "negative_binomial" else [])]
    absent = [name for name in names if name not in cells.columns]
    if absent:
        problems.append(
            Problem("The cells have the columns named.", f"absent: {absent}", "name others")
        )
    if not cells.index.equals(model.expected.index):
        problems.append(
            Problem(
                "Cells are those that the model was fitted to.",
                f"{len(cells)} cells, {len(model.expected)} in the model, labels differ",
                "fit the model to these cells",
            )
        )
    raise_all(problems, DataError)
    events = numbers(cells[count])
    is_count = (events >= 0) & (events <= LARGEST_COUNT)
    is_wrong = ~is_count | cells[strata].isna().to_numpy()
    if is_wrong.any():
        problem = Problem(
            "Every cell has an area and a count of zero or more.",
            f"{int(is_wrong.sum())} have not, the first at {cells.index[is_wrong][0]!r}",
            "fill a table with withheld counts from its totals (fit_margins)",
        )
        raise DataError(str(problem))
