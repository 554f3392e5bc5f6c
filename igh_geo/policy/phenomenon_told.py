"""Which counts of cases by building may be told: of every class, and of two things crossed.

The addresses by kind and area are public (the BAG), so a reader knows where no case can be. Nor
is it a secret of how many cases the address was not found, for the account of the rows tells it;
unless they are few, or counts are rounded: then they are protected with the others of an unknown
class. What is protected is how many cases were found in which kind of building, beside everything
that is told of the areas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.factors import UNKNOWN, Crossing
from igh_geo.policy.findings import Findings
from igh_geo.policy.phenomenon_course import by_finder, by_year, calendar
from igh_geo.policy.phenomenon_gate import TYPE, Gate, if_most
from igh_geo.policy.phenomenon_places import Where, by_place


@dataclass(frozen=True)
class ToldCases:
    """Counts by building as they are told.

    Attributes
    ----------
    n_cases : float
        All cases, as told.
    n_unmatched : int or None
        Those whose address was not found; None where that may not be told.
    margins : dict of str to pandas.DataFrame
        Per factor that is told, index: its classes with addresses or cases. ``addresses``,
        ``address_years``, ``status`` (shown, withheld), ``cases`` (missing unless shown),
        ``free`` (of these those that are known to have no address), ``is_placed`` (whether all
        cases are among the addresses of the class) and ``guess``: the cases, or what the others
        leave over shared out by address-years, as anybody could.
    where : Where
        Building types by place.
    crossings : tuple of Crossing
        Those that are told.
    months : pandas.Series or None
        Index 1 to 12, missing where withheld.
    detection : pandas.Series or None
    """

    n_cases: float
    n_unmatched: int | None
    margins: dict[str, pd.DataFrame]
    where: Where
    crossings: tuple[Crossing, ...]
    months: pd.Series | None
    detection: pd.Series | None


def told_cases(
    findings: Findings, told: Findings, hidden: Mapping[str, pd.DataFrame], *, lens: Lens
) -> ToldCases:
    """Say of all counts by building which are told.

    Parameters
    ----------
    findings : Findings
        With ``buildings``.
    told : Findings
        The same as told (`policy.told.as_told`).
    hidden : mapping of str to pandas.DataFrame
        Which counts are withheld: ``current``, of the areas and of each level of groups.
    lens : Lens
        Its ``rules``.

    Returns
    -------
    ToldCases
        Without composition in ``rules.shows`` the building types of the whole only.
    """
    assert findings.buildings is not None
    gate = Gate(findings.buildings, lens)
    tells_parts = "composition" in lens.rules.shows
    where = by_place(gate, findings, hidden, level=lens.areas.level, tells_parts=tells_parts)
    types = where.types
    margins, crossings = {TYPE: types}, []
    by_month, detection = None, None
    if tells_parts:
        for factor in findings.buildings.factors[1:]:
            margins[factor], crossing = _by_factor(gate, factor, types)
            crossings.append(crossing)
        if "course" in lens.rules.shows:
            by_month, hidden_years = calendar(gate, findings)
            crossings.append(by_year(gate, types, hidden_years))
        if findings.buildings.has_detection:
            detection, crossing = by_finder(gate, types)
            crossings.append(crossing)
    n_cases = float(told.whole.counts["current"].iloc[0])
    return ToldCases(
        n_cases=n_cases,
        n_unmatched=int(gate.unplaced().sum()) if gate.tells_unmatched else None,
        margins={name: _finished(gate, margin, n_cases) for name, margin in margins.items()},
        where=where,
        crossings=tuple(crossing for crossing in crossings if crossing is not None),
        months=by_month,
        detection=detection,
    )


def _finished(gate: Gate, margin: pd.DataFrame, n_cases: float) -> pd.DataFrame:
    """A margin as it is told, with what anybody would guess of the withheld classes."""
    is_hidden = margin["is_hidden"]
    cases = gate.told_whole(margin["count"] + margin["free"], is_hidden)
    free = margin["free"].where(is_hidden, 0.0)
    over = max(n_cases - float(cases.sum()) - float(free.sum()), 0.0)
    weight = margin["address_years"].where(is_hidden, 0.0)
    if not weight.sum() > 0:
        weight = is_hidden.astype(float)
    shared = free + over * weight / weight.sum() if is_hidden.any() else free
    table = margin[["addresses", "address_years"]].astype(float)
    table["status"] = is_hidden.map({True: "withheld", False: "shown"}).astype("str")
    table["cases"] = cases
    table["free"] = margin["free"]
    factor = str(margin.index.name)
    table["is_placed"] = (margin.index != UNKNOWN) | (not gate.unplaced(factor).any())
    return table.assign(guess=cases.astype(float).where(~is_hidden, shared))


def _by_factor(
    gate: Gate, factor: str, types: pd.DataFrame
) -> tuple[pd.DataFrame, Crossing | None]:
    """Classes of another factor, and building types by these."""
    cases, margin = gate.buildings.cases, gate.margin(factor)
    known_otherwise = gate.unplaced(TYPE) != gate.unplaced(factor)
    if gate.withholds and known_otherwise.any():
        # What is left of an unknown class without these is a count too, and they are not in one
        # cell of the table: beside the account of the rows it would tell what a cell holds.
        return margin, None
    stock = gate.stock(TYPE, factor, labels=(types.index, margin.index))
    counts = gate.crossed(cases[TYPE], cases[factor], stock.addresses)
    is_free = np.outer(counts.index == UNKNOWN, counts.columns == UNKNOWN)
    found = counts - gate.n_free(TYPE, factor) * is_free
    can_be = (stock.addresses > 0) | (found > 0)
    statuses = pd.DataFrame("shown", counts.index, counts.columns, dtype="str")
    if gate.withholds:
        hidden, margin = gate.hidden_cells(
            found.where(can_be),
            gate.small(found, stock.addresses),
            rows=(types["is_hidden"], types["is_small"]),
            columns=margin,
        )
        statuses = statuses.mask(hidden, "withheld")
    statuses = statuses.mask(~can_be & (counts == 0), "not_applicable")
    return margin, if_most(gate.crossing(factor, counts, statuses, stock=stock), counts)
