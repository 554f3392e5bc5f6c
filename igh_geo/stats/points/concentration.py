"""How concentrated: on how few of all places the incidents are, and what chance would do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.rates.exposure import LARGEST_COUNT, numbers
from igh_geo.stats.seeds import seed_problems

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SHARES = (0.25, 0.50, 0.80)
# A share of a whole number of incidents may come out a rounding error above a whole number.
_ROUNDING = 1e-9
_FEWEST_SIMULATIONS = 39


@dataclass(frozen=True)
class Concentration:
    """How the incidents are spread over all places, those without any included.

    Attributes
    ----------
    n_events : int
        Incidents.
    n_places : int
        Places with a known count, zeros included: the denominator of every share.
    n_missing : int
        Places without a known count, left out.
    n_with_events : int
        Places with at least one incident.
    shares : pandas.DataFrame
        Index ``share_of_events``; ``n_places``, the fewest places that together hold at least
        that share; ``share_of_places``, the same by all places; ``by_chance``,
        ``by_chance_low``, ``by_chance_high``, the mean and the middle 95 % of that share if
        every place had the same risk. Missing without incidents.
    gini : float
        0 where all places have as many, near 1 where one has all; NaN without incidents.
    gini_generalised : float
        The same against the most even spread possible: fewer incidents than places cannot be
        on all of them. Equal to `gini` from one incident per place; at most 1 - 1/m, with m the
        lesser of incidents and places.
    gini_by_chance, gini_by_chance_low, gini_by_chance_high : float
        Mean and middle 95 % of the generalised Gini if every place had the same risk.
    simulations, seed : int
        What the figures of chance rest on.
    """

    n_events: int
    n_places: int
    n_missing: int
    n_with_events: int
    shares: pd.DataFrame
    gini: float
    gini_generalised: float
    gini_by_chance: float
    gini_by_chance_low: float
    gini_by_chance_high: float
    simulations: int
    seed: int


@dataclass(frozen=True)
class _Tally:
    """How many places have each number of incidents, from the most incidents to none."""

    count: IntArray
    n_places: IntArray

    @classmethod
    def of(cls, counts: IntArray, n_places: int) -> _Tally:
        count, places_with = np.unique(counts[counts > 0], return_counts=True)
        n_without = n_places - int(places_with.sum())
        return cls(np.append(0, count)[::-1], np.append(n_without, places_with)[::-1])

    def fewest_places(self, shares: tuple[float, ...]) -> FloatArray:
        events = self.count * self.n_places
        events_through, places_through = events.cumsum(), self.n_places.cumsum()
        needed = np.ceil(np.array(shares) * events_through[-1] - _ROUNDING)
        group = np.searchsorted(events_through, needed)
        still_needed = needed - (events_through - events)[group]
        places_before = (places_through - self.n_places)[group]
        fewest: FloatArray = places_before + np.ceil(still_needed / self.count[group])
        return fewest

    def gini(self) -> float:
        n, total = int(self.n_places.sum()), int((self.count * self.n_places).sum())
        # Ranks from the least; places with as many incidents share the mean of their ranks.
        n_above = self.n_places.cumsum() - self.n_places
        rank = n - n_above - (self.n_places - 1) / 2
        ranked = float((rank * self.count * self.n_places).sum())
        return 2.0 * ranked / (n * total) - (n + 1) / n

    def gini_generalised(self) -> float:
        n, total = int(self.n_places.sum()), int((self.count * self.n_places).sum())
        return max(1.0, n / total) * (self.gini() - 1.0) + 1.0


def concentration(counts: pd.Series, *, simulations: int = 999, seed: int = 0) -> Concentration:
    """Measure on how few places the incidents happen, beside what chance would do.

    The denominator is every place, with or without incidents: half of the incidents on 5 % of
    all street segments, not of those that have any. Even if every place had the same risk some
    would have more than others, and the fewer incidents, the more so; `by_chance` is that
    spread, drawn again and again (multinomial, equal shares). Only what lies beyond it is
    concentration. Equal risk per place takes no account of their size: cells of one size, or
    segments and addresses that may be compared as such.

    Parameters
    ----------
    counts : pandas.Series
        Incidents per place, whole and 0 or more; missing where not known.
    simulations : int
        How often chance is drawn, at least 39.
    seed : int
        Seed of the draws.

    Returns
    -------
    Concentration
        With missing shares and NaN for Gini where there are no incidents.

    Raises
    ------
    DataError
        When a count is negative or not whole, no place has a known count, the simulations are
        too few, or the seed is negative.

    References
    ----------
    Weisburd, D. (2015). The law of crime concentration and the criminology of place.
    Criminology 53.
    Bernasco, W. and Steenbeek, W. (2017). More places than crimes: implications for evaluating
    the law of crime concentration at place. Journal of Quantitative Criminology 33.
    """
    known = _whole_counts(counts, _draw_problems(simulations, seed))
    n_places, n_events = known.size, int(known.sum())
    index = pd.Index(SHARES, name="share_of_events")
    if n_events == 0:
        columns = ["n_places", "share_of_places", "by_chance", "by_chance_low", "by_chance_high"]
        shares = pd.DataFrame(np.nan, index=index, columns=columns).astype({"n_places": "Int64"})
        figures = dict.fromkeys(("gini", "gini_generalised", *_GINI_BY_CHANCE), float("nan"))
    else:
        tally = _Tally.of(known, n_places)
        fewest = tally.fewest_places(SHARES)
        places, ginis = _by_chance(n_events, n_places, simulations=simulations, seed=seed)
        chance = places / n_places
        low, high = np.quantile(chance, [0.025, 0.975], axis=0)
        shares = pd.DataFrame(
            {
                "n_places": pd.array(fewest.astype(np.int64), dtype="Int64"),
                "share_of_places": fewest / n_places,
                "by_chance": chance.mean(axis=0),
                "by_chance_low": low,
                "by_chance_high": high,
            },
            index=index,
        )
        chance_figures = (ginis.mean(), *np.quantile(ginis, [0.025, 0.975]))
        figures = {
            "gini": tally.gini(),
            "gini_generalised": tally.gini_generalised(),
            **dict(zip(_GINI_BY_CHANCE, map(float, chance_figures), strict=True)),
        }
    return Concentration(
        n_events=n_events,
        n_places=n_places,
        n_missing=int(counts.isna().sum()),
        n_with_events=int((known > 0).sum()),
        shares=shares,
        simulations=simulations,
        seed=seed,
        **figures,
    )


def lorenz_curve(counts: pd.Series, *, most_points: int = 200) -> pd.DataFrame:
    """Points of the Lorenz curve, from the place with the most incidents to that with the least.

    Parameters
    ----------
    counts : pandas.Series
        Incidents per place, whole and 0 or more; missing where not known.
    most_points : int
        At least 2. The curve bends only where the count changes, and has a point there; where
        it bends more often than this, it is thinned to about as many points.

    Returns
    -------
    pandas.DataFrame
        ``share_of_places``, ``share_of_events`` and ``most_even``, the share of events of as
        many places in the most even spread possible: the diagonal, or steeper where there are
        fewer incidents than places. From (0, 0) to (1, 1); empty without incidents.

    Raises
    ------
    DataError
        When a count is negative or not whole, no place has a known count, or the curve has fewer
        than 2 points.

    References
    ----------
    Bernasco, W. and Steenbeek, W. (2017). Journal of Quantitative Criminology 33.
    """
    problems = []
    if most_points < 2:
        problems.append(
            Problem("A curve has at least two points.", f"most_points={most_points}", "use 200")
        )
    known = _whole_counts(counts, problems)
    total = int(known.sum())
    if total == 0:
        columns = ["share_of_places", "share_of_events", "most_even"]
        return pd.DataFrame({column: np.zeros(0) for column in columns})
    tally = _Tally.of(known, known.size)
    places = np.append(0, tally.n_places.cumsum()) / known.size
    events = np.append(0, (tally.count * tally.n_places).cumsum()) / total
    # The corner of the most even spread belongs on the curve, or a chart would cut it off.
    corner = min(1.0, total / known.size)
    at = np.union1d(places, [corner])
    if at.size > most_points:
        steps = np.linspace(0, at.size - 1, most_points).round().astype(int)
        at = np.union1d(at[steps], [corner])
    return pd.DataFrame(
        {
            "share_of_places": at,
            "share_of_events": np.interp(at, places, events),
            "most_even": np.minimum(1.0, at / corner),
        }
    )


def decile_classes(counts: pd.Series) -> pd.Series:
    """Class each place by the tenth of the incidents it helps to hold.

    Places go from the most incidents to the least; those that hold the first tenth of all
    incidents are class 1, those that hold the next are class 2, and so on. The class of a place
    is set by the share held by the places before it, and places with as many incidents get one
    class: that of the mean of the positions they could take. So the busiest place is class 1
    unless others are as busy, and where five or more places have one incident each they are all
    in class 5: none stands out.

    Parameters
    ----------
    counts : pandas.Series
        Incidents per place, whole and 0 or more; missing where not known.

    Returns
    -------
    pandas.Series
        ``Int64`` on the same index: 1 to 10; 0 for a place without incidents; missing where
        the count is.

    Raises
    ------
    DataError
        When a count is negative or not whole, or no place has a known count.
    """
    known = _whole_counts(counts, [])
    classes = pd.Series(pd.NA, index=counts.index, dtype="Int64", name="decile_class")
    total = int(known.sum())
    found = np.zeros(known.size, dtype=np.int64)
    if total:
        tally = _Tally.of(known, known.size)
        events = tally.count * tally.n_places
        # Whole numbers throughout, doubled for the half: no place falls on the wrong side of a
        # class by rounding.
        doubled_before = 2 * (events.cumsum() - events) + (tally.n_places - 1) * tally.count
        of_group = 10 * doubled_before // (2 * total) + 1
        ascending = tally.count[::-1]
        found = of_group[::-1][np.searchsorted(ascending, known)]
        found[known == 0] = 0
    classes[counts.notna().to_numpy()] = found
    return classes


_GINI_BY_CHANCE = ("gini_by_chance", "gini_by_chance_low", "gini_by_chance_high")


def _by_chance(
    n_events: int, n_places: int, *, simulations: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Fewest places per share, and generalised Gini, of incidents that fall anywhere."""
    rng = np.random.default_rng(seed)
    # The same distribution either way; incident by incident is faster while they are few, and
    # place by place takes no more memory where there are very many.
    is_sparse = n_events < 20 * n_places
    equal = np.full(n_places, 1.0 / n_places)
    places = np.empty((simulations, len(SHARES)))
    ginis = np.empty(simulations)
    for draw in range(simulations):
        drawn = (
            np.bincount(rng.integers(0, n_places, n_events))
            if is_sparse
            else rng.multinomial(n_events, equal)
        )
        tally = _Tally.of(drawn, n_places)
        places[draw] = tally.fewest_places(SHARES)
        ginis[draw] = tally.gini_generalised()
    return places, ginis


