"""How many, and out of how much: counts and denominators, checked and laid side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DAYS_PER_YEAR = 365.25

# Above it floating-point numbers skip whole ones.
LARGEST_COUNT = 2.0**53
# Beyond these the square of a rate leaves the range of numbers.
_LEAST_DENOMINATOR, _LARGEST_DENOMINATOR = 1e-100, 1e100


@dataclass(frozen=True)
class Observed:
    """The areas with a count and a denominator above zero.

    Attributes
    ----------
    where : ndarray of bool, shape (all areas,)
        Which areas these are; the other arrays hold only those, in the same order.
    count : ndarray of float, shape (n,)
        Events.
    denominator : ndarray of float, shape (n,)
        Inhabitants, dwellings, km², person-years or another exposure.
    """

    where: BoolArray
    count: FloatArray
    denominator: FloatArray

    @property
    def overall_rate(self) -> float:
        """All events over the whole denominator; 0 when there is no area."""
        return float(self.count.sum() / self.denominator.sum()) if self.count.size else 0.0

    def on_all(self, values: FloatArray) -> pd.api.extensions.ExtensionArray:
        """Lay values of these areas out over all areas, missing elsewhere."""
        column = np.full(self.where.size, np.nan)
        column[self.where] = values
        return pd.array(column, dtype="Float64")


def observed(count: pd.Series, denominator: pd.Series) -> Observed:
    """Lay counts and denominators side by side; areas without one of them are left out.

    A denominator of zero is left out like a missing one: nobody can say out of how many its
    events are. This is the door of every statistic of rates.

    Parameters
    ----------
    count : pandas.Series
        Events per area: whole numbers of zero or more, or missing.
    denominator : pandas.Series
        Inhabitants, households, dwellings, addresses, km² or an exposure of the user's own, on
        the same index in any order: zero or more, or missing. For periods of unequal length
        see `person_time`.

    Returns
    -------
    Observed
        In the order of `count`.

    Raises
    ------
    DataError
        All at once: areas that differ or repeat, counts that are negative, broken or infinite,
        denominators that are negative or infinite.
    """
    problems = same_area_problems(count, denominator)
    problems += [*count_problems(count), *denominator_problems(denominator)]
    raise_all(problems, DataError)
    events = numbers(count)
    exposure = numbers(denominator.reindex(count.index))
    where = ~np.isnan(events) & (exposure > 0)
    return Observed(where, events[where], exposure[where])


def some_observed(count: pd.Series, denominator: pd.Series) -> Observed:
    """Lay counts and denominators side by side as `observed`, of one area at least.

    Parameters
    ----------
    count, denominator : pandas.Series
        As in `observed`.

    Returns
    -------
    Observed

    Raises
    ------
    DataError
        As in `observed`; when no area has both a count and a denominator above zero.
    """
    known = observed(count, denominator)
    if known.count.size:
        return known
    problem = Problem(
        "At least one area has a count and a denominator above zero.",
        f"none of {len(count)} has",
        "join the denominator, or choose one that is filled",
    )
    raise DataError(str(problem))


def person_time(
    denominator: pd.Series, *, days: float | pd.Series, days_per_year: float = DAYS_PER_YEAR
) -> pd.Series:
    """Multiply a denominator by how long it was observed, so that rates are per year.

    A rate on person-years compares periods of unequal length, and areas that were observed
    during a part of the period only. A year is 365.25 days; a rate over one ordinary calendar
    year is therefore 0.07 % above events per inhabitant.

    Parameters
    ----------
    denominator : pandas.Series
        Inhabitants, dwellings, km² or another exposure per area: zero or more, or missing.
    days : float or pandas.Series
        Days observed: one number above zero for all, or one per area on the same index, zero
        or more, or missing.
    days_per_year : float
        Length of the unit in days: 365.25 gives years, 7 weeks.

    Returns
    -------
    pandas.Series
        `denominator` × days / `days_per_year` (Float64) on its index and with its name; zero
        where nothing was observed, missing where either is.

    Raises
    ------
    DataError
        All at once: areas that differ or repeat, days or denominators that are negative or
        infinite, a period or a unit without days.

    References
    ----------
    Rothman, K. J., Greenland, S. and Lash, T. L. (2008). Modern Epidemiology, 3rd ed., ch. 3.
    """
    problems = denominator_problems(denominator)
    if not (np.isfinite(days_per_year) and days_per_year > 0):
        problems.append(
            Problem(
                "A unit of time has a length.",
                f"days_per_year={days_per_year}",
                "use 365.25 for years, 7 for weeks",
            )
        )
    if isinstance(days, pd.Series):
        raise_all(
            [*same_area_problems(denominator, days, names=("denominator", "number of days"))],
            DataError,
        )
        problems += denominator_problems(days, name="number of days")
        observed_days = numbers(days.reindex(denominator.index))
    else:
        if not (np.isfinite(days) and days > 0):
            problems.append(
                Problem("A period has a length.", f"days={days}", "count its days, both ends in")
            )
        observed_days = np.full(len(denominator), float(days))
    raise_all(problems, DataError)
    return pd.Series(
        pd.array(numbers(denominator) * observed_days / days_per_year, dtype="Float64"),
        index=denominator.index,
        name=denominator.name,
    )


def numbers(column: pd.Series) -> FloatArray:
    """Give a column as plain numbers; what is missing, or is no number, as not-a-number."""
    if not pd.api.types.is_numeric_dtype(column):
        column = pd.to_numeric(column, errors="coerce")
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def same_area_problems(
    first: pd.Series, second: pd.Series, *, names: tuple[str, str] = ("count", "denominator")
) -> list[Problem]:
    """Name what keeps two columns from being about the same areas.

    Parameters
    ----------
    first, second : pandas.Series
        Columns indexed by area, in any order.
    names : tuple of str
        What the two are, in the singular.

    Returns
    -------
    list of Problem
        Empty, or areas that repeat or occur in only one of the two.
    """
    problems = []
    for what, column in zip(names, (first, second), strict=True):
        repeated = column.index[column.index.duplicated()]
        if len(repeated):
            problems.append(
                Problem(
                    f"Every area has one {what}.",
                    f"{len(repeated)} repeated, the first is {repeated[0]!r}",
                    "remove or merge the repeated rows",
                )
            )
    unknown = first.index.symmetric_difference(second.index)
    if len(unknown):
        problems.append(
            Problem(
                f"The {names[0]} and the {names[1]} are about the same areas.",
                f"{len(unknown)} areas occur in only one of them, the first is {unknown[0]!r}",
                "reindex both to all areas: 0 where nothing happened, missing where nobody knows",
            )
        )
    return problems


def count_problems(count: pd.Series, *, name: str = "count") -> list[Problem]:
    """Name the values that cannot be counts.

    Parameters
    ----------
    count : pandas.Series
        Events per area; missing is allowed.
    name : str
        What it is, in the singular.

    Returns
    -------
    list of Problem
        Empty, or one problem with the number of broken values and the first one.
    """
    events = numbers(count)
    is_whole = (events >= 0) & (events <= LARGEST_COUNT) & (events == np.floor(events))
    is_broken = _is_text(count) | ~(is_whole | np.isnan(events))
    if not is_broken.any():
        return []
    return [
        Problem(
            f"A {name} is a whole number of zero or more.",
            _broken(count, is_broken),
            "count events; set an unknown or suppressed count to missing",
        )
    ]


def denominator_problems(denominator: pd.Series, *, name: str = "denominator") -> list[Problem]:
    """Name the values that cannot be denominators.

    Parameters
    ----------
    denominator : pandas.Series
        Exposure per area; zero and missing are allowed.
    name : str
        What it is, in the singular.

    Returns
    -------
    list of Problem
        Empty, or one problem with the number of impossible values and the first one.
    """
    exposure = numbers(denominator)
    is_tiny = (exposure > 0) & (exposure < _LEAST_DENOMINATOR)
    is_impossible = (exposure < 0) | is_tiny | (exposure > _LARGEST_DENOMINATOR)
    is_impossible |= _is_text(denominator)
    if not is_impossible.any():
        return []
    return [
        Problem(
            f"{'An' if name[0] in 'aeio' else 'A'} {name} is zero or more,"
            " of a size from 1e-100 to 1e100.",
            _broken(denominator, is_impossible),
            "set a missing-value code such as -99999 to missing",
        )
    ]


def _is_text(column: pd.Series) -> BoolArray:
    if pd.api.types.is_numeric_dtype(column):
        return np.zeros(len(column), dtype=np.bool_)
    return np.array([isinstance(value, str) for value in column], dtype=np.bool_)


def _broken(column: pd.Series, is_broken: BoolArray) -> str:
    first = column[is_broken].iloc[0]
    shown = repr(first) if isinstance(first, str) else f"{float(first):g}"
    return f"{int(is_broken.sum())} are not, the first is {shown} at {column.index[is_broken][0]!r}"


def per_problems(per: float) -> list[Problem]:
    """Say what is wrong with the unit of a rate; empty when nothing is."""
    if np.isfinite(per) and per > 0:
        return []
    return [Problem("A rate is per a positive number.", f"per={per}", "use 1000, or 1 per km²")]
