"""When cases were found and by whom: what may be told of it by building type."""

from __future__ import annotations

import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy import months
from igh_geo.policy.crossed import Hidden, Pinned, protected
from igh_geo.policy.factors import OTHER, UNKNOWN, Crossing, Season, Trend
from igh_geo.policy.findings import Findings
from igh_geo.policy.phenomenon_gate import TYPE, Gate, Stock, if_most
from igh_geo.stats.course import LEAST_YEARS, yearly_trend
from igh_geo.stats.season import season_test

# So many who found a case are named, those with most cases; the others are taken together.
MOST_FINDERS = 8
# Of fewer cases one more or less in a year is a trend.
LEAST_TREND = 20


def calendar(gate: Gate, findings: Findings) -> tuple[pd.Series | None, pd.Series]:
    """Cases per calendar month, and of which years the total may not be told.

    The course over the months is told as well, and both are sums of it: a month that it withholds
    must not be what they leave over.

    Parameters
    ----------
    gate : Gate
    findings : Findings
        For the course over the months.

    Returns
    -------
    pandas.Series or None
        Index 1 to 12, in the steps of the audience, missing where withheld. None where months
        are not known or cannot be told.
    pandas.Series
        Boolean per calendar year of the period; UNKNOWN where of some cases it is not known.
    """
    cases = gate.buildings.cases
    seen = {*cases["year"].dropna().astype(int), *gate.buildings.years.columns.astype(int)}
    known = pd.Index(sorted(seen), dtype="int64", name="year")
    every = pd.DataFrame(index=pd.RangeIndex(1, 13, name="month"), columns=known)
    is_without = cases["year"].isna() | cases["month"].isna()
    per_year = cases["year"].value_counts().reindex(known, fill_value=0).astype(float)
    if cases["year"].isna().any():
        per_year = pd.concat([per_year, pd.Series({UNKNOWN: float(cases["year"].isna().sum())})])
    if is_without.any() or not len(known):
        return None, gate.hidden_of(per_year)
    counts = gate.crossed(cases["month"], cases["year"], every)
    by_month = counts.sum(axis=1)
    nothing = pd.Series(False, index=by_month.index)
    if not gate.withholds:
        return gate.told_whole(by_month, nothing), pd.Series(False, index=known)
    monthly, _ = months.course(findings, gate.lens)
    if monthly is None:
        return None, gate.hidden_of(per_year)
    is_secret = counts > 0
    # A month that began before the period holds other cases too.
    for month in monthly.dropna().index[monthly.dropna().index >= str(gate.lens.period.start)]:
        is_secret.loc[month.month, month.year] = False
    small = [gate.small(sums.to_frame()).iloc[:, 0] for sums in (by_month, counts.sum())]
    start = Hidden(is_secret, *small)
    found = protected(counts, start, secret=start, minimum=gate.minimum, gives_way="totals")
    if isinstance(found, Pinned):
        return None, pd.Series(True, index=known)
    return gate.told_whole(by_month, found.rows), found.columns


def season(by_month: pd.Series, lens: Lens) -> Season | None:
    """Cases per calendar month, and whether months differ by more than chance.

    Parameters
    ----------
    by_month : pandas.Series
        From `calendar`.
    lens : Lens
        Its period and ``rules``.

    Returns
    -------
    Season or None
        None where a month is withheld: a row of stars tells nothing. Without p where months are
        rounded.
    """
    if by_month.isna().any():
        return None
    if lens.rules.rounding > 1:
        return Season(by_month, None)
    month_of_day = pd.date_range(lens.period.start, lens.period.end, freq="D").month
    days = pd.Series(month_of_day).value_counts().reindex(by_month.index, fill_value=0)
    return Season(by_month, season_test(by_month.astype("Int64"), days.astype(float)).p)


