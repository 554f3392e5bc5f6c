"""What changed: counts of two periods compared, and counts per month."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.inference import Correction, adjust, is_called
from igh_geo.stats.hours import LOCAL_TIME
from igh_geo.stats.rates.exposure import count_problems, same_area_problems
from igh_geo.stats.rates.intervals import confidence_problems
from igh_geo.stats.rates.ratio import rate_ratio

FloatArray = npt.NDArray[np.float64]


def compare_counts(
    current: pd.Series,
    previous: pd.Series,
    *,
    exposure_current: float = 1.0,
    exposure_previous: float = 1.0,
    correction: Correction = "bh",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Say which counts rose or fell by more than chance, and by how much.

    Ratio, interval and p are those of `igh_geo.stats.rates.ratio.rate_ratio`; the interval holds 1
    exactly when the unadjusted p exceeds 1 - confidence.

    Parameters
    ----------
    current, previous : pandas.Series
        Events per area (or theme) in each period, whole numbers or missing, on one index.
    exposure_current, exposure_previous : float
        Length of the periods, in days or in any unit they share.
    correction : {"bh", "by", "none"}
        Correction for multiple testing. Areas without any event in both periods cannot show
        a change and do not count as tests.
    confidence : float
        Level of the interval; a change is called at an adjusted p of at most 1 - confidence.

    Returns
    -------
    pandas.DataFrame
        On the index of `current`: `current`, `previous` (Int64); `ratio` of the current to
        the previous rate, with `ratio_low` and `ratio_high` (Float64; without previous events
        `ratio` and `ratio_high` are missing, for they are infinite; without any events all
        three are); `p` and `p_adjusted` (Float64; 1 without any events); `change` (text): up,
        down, unclear, or missing where a count is.

    Raises
    ------
    DataError
        All at once: counts that are no counts, areas that differ or repeat, periods without
        length, a confidence outside 0 to 1.

    References
    ----------
    Przyborowski, J. and Wilenski, H. (1940). Biometrika 31, 313-323.
    """
    _check(current, previous, (exposure_current, exposure_previous), confidence=confidence)
    table = pd.DataFrame(
        {
            "current": current.astype("Int64"),
            "previous": previous.reindex(current.index).astype("Int64"),
        },
        index=current.index,
    )
    known = table.dropna()
    now, before = (known[name].to_numpy(dtype=np.float64) for name in ("current", "previous"))
    found = rate_ratio(
        now,
        before,
        exposure=exposure_current,
        other_exposure=exposure_previous,
        confidence=confidence,
    )
    p = pd.Series(found.p, index=known.index)
    p_adjusted = adjust(p.where(found.is_test), correction).fillna(1.0)

    table["ratio"] = _on_all(found.ratio, known, table)
    table["ratio_low"] = _on_all(found.low, known, table)
    table["ratio_high"] = _on_all(found.high, known, table)
    table["p"] = p.astype("Float64").reindex(table.index)
    table["p_adjusted"] = p_adjusted.reindex(table.index)

    is_clear = is_called(p_adjusted.to_numpy(dtype=np.float64), confidence=confidence)
    direction = np.where(found.is_higher, "up", "down")
    table["change"] = pd.Series(
        np.where(is_clear, direction, "unclear"), index=known.index, dtype="str"
    ).reindex(table.index)
    return table


def monthly(occurred: pd.Series, *, start: dt.date, end: dt.date) -> pd.Series:
    """Count events per calendar month, months without events included.

    Parameters
    ----------
    occurred : pandas.Series
        Moments, datetimes with a time zone; missing ones are not counted.
    start, end : datetime.date
        First and last day that count, both included, in Dutch local time. A month of which
        only a part lies between them holds the events of that part.

    Returns
    -------
    pandas.Series
        Events (int64) on a monthly PeriodIndex "month", named "count".

    Raises
    ------
    DataError
        When the moments have no time zone, or the end lies before the start.
    """
    problems = []
    if not isinstance(occurred.dtype, pd.DatetimeTZDtype):
        problems.append(
            Problem(
                "Moments are datetimes with a time zone.",
                f"they are {occurred.dtype}",
                "localise them to Europe/Amsterdam when they are read",
            )
        )
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    if last < first:
        problems.append(
            Problem(
                "A period ends on or after its first day.",
                f"it runs from {first.date()} to {last.date()}",
                "swap the two days",
            )
        )
    raise_all(problems, DataError)
    local = occurred.dropna().dt.tz_convert(LOCAL_TIME).dt.tz_localize(None)
    inside = local[(local >= first) & (local < last + pd.Timedelta(days=1))]
    months = pd.period_range(first, last, freq="M", name="month")
    month_of = pd.PeriodIndex(inside.dt.to_period("M"))
    counted = np.bincount(months.get_indexer(month_of), minlength=len(months))
    return pd.Series(counted.astype(np.int64), index=months, name="count")


def _on_all(numbers: FloatArray, known: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    return pd.Series(numbers, index=known.index).astype("Float64").reindex(table.index)


def _check(
    current: pd.Series,
    previous: pd.Series,
    exposures: tuple[float, float],
    *,
    confidence: float,
) -> None:
    problems = [*count_problems(current), *count_problems(previous)]
    names = ("current count", "previous count")
    problems += same_area_problems(current, previous, names=names)
    if not all(np.isfinite(exposure) and exposure > 0 for exposure in exposures):
        problems.append(
            Problem("A period has a length above zero.", f"{exposures}", "pass days per period")
        )
    raise_all([*problems, *confidence_problems(confidence)], DataError)
