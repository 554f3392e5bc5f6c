"""What may leave the house: the only thing that map, briefing, tables and layers ever see.

``disclosure.publish`` makes it. Nothing in it is withheld from its audience, and nothing that is
withheld is in it: a hidden number is not here, only the word that it is hidden.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from igh_geo.ledger import LedgerSummary
from igh_geo.lens import Lens
from igh_geo.policy.factors import Phenomenon
from igh_geo.policy.findings import Delivery
from igh_geo.policy.methods import Method
from igh_geo.policy.scores import SignalsTold
from igh_geo.policy.surroundings import Surroundings as Surroundings

STATUSES = ("shown", "withheld", "missing", "not_applicable")
# How the count of an area came about that was carried over from areas of another year.
CARRIED = ("summed", "estimated")


@dataclass(frozen=True)
class Total:
    """The whole study area, this period against the one it is compared with.

    Attributes
    ----------
    count, previous : int or None
        Events in the period, and in the previous one (None: no previous period).
    ratio, ratio_low, ratio_high : float or None
        Change as a ratio of rates per day, with its 95 % interval.
    change : {"up", "down", "unclear"} or None
        What the interval allows one to say.
    rate, ci_low, ci_high : float or None
        Rate of the whole, None without denominator.
    """

    count: int
    previous: int | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    change: str | None
    rate: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True)
class Block:
    """Busy hours of the week.

    Attributes
    ----------
    start : int
        Hour of the week, 0 is Monday 00:00.
    length_h : int
        Length in hours; a block may run past midnight.
    share : float
        Share of all events of the week.
    """

    start: int
    length_h: int
    share: float


@dataclass(frozen=True)
class Hours:
    """When in the week events take place.

    Attributes
    ----------
    table : pandas.DataFrame
        Share of the events per weekday (1 = Monday, rows) and hour (0 to 23, columns), told in
        steps of the smallest count that is told: the shares sum to about one.
    blocks : tuple of Block
        Blocks that clearly stand out, the busiest first; empty when none does.
    n_events, n_areas : int
        Events with a known moment that the shares are of, and the areas they lie in; every area
        of which the count is withheld is counted with these.
    """

    table: pd.DataFrame
    blocks: tuple[Block, ...]
    n_events: int
    n_areas: int


@dataclass(frozen=True)
class Clustering:
    """Global clustering, and how many areas and cells stand out.

    Attributes
    ----------
    moran, moran_p : float or None
        Moran's I of the standardised rates and its two-sided permutation p-value.
    neighbours : dict
        Which areas are neighbours: rule, parameters, number of links by what they were found by.
    variable : str
        Key of what was tested (``clustering.variable.*`` in the texts).
    islands : tuple of str
        Codes of areas without neighbours, which have no local statistic.
    permutations, grid_permutations, seed : int
        What the local tests used (``grid_permutations`` 0 without a grid).
    correction : {"bh", "by"}
        Multiple-testing correction.
    """

    moran: float | None
    moran_p: float | None
    neighbours: dict[str, Any]
    variable: str
    islands: tuple[str, ...]
    permutations: int
    grid_permutations: int
    seed: int
    correction: str


@dataclass(frozen=True)
class FunnelLimits:
    """Between which limits rates lie that chance alone can explain.

    Attributes
    ----------
    curve : pandas.DataFrame
        ``denominator``, ``low_998``, ``low_95``, ``high_95``, ``high_998`` (rates), for a chart.
    target : float
        Overall rate.
    inflation : float
        What the variance that chance gives was multiplied by, for areas differ anyhow.
    """

    curve: pd.DataFrame
    target: float
    inflation: float


@dataclass(frozen=True)
class ContextTable:
    """Figures of the user's own, shown beside the counts.

    Attributes
    ----------
    title : str
        What the table is about.
    figures : pandas.DataFrame
        Index ``area_code`` of every area; a column per figure, by the name a reader sees, Float64
        and missing unless its status is ``shown``.
    statuses : pandas.DataFrame
        Same index and columns; each one of STATUSES.
    """

    title: str
    figures: pd.DataFrame
    statuses: pd.DataFrame


@dataclass(frozen=True)
class Breakdown:
    """Counts of every area, divided: over periods, over parts of the week, over categories.

    Attributes
    ----------
    counts : pandas.DataFrame
        Index ``area_code`` of every area; a column per part, Float64 and missing unless its status
        is ``shown``.
    statuses : pandas.DataFrame
        Same index and columns; each one of STATUSES.
    whole : pandas.Series
        The same parts for the whole study area, Float64, missing where withheld.
    """

    counts: pd.DataFrame
    statuses: pd.DataFrame
    whole: pd.Series


@dataclass(frozen=True)
class Course(Breakdown):
    """Counts of every area over time; columns: the first day of each step.

    Attributes
    ----------
    step_months : {1, 3, 6, 12}
        Months in a step: the finest with which most of the events can be told.
    ends : tuple of datetime.date
        Last day of each step.
    """

    step_months: int = 1
    ends: tuple[dt.date, ...] = ()


@dataclass(frozen=True)
class Interpretation:
    """How to read a result: sentences that follow from it, the same on every page.

    Attributes
    ----------
    seen, sure, not_said, to_check : tuple of str
        What you see; how sure it is; what you may not conclude; what to verify on the street.
    """

    seen: tuple[str, ...]
    sure: tuple[str, ...]
    not_said: tuple[str, ...]
    to_check: tuple[str, ...]


@dataclass(frozen=True)
class Publication:
    """Everything of one lens that its audience may see.

    Attributes
    ----------
    lens : Lens
    noun : str
        What is counted, plural, in the language of the lens ("meldingen").
    made_on : datetime.date
        Day of the run.
    data_until : datetime.date or None
        Last day on which an incident of the source took place; where counts are rounded the last
        day of its month, of which `policy.phrases.until_words` tells the month alone.
    areas : geopandas.GeoDataFrame
        EPSG:28992, index ``area_code``. ``name``, ``level``, ``parent_code``, ``parent_name``,
        ``district``, ``is_water``, ``area_km2``, ``denominator``; ``status`` (one of STATUSES)
        and ``count``, missing unless the status is ``shown``; ``rate_status`` and ``rate``,
        ``ci_low``, ``ci_high``, ``rate_smoothed``, ``smoothed_low``, ``smoothed_high``,
        ``expected``, ``excess`` (count minus expected), ``smr``, ``reliability``,
        ``funnel_class`` (against the limits of chance);
        ``previous_status``, ``previous``, ``change`` (up, down, unclear), ``change_ratio``,
        ``change_low``, ``change_high``; ``gi_class`` (always given where tested),
        ``lisa_class``, ``gi_withheld`` and ``lisa_withheld`` (whether its class would tell a
        withheld count),
        ``gi_undetermined`` and ``lisa_undetermined`` (whether it was tested, with too few
        comparisons to tell), ``gi_z``, ``gi_p_adjusted`` (missing where they would tell a count);
        ``rank``, ``rank_low``, ``rank_high`` (among the areas that are shown), ``p_top`` (missing
        where not ranked) and ``reasons`` (sentences, joined by newlines); where counts were
        carried over from areas of another year, ``carried_over`` (one of CARRIED; missing where
        the area stayed the same).
    levels : dict of str to pandas.DataFrame
        The same columns without geometry and clusters for the parents of the areas (``wijk``, or
        ``gemeente`` when the areas are wijken) and ``district``, where there are several; index:
        code (the name for a district).
    cells : pandas.DataFrame or None
        Cells that stand out: index ``cell_id``; ``x``, ``y`` (centre, m, EPSG:28992),
        ``area_code``, ``gi_class``, ``streets`` (names of at most three streets that lie in it,
        joined by semicolons; empty where none is known). None when there is no grid; empty when
        none may be shown.
    n_cells_withheld : int
        Cells that stand out but have too few addresses to be shown.
    density : pandas.DataFrame or None
        Index ``cell_id``; ``x``, ``y`` (centre), ``density_per_km2`` where above zero.
    bandwidth_m : float or None
        Radius of the quartic kernel.
    points : pandas.DataFrame or None
        ``x``, ``y``, ``category``, ``day`` and, where cases were looked into by building,
        ``building_type``: only in a restricted export.
    monthly : pandas.Series or None
        Events of the whole study area, index: first day of the month; missing where withheld or
        not covered by the data.
    no_monthly : {"", "unknown", "short"}
        Why there is no ``monthly``: only the year is known, or the period is under a quarter.
    hours : Hours or None
        When in the week, for the whole study area in the period.
    hours_top : Hours or None
        The same for the areas with a rank up to ``lens.priorities.top`` together.
    no_hours : {"", "unknown", "few"}
        Why there are no ``hours``: times are not known, or there are too few events.
    total : Total
    clustering : Clustering
    overall : tuple of str
        What the whole shows, in sentences: whether high rates lie together, how many areas
        differ from the average by more than chance, on how few cells the events are.
    funnel : FunnelLimits or None
        None without rates, or where the overall rate is withheld.
    notes : tuple of str
        Sentences a user must read with this result (why there is no rate, a poor denominator).
    methods : tuple of Method
        How it was made, a step each.
    limits : tuple of str
        What it does not show.
    choices : dict of str to str
        What the software chose by itself (bandwidth, seed), in words.
    sources : tuple of str
        Origin of the data, in words.
    ledger : tuple of LedgerSummary
    provisional_from : datetime.date or None
        First day of the first period whose counts are not final yet.
    carried_from : int or None
        Year of the areas from which counts were carried over, where it is known.
    context : tuple of ContextTable
    deliveries : tuple of Delivery
        What the store was loaded with, the latest last; empty when a file was read.
    course : Course or None
        Counts per area over time; None where dates are not known or nothing could be told.
    week : Breakdown or None
        Counts per area in the period, per part of the week; columns ``(weekday, hour)``: weekday
        1 (Monday) to 7, and the first hour of the part.
    composition : Breakdown or None
        Counts per area in the period, per category; None where there is but one.
    interpretation : Interpretation or None
    point_clusters : geopandas.GeoDataFrame or None
        EPSG:28992, index ``cluster`` from 1, the largest first: ``n_events``, ``geometry``; in
        whole cells where points may not be seen. None when none were looked for.
    surroundings : Surroundings or None
    streets : pandas.DataFrame or None
        Streets with most events in the period, the most first within an area: ``name`` (missing
        for the rest of an area), ``area_code``, ``area_name``, ``count``, ``is_rest`` (whether it
        is what is left of its area), ``status`` (one of STATUSES). None where no streets are
        known or the audience sees areas only.
    phenomenon : Phenomenon or None
        The cases by what they were found in, where the lens asks for it.
    signals : SignalsTold or None
        Risk indicators per area, where the lens asks for them and the audience sees them.
    """

    lens: Lens
    noun: str
    made_on: dt.date
    data_until: dt.date | None
    areas: gpd.GeoDataFrame
    levels: dict[str, pd.DataFrame]
    cells: pd.DataFrame | None
    n_cells_withheld: int
    density: pd.DataFrame | None
    bandwidth_m: float | None
    points: pd.DataFrame | None
    monthly: pd.Series | None
    no_monthly: str
    hours: Hours | None
    hours_top: Hours | None
    no_hours: str
    total: Total
    clustering: Clustering
    overall: tuple[str, ...]
    funnel: FunnelLimits | None
    notes: tuple[str, ...]
    methods: tuple[Method, ...]
    limits: tuple[str, ...]
    choices: dict[str, str]
    sources: tuple[str, ...]
    ledger: tuple[LedgerSummary, ...]
    provisional_from: dt.date | None = None
    carried_from: int | None = None
    context: tuple[ContextTable, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    course: Course | None = None
    week: Breakdown | None = None
    composition: Breakdown | None = None
    interpretation: Interpretation | None = None
    surroundings: Surroundings | None = None
    streets: pd.DataFrame | None = None
    point_clusters: gpd.GeoDataFrame | None = None
    phenomenon: Phenomenon | None = None
    signals: SignalsTold | None = None
