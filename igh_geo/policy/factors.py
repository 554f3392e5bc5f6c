"""Cases by what a building is: what goes into the analysis, and what may be told of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from igh_geo.ledger import LedgerSummary

# The first is what the analysis is about; the others are looked at beside it.
FACTORS = ("building_type", "ownership", "year_class", "floor_area_class")
UNKNOWN = "unknown"
# Those who found a case and are not named, taken together.
OTHER = "*"
# Events per so many addresses during a year.
PER_ADDRESS_YEARS = 10_000


@dataclass(frozen=True)
class BuildingCases:
    """The cases of a period and the addresses among which they are, by kind of building.

    Never leaves the house.

    Attributes
    ----------
    cases : pandas.DataFrame
        A row per placed case of the period, index ``incident_id``: ``area_code``; a column for
        each of `factors`; ``year`` and ``month`` (Int64, missing where not known); ``detection``
        (text as the file has it; missing where empty, or where the file does not say);
        ``is_matched`` (whether its address was found).
    stock : pandas.DataFrame
        A row per combination that occurs: ``area_code``, a column for each of `factors`,
        ``addresses`` (float) and ``address_years`` (float: years that the addresses existed
        within the period).
    years : pandas.DataFrame
        Index: building type; a column for each calendar year of the period (int):
        ``address_years`` in that year.
    factors : tuple of str
        Those of FACTORS that are known, ``building_type`` the first.
    classes : dict of str to tuple of str
        Per factor its classes in order, UNKNOWN the last.
    origins : dict of str to int
        Addresses by where their type comes from: ``own`` (a column of the user), ``derived``
        (from the BAG), ``unknown``.
    matches : dict of str to int
        Cases of the period by how their address was found (``match.*`` in the texts).
    ledgers : tuple of LedgerSummary
        Account of the addresses and of the buildings.
    matching : LedgerSummary
        Account of the cases: found, or not and why.
    has_detection : bool
        Whether the file says who found a case.
    """

    cases: pd.DataFrame
    stock: pd.DataFrame
    years: pd.DataFrame
    factors: tuple[str, ...]
    classes: dict[str, tuple[str, ...]]
    origins: dict[str, int]
    matches: dict[str, int]
    ledgers: tuple[LedgerSummary, ...]
    matching: LedgerSummary
    has_detection: bool


@dataclass(frozen=True)
class FactorTable:
    """Cases, addresses and rates of the classes of one factor.

    Attributes
    ----------
    factor : str
        One of FACTORS.
    rows : pandas.DataFrame
        Index: the classes with addresses or cases, in their order. ``status`` (shown, withheld);
        ``addresses``, ``address_years``; and, missing unless shown: ``cases``; ``rate``,
        ``rate_low``, ``rate_high`` (per PER_ADDRESS_YEARS, exact 95 %); ``expected`` (at the
        overall rate), ``observed_ratio``, ``observed_low``, ``observed_high`` (observed against
        expected); ``ratio``, ``ratio_low``, ``ratio_high``, ``p_adjusted``, ``verdict``
        (relative risk against the reference, exact); ``within``, ``within_low``, ``within_high``,
        ``within_verdict`` (the same among addresses of one area, from the regression);
        ``full``, ``full_low``, ``full_high`` (with all other factors as well; missing where no
        other is known); ``remains`` (the part of what is above one that is left within areas;
        missing unless the ratio is clear). Verdicts: reference, higher, lower, unclear; missing
        where not compared.
    reference : str
        The class that others are compared with; empty where none may be told, and nothing is
        compared.
    """

    factor: str
    rows: pd.DataFrame
    reference: str


@dataclass(frozen=True)
class Crossing:
    """Counts of two things together, the classes of a factor against something else.

    Attributes
    ----------
    name : str
        What the columns are: one of FACTORS, ``year``, ``detection``, or ``area`` (whose rows
        are areas, or groups of these, and columns building types).
    cases : pandas.DataFrame
        Float64, missing unless its status is ``shown``.
    statuses : pandas.DataFrame
        Same labels: shown, withheld, missing, not_applicable (no addresses and no cases).
    address_years : pandas.DataFrame or None
        Same labels, float; None where addresses cannot be divided so (who found it).
    rates : pandas.DataFrame or None
        Same labels, Float64, per PER_ADDRESS_YEARS; missing unless shown, and where fewer than
        ten addresses would make a rate mean nothing.
    """

    name: str
    cases: pd.DataFrame
    statuses: pd.DataFrame
    address_years: pd.DataFrame | None = None
    rates: pd.DataFrame | None = None


@dataclass(frozen=True)
class ModelSummary:
    """The regression behind the ratios within areas.

    Attributes
    ----------
    name : {"poisson", "quasi_poisson", "negative_binomial"}
        Quasi: intervals widened because cases lie closer together than chance puts them.
    dispersion : float
        What the variance was multiplied by; 1 for a Poisson. In steps of a tenth where counts
        are withheld.
    dispersion_p : float or None
        Of the test for over-dispersion; None where it would tell withheld counts.
    n_areas : int
        Areas that tell something: with a case, and addresses of several classes.
    n_cases : int
        Cases in these.
    """

    name: str
    dispersion: float
    dispersion_p: float | None
    n_areas: int
    n_cases: int


@dataclass(frozen=True)
class Trend:
    """How the cases of a building type went over the years.

    Attributes
    ----------
    rows : pandas.DataFrame
        Index: building type; ``per_year`` (ratio of a year to the one before, from a log-linear
        fit to the told counts), ``low``, ``high`` (95 %), ``p_adjusted``, ``change`` (up, down,
        unclear; missing where too little is told).
    """

    rows: pd.DataFrame


@dataclass(frozen=True)
class Season:
    """Cases per calendar month, all years together.

    Attributes
    ----------
    counts : pandas.Series
        Index 1 to 12, Float64, all of them told.
    p : float or None
        Whether the months differ by more than chance, given their days; None where rounded.
    """

    counts: pd.Series
    p: float | None


@dataclass(frozen=True)
class Phenomenon:
    """All that may be told of cases by building.

    Attributes
    ----------
    tables : tuple of FactorTable
        ``building_type`` first.
    crossings : tuple of Crossing
        Building types (rows) by each of the other factors, by year and by who found it; where
        nothing of one could be told it is not here.
    by_area : Crossing
        Areas (rows, all of them) by building type; or the groups that these make, where areas
        tell too little.
    level : str
        What the rows of ``by_area`` are: the level of the areas, ``wijk``, ``gemeente`` or
        ``district``.
    group_of : pandas.Series
        Index ``area_code`` of every area: the row of ``by_area`` and of ``dominant`` that it
        belongs to, itself where rows are areas; missing where it belongs to none.
    dominant : pandas.Series
        Per row of ``by_area``: the building type with most cases where that may be told; ``tie``
        where several have, ``none`` without cases; missing where it is withheld or no data.
    areas : pandas.DataFrame
        Index ``area_code`` of every area: ``status``, ``cases``, ``expected`` (from its mix of
        building types), ``ratio``, ``ratio_low``, ``ratio_high``: the area after taking its
        buildings into account; ``verdict`` (higher, lower, unclear), corrected for looking at all
        areas; missing unless shown.
    model : ModelSummary or None
        None where there were too few cases to fit one.
    trend : Trend or None
    season : Season or None
        None where any month is withheld.
    detection : pandas.Series or None
        Cases by who found it, Float64, missing where withheld; None where not known.
    n_cases : int
    n_matched : int or None
        Cases of which the address was found; None where that may not be told.
    matches : pandas.Series
        Cases by how their address was found (int), small ones taken together under ``other``;
        empty where it may not be told.
    origins : dict of str to int
        Addresses by where their type comes from.
    ledgers : tuple of LedgerSummary
    matching : LedgerSummary or None
        None where it would tell a count that is withheld.
    has_detection : bool
        Whether the file says who found a case.
    headline : tuple of str
        What it shows, in sentences, the most important first.
    cautions : tuple of str
        What registered cases can and cannot tell.
    """

    tables: tuple[FactorTable, ...]
    crossings: tuple[Crossing, ...]
    by_area: Crossing
    level: str
    group_of: pd.Series
    dominant: pd.Series
    areas: pd.DataFrame
    model: ModelSummary | None
    trend: Trend | None
    season: Season | None
    detection: pd.Series | None
    n_cases: int
    n_matched: int | None
    matches: pd.Series
    origins: dict[str, int]
    ledgers: tuple[LedgerSummary, ...]
    matching: LedgerSummary | None
    has_detection: bool
    headline: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
