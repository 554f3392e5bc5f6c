"""The test out of time: how much of what was found later lay in areas with a high score."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd

from igh_geo.policy.scores import ORDERS, Hindsight
from igh_geo.rd import FloatArray
from igh_geo.stats.rates.intervals import wilson

# Shares of the addresses at which is looked, and the one that the verdict is about.
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
MAIN = 0.2
# Of fewer, chance decides: 10 of 20 has an interval of 30 to 70 %.
LEAST_CASES = 20
# Two-sided, 5 %.
CLEAR = 1.96
_COLUMNS = ["order", "share_of_addresses", "status", "share_low", "share_high", "low", "high"]


def look_back(
    areas: pd.DataFrame, *, test_from: dt.date, unit: str, step: int, n_without: int
) -> Hindsight:
    """Compare the order of the score with what was found later, and with a plain rule.

    Parameters
    ----------
    areas : pandas.DataFrame
        A row per area with a score: ``score``, ``size`` (addresses), ``before`` and ``later``
        (cases before `test_from`, and from then on).
    test_from : datetime.date
    unit : str
        What ``size`` counts.
    step : int
        Smallest number that is told; 1 tells all. Otherwise numbers of cases are told as a range
        that leaves at least this many on either side, and not at all when they, or what is left
        of all cases, are fewer.
    n_without : int
        Areas without a score.

    Returns
    -------
    Hindsight
        The verdict is that of a paired, two-sided test at 5 %: do more of the later cases lie in
        the areas of the score alone than in those of the other order alone (or fewer). That
        against an equal spread is the same test, with a fifth of every area as the other order.
        Both rest on the numbers as they are; the second is no clearer than the told margin at a
        fifth of the addresses, beside which it is read.

    Notes
    -----
    Areas are taken from the highest to the lowest until their addresses are the share asked for.
    Of the last area, and of areas that are equal, so much of their cases counts as of their
    addresses is taken. The paired test is McNemar's (1947, Psychometrika 12, 153-157) without
    correction for continuity, with the spread between areas (Liang and Zeger, 1986, Biometrika
    73, 13-22) in the place of that between cases where it is larger: cases of one area are no
    independent evidence for a score. Of 400 scores of noise McNemar's own test calls 12 % better
    and 9 % worse, this one 3 % and 2 % (tests/policy/test_hindsight.py). Shares of found cases in
    the riskiest areas: Chainey, Tompson and Uhlig (2008), Security Journal 21, 4-28.
    """
    size, before, later = (
        areas[name].to_numpy(dtype=float) for name in ("size", "before", "later")
    )
    n_later = float(later.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(before > 0, before / size, 0.0)
    orders = {"score": areas["score"].to_numpy(dtype=float), "before": rate}
    if n_later < LEAST_CASES:
        curve, verdict, against_even = pd.DataFrame(columns=_COLUMNS), "few", "few"
    else:
        curve = _curve(orders, size, later, step=step)
        of_score, of_before = (taken(orders[name], size, MAIN) for name in ORDERS)
        # Whoever looks nowhere in particular takes the same part of every area.
        evenly = np.full(len(areas), MAIN)
        against_even = _as_told(_verdict(of_score, evenly, size=size, later=later), curve)
        verdict = "few_before"
        if before.sum() >= LEAST_CASES:
            verdict = _verdict(of_score, of_before, size=size, later=later)
    low, high = told_range(n_later, step)
    return Hindsight(
        test_from=test_from,
        unit=unit,
        n_areas=len(areas),
        n_without=n_without,
        later_low=int(low),
        later_high=int(high),
        curve=curve,
        verdict=verdict,
        against_even=against_even,
    )


def taken(order: FloatArray, size: FloatArray, share: float) -> FloatArray:
    """Part of each area that is taken, from the highest on, to hold a share of all addresses.

    Parameters
    ----------
    order : numpy.ndarray of float
        Areas with a higher value go first; equal ones go together.
    size : numpy.ndarray of float
        Addresses, 0 or more.
    share : float
        Of all addresses, between 0 and 1.

    Returns
    -------
    numpy.ndarray of float
        Between 0 and 1, as long as `order`; 1 for areas above the last, and one and the same part
        for the last and what equals it.
    """
    if not len(order):
        return np.zeros(0)
    _, block = np.unique(-order, return_inverse=True)
    held = np.bincount(block, size)
    left = share * size.sum() - (held.cumsum() - held)
    part = np.divide(left, held, out=np.where(left > 0, 1.0, 0.0), where=held > 0)
    # The sum of many sizes is a hair off: what is taken to the last address is taken whole.
    clipped = np.clip(np.round(part, 9), 0.0, 1.0)
    found: FloatArray = np.asarray(clipped, np.float64)[block]
    return found


def told_range(number: float, step: int) -> tuple[float, float]:
    """Lowest and highest value that may be told of a number of cases.

    Parameters
    ----------
    number : float
        A sum of cases, or of parts of them.
    step : int
        1 tells the number itself. Otherwise both ends are multiples of it, at least so far from
        the number that adding or taking away `step` cases leaves it within them.

    Returns
    -------
    tuple of float

    Notes
    -----
    A withheld count of one to ``step`` minus one stays possible from 0 to ``step`` when others
    give or take the difference (``policy.two_way``, ``policy.suppression``). Then a sum of areas
    moves by at most ``step``: every such table still agrees with the ranges, so these add
    nothing to what the other tables tell. It does not protect against a reader who works this
    method backwards, who learns a sum to within ``step``.
    """
    if step == 1:
        return number, number
    low = max(0.0, math.floor((number - step) / step) * step)
    return low, float(math.ceil((number + step) / step) * step)


def _curve(
    orders: dict[str, FloatArray], size: FloatArray, later: FloatArray, *, step: int
) -> pd.DataFrame:
    n_later = float(later.sum())
    rows = []
    for name in ORDERS:
        for share in SHARES:
            found = float(taken(orders[name], size, share) @ later)
            row = {"order": name, "share_of_addresses": share}
            if step > 1 and not step <= found <= n_later - step:
                rows.append(row | {"status": "withheld"})
                continue
            low, high = told_range(found, step)
            # From what is told alone: a share of the number itself would give that number away.
            fewest, most = told_range(n_later, step)
            told = low / most, min(1.0, high / fewest)
            of_low, _ = wilson([low], [most])
            _, of_high = wilson([min(high, fewest)], [fewest])
            rows.append(
                row
                | {"status": "shown", "share_low": told[0], "share_high": told[1]}
                | {"low": of_low[0], "high": of_high[0]}
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _as_told(verdict: str, curve: pd.DataFrame) -> str:
    """The verdict against an equal spread; unclear where the told margin holds that spread."""
    is_main = (curve["order"] == ORDERS[0]) & (curve["share_of_addresses"] == MAIN)
    told = curve[is_main].iloc[0]
    if told["status"] == "shown" and not told["low"] <= MAIN <= told["high"]:
        return verdict
    return "unclear"


def _verdict(
    of_score: FloatArray, of_before: FloatArray, *, size: FloatArray, later: FloatArray
) -> str:
    more = of_score - of_before
    n_apart = int((more != 0).sum())
    if n_apart < 2:
        return "unclear"
    # Both choices hold as many addresses, so what is expected of these drops out of the sum.
    unexpected = later - later.sum() * size / size.sum()
    of_cases = float(more**2 @ later)
    of_areas = float(more**2 @ unexpected**2) * n_apart / (n_apart - 1)
    spread = math.sqrt(max(of_cases, of_areas))
    z = float(more @ later) / spread if spread > 0 else 0.0
    if abs(z) <= CLEAR:
        return "unclear"
    return "better" if z > 0 else "worse"