def _draw_problems(simulations: int, seed: int) -> list[Problem]:
    problems = []
    if simulations < _FEWEST_SIMULATIONS:
        problems.append(
            Problem(
                f"The middle 95 % of chance rests on at least {_FEWEST_SIMULATIONS} simulations.",
                f"simulations={simulations}",
                "use 999",
            )
        )
    return problems + seed_problems(seed)


def _whole_counts(counts: pd.Series, others: list[Problem]) -> IntArray:
    """The known counts; raises what is wrong with them and the other problems at once."""
    values = numbers(counts)
    is_known = counts.notna().to_numpy()
    problems = []
    is_whole = (values >= 0) & (values <= LARGEST_COUNT) & (values == np.floor(values))
    wrong = is_known & ~is_whole
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        problems.append(
            Problem(
                "A place has a whole number of incidents, 0 or more.",
                f"{int(wrong.sum())} have not, the first is {counts.index[at]!r}: "
                f"{counts.iloc[[at]].tolist()[0]!r}",
                "count the incidents per place; a rate or a weight is not a count",
            )
        )
    if not is_known.any():
        problems.append(
            Problem(
                "At least one place has a known count.",
                f"{len(counts)} places, none known",
                "give every place of the study area, with 0 where nothing happened",
            )
        )
    raise_all([*problems, *others], DataError)
    whole: IntArray = values[is_known].astype(np.int64)
    return whole
