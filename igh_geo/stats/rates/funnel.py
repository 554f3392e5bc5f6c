"""Which rates lie further from the overall rate than chance puts them: a funnel plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.rates.exposure import Observed, per_problems, some_observed

FloatArray = npt.NDArray[np.float64]
Overdispersion = Literal["winsorised", "published", "none"]
Transform = Literal["square_root", "exact"]

FUNNEL_CLASSES = ("above_998", "above_95", "inside", "below_95", "below_998")
# Each limit: its name, and the probability outside it.
_LIMITS = {"low_998": 0.001, "low_95": 0.025, "high_95": 0.025, "high_998": 0.001}
_WINSORISED = 0.1
# Mean of z² when z is standard normal and everything outside its 10 and 90 % points is pulled
# to them: what a winsorised φ is when nothing is over-dispersed.
_WINSORISED_NORMAL = 0.678655
_LEAST_TAIL = 1e-300
# From 1e11 scipy has no low quantiles of the Poisson distribution.
_MOST_EXPECTED = 1e10


@dataclass(frozen=True)
class Funnel:
    """Rates against the limits that chance sets to them.

    Attributes
    ----------
    areas : pandas.DataFrame
        On the index of the counts: `count` (Int64), `denominator`, `rate`, `expected`, `z`,
        `low_998`, `low_95`, `high_95`, `high_998` (Float64; rates and limits per `per`) and
        `funnel_class` (text): above_998, above_95, inside, below_95, below_998, or missing.
        `z` is the distance from the target before over-dispersion.
    curve : pandas.DataFrame
        The limits for a chart: `denominator`, evenly spread on a logarithmic scale over that
        of the areas, and the four limits (float64, per `per`).
    target : float
        The rate that all are compared with, per `per`.
    phi : float
        Over-dispersion: the variance of z without its tails; 1 when it was not asked for.
    inflation : float
        What the variance was multiplied by: max(1, phi).
    n_areas : int
        Areas with a count and a denominator.
    per : float
        Unit of all rates.
    """

    areas: pd.DataFrame
    curve: pd.DataFrame
    target: float
    phi: float
    inflation: float
    n_areas: int
    per: float


def funnel(
    count: pd.Series,
    denominator: pd.Series,
    *,
    per: float = 1000.0,
    target: float | None = None,
    overdispersion: Overdispersion = "winsorised",
    transform: Transform = "square_root",
    curve_points: int = 200,
) -> Funnel:
    """Compare each rate with the target, within limits of 95 and 99.8 %.

    Limits are exact. An area is above its 95 % limit when its count, or a higher one, has a
    probability of at most 2.5 % at the target, below it likewise; for 99.8 % it is 0.1 %.
    Between whole counts the limits are interpolated as Spiegelhalter does, so that they make
    a smooth curve; at the upper side ours are one event higher than his, for his let a count
    pass the limit whose probability is above 2.5 % (at 1 expected, 8 %).

    Risks vary for reasons that nobody is after, and then far more than 5 % lie outside. φ says
    how much: the mean square of z, with the lowest and highest 10 % of z pulled in to the
    10 and 90 % points so that the areas one is looking for do not hide themselves. Where φ
    exceeds 1 the counts are taken as φ times a Poisson count, with mean E and variance φE: the
    limits are φ times those at an expectation of E/φ.

    Limits are not corrected for the number of areas: about one in 20 lies outside the 95 %
    limits by chance, and one in 500 outside those of 99.8 %.

    Parameters
    ----------
    count, denominator : pandas.Series
        As in `igh_geo.stats.rates.exposure.observed`.
    per : float
        Rates are a number per so many of the denominator.
    target : float or None
        Rate to compare with, per `per`; None takes the overall rate, which each area is
        itself part of.
    overdispersion : {"winsorised", "published", "none"}
        "winsorised" divides the mean square by 0.68, what winsorising leaves of the variance of
        a normal z; "published" does not, so its φ is too small by that factor and up to twice
        as many areas as promised lie outside. "none" leaves the Poisson limits as they are.
    transform : {"square_root", "exact"}
        z = 2(√O - √E), or the normal quantile of the mid-p probability of the count.
    curve_points : int
        Points of the curve.

    Returns
    -------
    Funnel
        When no event occurred and no target is given nothing is expected: z is 0 and every
        area is inside. Where all rates are equal, or there is one area, φ is 0 and inflates
        nothing. Areas without count or denominator are in it, with missing z and limits.

    Raises
    ------
    DataError
        As in `igh_geo.stats.rates.exposure.observed`; no area with count and denominator; more than
        1e10 events expected in an area; options out of range.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Stat. Med.
    24, 1185-1202. Spiegelhalter, D. J. (2005). Handling over-dispersion of performance
    indicators. Qual. Saf. Health Care 14, 347-351.
    """
    raise_all(
        [*per_problems(per), *_option_problems(target, overdispersion, transform, curve_points)],
        DataError,
    )
    known = some_observed(count, denominator)
    target_rate = known.overall_rate if target is None else target / per
    expected = target_rate * known.denominator
    _check_expected(expected, count.index[known.where])
    z = _exact_z(known.count, expected) if transform == "exact" else _root_z(known.count, expected)
    phi = _phi(z, overdispersion)
    inflation = max(1.0, phi)
    limits = _limits(expected, inflation)

    areas = pd.DataFrame(index=count.index)
    areas["count"] = count.astype("Int64")
    areas["denominator"] = denominator.reindex(count.index).astype("Float64")
    columns = {"rate": per * known.count / known.denominator, "expected": expected, "z": z}
    columns |= {name: per * limit / known.denominator for name, limit in limits.items()}
    for name, values in columns.items():
        areas[name] = known.on_all(values)
    labels = np.select(
        [
            known.count > limits["high_998"],
            known.count > limits["high_95"],
            known.count < limits["low_998"],
            known.count < limits["low_95"],
        ],
        ["above_998", "above_95", "below_998", "below_95"],
        "inside",
    )
    labelled = pd.Series(labels, index=count.index[known.where], dtype="str")
    areas["funnel_class"] = labelled.reindex(count.index)
    return Funnel(
        areas=areas,
        curve=_curve(known, target_rate, inflation, per=per, points=curve_points),
        target=per * target_rate,
        phi=phi,
        inflation=inflation,
        n_areas=known.count.size,
        per=per,
    )


def _check_expected(expected: FloatArray, area: pd.Index) -> None:
    is_more = expected > _MOST_EXPECTED
    if is_more.any():
        problem = Problem(
            f"An area expects at most {_MOST_EXPECTED:g} events.",
            f"{int(is_more.sum())} expect more, the first {expected[is_more][0]:g}"
            f" at {area[is_more][0]!r}",
            "check the target and the unit it is in",
        )
        raise DataError(str(problem))


def _root_z(count: FloatArray, expected: FloatArray) -> FloatArray:
    return np.asarray(2.0 * (np.sqrt(count) - np.sqrt(expected)))


def _exact_z(count: FloatArray, expected: FloatArray) -> FloatArray:
    at = special.xlogy(count, expected) - expected - special.gammaln(count + 1.0)
    half = np.exp(at) / 2.0
    # Probabilities below 1e-300 are no numbers any more: z ends at 37.
    upper = np.maximum(special.pdtrc(count, expected) + half, _LEAST_TAIL)
    lower = np.maximum(special.pdtr(count, expected) - half, _LEAST_TAIL)
    return np.asarray(np.where(upper < lower, -special.ndtri(upper), special.ndtri(lower)))


def _phi(z: FloatArray, overdispersion: Overdispersion) -> float:
    if overdispersion == "none":
        return 1.0
    low, high = np.quantile(z, [_WINSORISED, 1.0 - _WINSORISED])
    phi = float(np.mean(np.clip(z, low, high) ** 2))
    return phi / _WINSORISED_NORMAL if overdispersion == "winsorised" else phi


def _limits(expected: FloatArray, inflation: float) -> dict[str, FloatArray]:
    """Counts at the limits; a count beyond them is outside."""
    limit_of = {True: _high_limit, False: _low_limit}
    return {
        name: inflation * limit_of[name.startswith("high")](expected / inflation, tail)
        for name, tail in _LIMITS.items()
    }


def _high_limit(expected: FloatArray, tail: float) -> FloatArray:
    """Between r and r + 1, with r the smallest count that is exceeded with at most `tail`."""
    r = stats.poisson.ppf(1.0 - tail, expected)
    excess = tail - special.pdtrc(r, expected)
    return np.asarray(r + 1.0 - excess / _probability(r, expected))


def _low_limit(expected: FloatArray, tail: float) -> FloatArray:
    """Between r - 1 and r, with r the smallest count whose lower tail reaches `tail`."""
    r = stats.poisson.ppf(tail, expected)
    excess = special.pdtr(r, expected) - tail
    return np.asarray(np.maximum(r - excess / _probability(r, expected), 0.0))


def _probability(count: FloatArray, expected: FloatArray) -> FloatArray:
    at = special.xlogy(count, expected) - expected - special.gammaln(count + 1.0)
    return np.asarray(np.exp(at))


def _curve(
    known: Observed, target_rate: float, inflation: float, *, per: float, points: int
) -> pd.DataFrame:
    least, most = known.denominator.min(), known.denominator.max()
    denominator = np.geomspace(least, most, points)
    limits = _limits(target_rate * denominator, inflation)
    return pd.DataFrame(
        {"denominator": denominator}
        | {name: per * limit / denominator for name, limit in limits.items()}
    )


def _option_problems(
    target: float | None, overdispersion: str, transform: str, curve_points: int
) -> list[Problem]:
    problems = []
    if target is not None and not (np.isfinite(target) and target > 0):
        problems.append(
            Problem("A target is a rate above zero.", f"target={target}", "leave it out")
        )
    if overdispersion not in ("winsorised", "published", "none"):
        problems.append(
            Problem(
                "Over-dispersion is one of winsorised, published, none.",
                f"overdispersion={overdispersion!r}",
                "use winsorised",
            )
        )
    if transform not in ("square_root", "exact"):
        problems.append(
            Problem(
                "A transform is one of square_root, exact.",
                f"transform={transform!r}",
                "use square_root",
            )
        )
    if curve_points < 2:
        problems.append(
            Problem("A curve has at least two points.", f"curve_points={curve_points}", "use 200")
        )
    return problems
