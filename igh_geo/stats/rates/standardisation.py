"""Rates freed of the make-up of a population: direct and indirect standardisation."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.rates.exposure import count_problems, denominator_problems, numbers, per_problems
from igh_geo.stats.rates.intervals import Interval, confidence_problems, garwood, poisson_interval

FloatArray = npt.NDArray[np.float64]
DirectInterval = Literal["dobson", "fay_feuer"]

_COLUMNS = ("area_code", "stratum", "count", "denominator")


def direct_standardised(
    strata: pd.DataFrame,
    standard: pd.Series,
    *,
    per: float = 1000.0,
    confidence: float = 0.95,
    interval: DirectInterval = "fay_feuer",
) -> pd.DataFrame:
    """Rate each area would have with the make-up of a standard population.

    The rate is Σ w count/denominator over the strata, with w the stratum's share of the
    standard population, and its variance v = Σ w² count/denominator². Areas are comparable
    with each other, for all get the same weights; but a small area needs events in its strata.

    "dobson": the exact interval of the area's total count (Garwood), moved to the rate and
    scaled by √(v / total count). "fay_feuer": a gamma distribution with the mean and variance
    of the rate; its upper limit adds an event in the stratum where one weighs most, so it is
    the more careful of the two when the weights differ much.

    An area has no standardised rate when a stratum with weight has no denominator in it: its
    row is absent, its denominator zero or missing, or its count missing. Take broader strata,
    or `indirect_standardised`.

    Parameters
    ----------
    strata : pandas.DataFrame
        One row per area and stratum, with the columns `area_code`, `stratum`, `count` (whole
        numbers, or missing) and `denominator` (zero or more, or missing).
    standard : pandas.Series
        Standard population per stratum, in any unit; zero leaves a stratum out.
    per : float
        The rate is a number per so many of the denominator.
    confidence : float
        Level of the interval.
    interval : {"fay_feuer", "dobson"}
        See above.

    Returns
    -------
    pandas.DataFrame
        On `area_code`, in order of appearance: `count` (Int64, all events of the area that are
        known, with or without a denominator; missing where no count is); `rate` (crude),
        `rate_standardised`, `ci_low` and `ci_high` (Float64, per `per`; the crude rate rests on
        the strata with a denominator);
        `strata_without_denominator` (Int64), above zero exactly where there is no standardised
        rate. An area without events has rate 0 and the upper limit of Fay and Feuer with
        either method, for that of Dobson is not defined there.

    Raises
    ------
    DataError
        All at once: columns that are absent, rows that repeat, counts or denominators that
        cannot be, strata that the standard does not know, a standard that is negative, missing,
        repeated, zero everywhere, or has a stratum with weight that occurs nowhere; options
        out of range.

    References
    ----------
    Dobson, A. J., Kuulasmaa, K., Eberle, E. and Scherer, J. (1991). Stat. Med. 10, 457-462.
    Fay, M. P. and Feuer, E. J. (1997). Stat. Med. 16, 791-801.
    """
    problems = [*per_problems(per), *confidence_problems(confidence)]
    raise_all([*problems, *_interval_problems(interval)], DataError)
    _check(strata, standard, what="standard population")
    share = standard.astype(float) / float(standard.sum())
    absent = share.index[(share > 0) & ~share.index.isin(strata["stratum"])]
    if len(absent):
        problem = Problem(
            "Every stratum with a standard population occurs in some area.",
            f"{len(absent)} occur in none, the first is {absent[0]!r}",
            "spell the strata alike, or leave it out of the standard population",
        )
        raise DataError(str(problem))

    rows = _usable(strata)
    rows["share"] = strata["stratum"].map(share).astype(float).to_numpy()
    rows = rows.assign(
        weighs=(rows["share"] > 0) & rows["is_usable"],
        # What one event in this stratum adds to the standardised rate.
        weight=np.divide(
            rows["share"],
            rows["denominator"],
            out=np.zeros(len(rows)),
            where=rows["is_usable"].to_numpy(),
        ),
    )
    rows["part"] = rows["weight"] * rows["events"]
    rows["variance"] = rows["weight"] * rows["part"]
    rows["events_weighing"] = rows["events"].where(rows["weighs"], 0.0)
    grouped = rows.groupby("area_code", sort=False)
    sums = grouped[
        ["events", "person", "part", "variance", "events_weighing", "weighs", "known"]
    ].sum()
    heaviest = grouped["weight"].max().to_numpy(dtype=np.float64)

    without = int((share > 0).sum()) - sums["weighs"].to_numpy(dtype=np.int64)
    rate, variance = sums["part"].to_numpy(), sums["variance"].to_numpy()
    if interval == "dobson":
        low, high = _dobson(rate, variance, sums["events_weighing"].to_numpy(), confidence)
    else:
        low, high = _fay_feuer_low(rate, variance, confidence), np.zeros_like(rate)
    is_none = rate == 0
    if interval == "fay_feuer" or is_none.any():
        careful = _fay_feuer_high(rate, variance, heaviest, confidence)
        high = careful if interval == "fay_feuer" else np.where(is_none, careful, high)

    table = pd.DataFrame(index=sums.index)
    table["count"] = sums["known"].where(grouped["has_count"].any()).astype("Int64")
    table["rate"] = _ratio(sums["events"], sums["person"], per)
    for name, values in (("rate_standardised", rate), ("ci_low", low), ("ci_high", high)):
        table[name] = pd.array(np.where(without == 0, per * values, np.nan), dtype="Float64")
    table["strata_without_denominator"] = pd.array(without, dtype="Int64")
    return table


def indirect_standardised(
    strata: pd.DataFrame,
    standard_rates: pd.Series | None = None,
    *,
    confidence: float = 0.95,
    interval: Interval = "garwood",
) -> pd.DataFrame:
    """Events of each area against what the standard's rates would give its own population.

    expected = Σ denominator × standard rate over the strata, and SMR = observed / expected.
    It needs no events per stratum, so small areas can have it; but each area is weighted by
    its own make-up, so two areas are compared with the standard, not strictly with each other.
    The interval is that of the observed count; the standard rates are taken as known.

    Parameters
    ----------
    strata : pandas.DataFrame
        One row per area and stratum, with the columns `area_code`, `stratum`, `count` (whole
        numbers, or missing) and `denominator` (zero or more, or missing).
    standard_rates : pandas.Series or None
        Events per one of the denominator per stratum. None takes those of all areas together:
        observed and expected then have the same total.
    confidence : float
        Level of the interval.
    interval : {"garwood", "byar"}
        Exact, or Byar's approximation.

    Returns
    -------
    pandas.DataFrame
        On `area_code`, in order of appearance: `observed` (Int64) and `expected` (Float64) over
        the strata with a known count and a denominator above zero, missing where all rows of an
        area are left out; `smr`, `smr_low` and
        `smr_high` (Float64, missing where nothing is expected); `strata_left_out` (Int64):
        rows whose count or denominator is missing, or that hold events and no denominator.

    Raises
    ------
    DataError
        All at once: columns that are absent, rows that repeat, counts or denominators that
        cannot be, strata that the standard does not know, rates that are negative, missing or
        repeated, zero everywhere; options out of range.

    References
    ----------
    Breslow, N. E. and Day, N. E. (1987). Statistical Methods in Cancer Research, vol. II, ch. 2.
    """
    raise_all(confidence_problems(confidence), DataError)
    _check(strata, standard_rates, what="standard rates")
    rows = _usable(strata)
    rows["stratum"] = strata["stratum"].to_numpy()
    if standard_rates is None:
        totals = rows.groupby("stratum")[["events", "person"]].sum()
        standard_rates = (totals["events"] / totals["person"].where(totals["person"] > 0)).fillna(0)
    rows["expected"] = rows["person"] * rows["stratum"].map(standard_rates).astype(float)
    # Nobody and no event is a known zero; an event without a denominator is not.
    is_empty = (rows["denominator"] == 0) & (rows["known"] == 0) & rows["has_count"]
    rows["left_out"] = ~rows["is_usable"] & ~is_empty
    grouped = rows.groupby("area_code", sort=False)
    sums = grouped[["events", "expected", "left_out"]].sum()
    has_rows = ~grouped["left_out"].all()
    low, high = poisson_interval(sums["events"].to_numpy(), confidence=confidence, method=interval)
    table = pd.DataFrame(index=sums.index)
    table["observed"] = sums["events"].where(has_rows).astype("Int64")
    table["expected"] = sums["expected"].where(has_rows).astype("Float64")
    for name, values in (("smr", sums["events"].to_numpy()), ("smr_low", low), ("smr_high", high)):
        table[name] = _ratio(values, sums["expected"], 1.0)
    table["strata_left_out"] = sums["left_out"].astype("Int64")
    return table


def _dobson(
    rate: FloatArray, variance: FloatArray, events: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    low, high = garwood(events, confidence=confidence)
    scale = np.sqrt(np.divide(variance, events, out=np.zeros_like(rate), where=events > 0))
    # √(v/O) (O - lower limit) can exceed the rate where one stratum weighs far more than others.
    return np.maximum(rate + scale * (low - events), 0.0), rate + scale * (high - events)


def _fay_feuer_low(rate: FloatArray, variance: FloatArray, confidence: float) -> FloatArray:
    is_some = rate > 0
    shape = np.divide(rate**2, variance, out=np.ones_like(rate), where=is_some)
    scale = np.divide(variance, rate, out=np.zeros_like(rate), where=is_some)
    return np.asarray(scale * special.gammaincinv(shape, (1.0 - confidence) / 2.0))


def _fay_feuer_high(
    rate: FloatArray, variance: FloatArray, heaviest: FloatArray, confidence: float
) -> FloatArray:
    is_some = heaviest > 0
    mean, spread = rate + heaviest, variance + heaviest**2
    shape = np.divide(mean**2, spread, out=np.ones_like(rate), where=is_some)
    scale = np.divide(spread, mean, out=np.zeros_like(rate), where=is_some)
    return np.asarray(scale * special.gammainccinv(shape, (1.0 - confidence) / 2.0))


def _usable(strata: pd.DataFrame) -> pd.DataFrame:
    """Rows as plain numbers: events and person-time only where both are known."""
    count, denominator = numbers(strata["count"]), numbers(strata["denominator"])
    is_usable = ~np.isnan(count) & (denominator > 0)
    return pd.DataFrame(
        {
            "area_code": strata["area_code"].to_numpy(),
            "known": np.nan_to_num(count),
            "has_count": ~np.isnan(count),
            "denominator": denominator,
            "is_usable": is_usable,
            "events": np.where(is_usable, count, 0.0),
            "person": np.where(is_usable, denominator, 0.0),
        }
    )


def _ratio(
    top: pd.Series | FloatArray, bottom: pd.Series, per: float
) -> pd.api.extensions.ExtensionArray:
    below = np.asarray(bottom, dtype=np.float64)
    above = np.asarray(top, dtype=np.float64)
    ratio: FloatArray = np.divide(above, below, out=np.full(below.size, np.nan), where=below > 0)
    return pd.array(per * ratio, dtype="Float64")


def _interval_problems(interval: str) -> list[Problem]:
    if interval in ("dobson", "fay_feuer"):
        return []
    return [
        Problem(
            "An interval is one of dobson, fay_feuer.", f"interval={interval!r}", "use fay_feuer"
        )
    ]


def _check(strata: pd.DataFrame, standard: pd.Series | None, *, what: str) -> None:
    absent = [name for name in _COLUMNS if name not in strata.columns]
    if absent:
        problem = Problem(
            f"A table of strata has the columns {', '.join(_COLUMNS)}.",
            f"{', '.join(absent)} absent; there are {', '.join(map(str, strata.columns))}",
            "rename the columns; paste several characteristics into one stratum",
        )
        raise DataError(str(problem))
    keys = strata[["area_code", "stratum"]]
    named = strata.set_index(["area_code", "stratum"])
    problems = []
    if not len(strata):
        problems.append(
            Problem("A table of strata has rows.", "it has none", "check how it was made")
        )
    if keys.isna().any(axis=None):
        problems.append(
            Problem(
                "Every row has an area and a stratum.",
                f"{int(keys.isna().any(axis=1).sum())} lack one",
                "fill them in or set those rows aside",
            )
        )
    if keys.duplicated().any():
        first = tuple(keys[keys.duplicated()].iloc[0])
        problems.append(
            Problem(
                "Every area has a stratum once.",
                f"{int(keys.duplicated().sum())} repeated, the first is {first}",
                "add up the rows that repeat",
            )
        )
    problems += [*count_problems(named["count"]), *denominator_problems(named["denominator"])]
    if standard is not None:
        problems += _standard_problems(strata["stratum"], standard, what)
    raise_all(problems, DataError)


def _standard_problems(stratum: pd.Series, standard: pd.Series, what: str) -> list[Problem]:
    problems = []
    repeated = standard.index[standard.index.duplicated()]
    if len(repeated):
        problems.append(
            Problem(
                f"The {what} hold every stratum once.",
                f"{len(repeated)} repeated, the first is {repeated[0]!r}",
                "add up or remove the rows that repeat",
            )
        )
    unknown = pd.Index(stratum.dropna().unique()).difference(standard.index)
    if len(unknown):
        problems.append(
            Problem(
                f"Every stratum occurs in the {what}.",
                f"{len(unknown)} do not, the first is {unknown[0]!r}",
                "spell the strata alike; give 0 to one that should not count",
            )
        )
    values = numbers(standard)
    is_broken = ~np.isfinite(values) | (values < 0)
    if is_broken.any():
        problems.append(
            Problem(
                f"The {what} are numbers of zero or more.",
                f"{int(is_broken.sum())} are not, the first at {standard.index[is_broken][0]!r}",
                "fill in what is missing",
            )
        )
    elif not values.any():
        problems.append(
            Problem(f"The {what} are not all zero.", f"{values.size} are", "check the source")
        )
    return problems