def by_year(gate: Gate, types: pd.DataFrame, hidden: pd.Series) -> Crossing | None:
    """Cases of building types per calendar year.

    Parameters
    ----------
    gate : Gate
    types : pandas.DataFrame
        Margin of the types.
    hidden : pandas.Series
        Of which years the total may not be told, from `calendar`.
    """
    cases, years = gate.buildings.cases, gate.buildings.years
    like = pd.DataFrame(index=types.index, columns=hidden.index)
    year = cases["year"].astype(object).where(cases["year"].notna(), UNKNOWN)
    counts = gate.crossed(cases[TYPE], year, like)
    # The addresses of a year that nobody knows are not known either.
    known = [name for name in hidden.index if name != UNKNOWN]
    stock = years.reindex(index=types.index, columns=known, fill_value=0.0).astype(float)
    stock = stock.reindex(columns=hidden.index)
    can_be = (stock != 0) | (counts > 0)
    can_be.loc[types.index == UNKNOWN] |= bool(gate.unplaced(TYPE).any())
    statuses = gate.statuses(counts.where(can_be), types, hidden)
    if statuses is None:
        return None
    addresses = pd.DataFrame(dict.fromkeys(hidden.index, types["addresses"]), types.index)
    told = gate.crossing("year", counts, statuses, stock=Stock(addresses, stock))
    return if_most(told, counts)


def trend(crossing: Crossing, lens: Lens) -> Trend | None:
    """How the cases of each type went over the years.

    Parameters
    ----------
    crossing : Crossing
        From `by_year`.
    lens : Lens
        ``clusters.correction``.

    Returns
    -------
    Trend or None
        Of the types with LEAST_TREND cases of which every year is told, for it is small years that
        are withheld, and without these a trend is another. None where that is none of them, or
        with fewer than LEAST_YEARS years.
    """
    years = [name for name in crossing.cases.columns if name != UNKNOWN]
    if len(years) < LEAST_YEARS or crossing.address_years is None:
        return None
    cases, exposure = crossing.cases[years], crossing.address_years[years]
    cases = cases.mask(crossing.statuses[years] == "not_applicable", 0.0)
    told = cases.notna().all(axis=1) & (cases.fillna(0.0).sum(axis=1) >= LEAST_TREND)
    if not told.any():
        return None
    found = yearly_trend(cases[told], exposure[told], correction=lens.clusters.correction)
    rows = found[["per_year", "low", "high", "p_adjusted", "change"]].reindex(cases.index)
    return Trend(rows)


def by_finder(gate: Gate, types: pd.DataFrame) -> tuple[pd.Series | None, Crossing | None]:
    """Cases by who found them, and building types by these.

    What a file says of the finder is free text: what few cases have is not named to an audience
    that may not see few.

    Parameters
    ----------
    gate : Gate
    types : pandas.DataFrame
        Margin of the types.

    Returns
    -------
    pandas.Series or None
        The most frequent first, then OTHER and UNKNOWN; missing where withheld.
    Crossing or None
    """
    said = gate.buildings.cases["detection"]
    often = said.dropna().astype(str).value_counts().sort_index()
    often = often.sort_values(ascending=False, kind="stable")
    named = list(often.index[often >= gate.minimum][:MOST_FINDERS])
    finder = said.astype(object).where(said.isna() | said.isin(named), OTHER)
    finder = finder.where(said.notna(), UNKNOWN)
    labels = [*named, *(name for name in (OTHER, UNKNOWN) if (finder == name).any())]
    if not labels:
        return None, None
    like = pd.DataFrame(index=types.index, columns=pd.Index(labels, dtype=object))
    counts = gate.crossed(gate.buildings.cases[TYPE], finder, like)
    hidden = gate.hidden_of(counts.sum())
    whole = gate.told_whole(counts.sum(), hidden)
    statuses = gate.statuses(counts, types, hidden)
    if statuses is None:
        return whole, None
    return whole, if_most(gate.crossing("detection", counts, statuses), counts)
