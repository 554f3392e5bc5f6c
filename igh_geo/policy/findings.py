"""What the analysis found, before anybody decided who may see it. Never leaves the house."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from igh_geo.ledger import LedgerSummary
from igh_geo.policy.factors import BuildingCases
from igh_geo.policy.surroundings import Streets, Surroundings
from igh_geo.stats.points.concentration import Concentration
from igh_geo.stats.rates.funnel import Funnel


@dataclass(frozen=True)
class Level:
    """One level of areas: buurten, wijken, the user's districts, or the whole.

    Attributes
    ----------
    areas : pandas.DataFrame
        Index: code (the name, for a district). ``name``, ``is_water``, ``denominator`` (missing
        where none applies), ``lacks_denominator`` (whether nobody knows it), ``size`` (the
        largest of the known numbers of inhabitants, dwellings and addresses).
    counts : pandas.DataFrame
        Same index; ``current`` and ``previous`` (missing where not known).
    rates : pandas.DataFrame
        Same index; the table ``rates`` with ``smoothed_low`` and ``smoothed_high``.
    changes : pandas.DataFrame or None
        Same index; from ``stats.trend.compare_counts``. None without a previous period.
    funnel : Funnel or None
        The rates against the limits that chance sets to them; None without any rate.
    ranks : pandas.DataFrame or None
        Same index; ``rank``, ``rank_low``, ``rank_high``, ``p_top``, missing where not ranked.
        None where the level has no order, or not yet (``levels.ranked``).
    """

    areas: pd.DataFrame
    counts: pd.DataFrame
    rates: pd.DataFrame
    changes: pd.DataFrame | None
    funnel: Funnel | None = None
    ranks: pd.DataFrame | None = None


@dataclass(frozen=True)
class AreaClusters:
    """Local and global statistics of the areas.

    Attributes
    ----------
    variable : str
        What was tested: ``eb_rate`` (per denominator), ``eb_density`` (per km²), or the counts
        against ``equal_risk`` or ``gamma_poisson`` (varying risk).
    gi, lisa : pandas.DataFrame or None
        The table ``clusters``; None when there are too few areas.
    windows : dict of str to tuple of str
        Per area the codes that its local statistic was computed from, itself included.
    islands : tuple of str
        Areas without neighbours.
    moran, moran_p : float or None
        Global Moran's I of the standardised rates, and its two-sided p.
    moran_permutations : int
        Draws behind that p.
    neighbours : dict
        How neighbours were found; see ``places.links.Neighbours.summary``.
    permutations_needed : int or None
        Permutations with which a single area could survive the correction for multiple testing;
        None where it can already.
    n_undetermined : int
        Areas without a class because the reference was too small to tell.
    remedy : str
        What would settle those: ``none_needed``, ``more_permutations`` or ``will_not_help``.
    """

    variable: str
    gi: pd.DataFrame | None = None
    lisa: pd.DataFrame | None = None
    windows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    neighbours: dict[str, Any] = field(default_factory=dict)
    islands: tuple[str, ...] = ()
    moran: float | None = None
    moran_p: float | None = None
    moran_permutations: int = 0
    permutations_needed: int | None = None
    n_undetermined: int = 0
    remedy: str = "none_needed"


@dataclass(frozen=True)
class GridFindings:
    """Cells of the grid.

    Attributes
    ----------
    cells : pandas.DataFrame
        Index ``cell_id``: ``x``, ``y`` (centre), ``area_code``, ``count``, ``addresses``
        (missing when unknown), ``gi_class``, ``density_per_km2``, ``n_within_bandwidth``
        (events) and ``addresses_within_bandwidth`` (missing when unknown).
    cell_m : int
        Side of a cell.
    bandwidth_m : float
        Radius of the quartic kernel.
    n_outside : int
        Events in a cell whose centre does not lie on land; they are not in the grid.
    side_chosen : bool
        Whether the side followed from the number of events.
    concentration : Concentration or None
        On how few of the cells the events are.
    """

    cells: pd.DataFrame
    cell_m: int
    bandwidth_m: float
    bandwidth_chosen: bool
    n_outside: int
    side_chosen: bool = False
    concentration: Concentration | None = None


@dataclass(frozen=True)
class PointFindings:
    """Places where incidents lie close together.

    Attributes
    ----------
    clusters : geopandas.GeoDataFrame
        EPSG:28992, index ``cluster`` (from 1, the largest first): ``n_events``, and as
        ``geometry`` the hull of their places.
    area_codes : pandas.Series
        Index ``cluster``: the codes of the areas that its events lie in, a tuple each.
    within_m : float
        Distance within which incidents are each other's neighbours.
    min_events : int
        Incidents within that distance that make a place the core of a cluster.
    min_events_chosen : bool
        Whether that followed from the number of incidents and the land.
    """

    clusters: gpd.GeoDataFrame
    area_codes: pd.Series
    within_m: float
    min_events: int
    min_events_chosen: bool


@dataclass(frozen=True)
class Delivery:
    """A file that was loaded into the store.

    Attributes
    ----------
    file : str
    delivered : datetime.date
        Day to which the file speaks.
    sha256 : str
    ledger : LedgerSummary or None
        The account of its rows when it was loaded; None when it is not known.
    """

    file: str
    delivered: dt.date
    sha256: str = ""
    ledger: LedgerSummary | None = None


@dataclass(frozen=True)
class ContextFindings:
    """Figures of the user's own per area, never counted with.

    Attributes
    ----------
    title : str
        What the table is about ("Sociaal domein 2024").
    figures : pandas.DataFrame
        Index ``area_code`` of every area; a column per figure, by the name a reader sees, Float64
        and missing where not known.
    """

    title: str
    figures: pd.DataFrame


@dataclass(frozen=True)
class Findings:
    """Everything that was found.

    Attributes
    ----------
    geometry : geopandas.GeoDataFrame
        The areas: ``name``, ``level``, ``parent_code``, ``parent_name``, ``district``,
        ``is_water``, ``area_km2``, ``geometry`` (EPSG:28992). Where counts were carried over from
        areas of another year also ``is_carried_over``, and ``is_estimated`` for those that got
        part of an old area instead of whole ones (all of them when there is no such column).
    base : Level
        The areas of the map.
    levels : dict of str to Level
        ``wijk`` (or whatever the parents are), ``district``, where they exist.
    whole : Level
        One row: the whole study area.
    clusters : AreaClusters
    grid : GridFindings or None
    incidents : pandas.DataFrame or None
        Placed incidents of the period and the previous one; ``period`` is current,
        previous, or between the two.
    previous : tuple of datetime.date or None
        Start and end of the previous period, where the data covers it.
    data_from, data_until : datetime.date or None
        First and last day of the source.
    times_known, months_known : bool
        Whether moments are known to the hour, and to the month.
    notes : tuple of tuple
        Key of a note in the texts and its values.
    choices : dict of str to dict
        What the software chose: key in the texts, and values.
    areas_noticed : tuple of tuple
        What the reader of the areas repaired or noticed: key in the texts, and values.
    ledger : tuple of LedgerSummary
    monthly_counts : pandas.Series or None
        Events of the whole per month (index: first day), when they are not from ``incidents``.
    area_counts : pandas.DataFrame or None
        Counts per area (rows) and month, quarter or year (columns: the first day), when they are
        not from ``incidents``.
    provisional_from : datetime.date or None
        First day of the first period whose counts are not final yet.
    carried_from : int or None
        Year of the areas from which counts were carried over, where it is known.
    context : tuple of ContextFindings
    deliveries : tuple of Delivery
        What the store was loaded with; empty when a file was read.
    surroundings : Surroundings or None
    streets : Streets or None
        None where neither streets nor addresses with their street are given.
    buildings : BuildingCases or None
        The cases by what they were found in, where the lens asks for it.
    """

    geometry: gpd.GeoDataFrame
    base: Level
    levels: dict[str, Level]
    whole: Level
    clusters: AreaClusters
    grid: GridFindings | None
    incidents: pd.DataFrame | None
    previous: tuple[dt.date, dt.date] | None
    data_from: dt.date | None
    data_until: dt.date | None
    times_known: bool
    months_known: bool
    notes: tuple[tuple[str, dict[str, object]], ...]
    choices: dict[str, dict[str, object]]
    areas_noticed: tuple[tuple[str, dict[str, object]], ...]
    ledger: tuple[LedgerSummary, ...]
    monthly_counts: pd.Series | None = None
    area_counts: pd.DataFrame | None = None
    provisional_from: dt.date | None = None
    carried_from: int | None = None
    context: tuple[ContextFindings, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    surroundings: Surroundings | None = None
    streets: Streets | None = None
    points: PointFindings | None = None
    buildings: BuildingCases | None = None
