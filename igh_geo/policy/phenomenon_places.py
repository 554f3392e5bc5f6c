"""Where cases by building type are: per area, or per group of areas where areas tell too little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from igh_geo.policy.breakdowns import LEAST_TOLD, MOST_AREAS
from igh_geo.policy.crossed import Hidden, Pinned, protected
from igh_geo.policy.factors import UNKNOWN, Crossing
from igh_geo.policy.findings import Findings
from igh_geo.policy.nested import Parts, Totals, chain, protected_groups
from igh_geo.policy.phenomenon_gate import AREA, TYPE, Gate, Stock, share_told
from igh_geo.policy.secrecy import group_of, is_small
from igh_geo.policy.suppression import BASE


@dataclass(frozen=True)
class Where:
    """Building types by place, and the types with what is withheld for the sake of these.

    Attributes
    ----------
    table : Crossing
        Places by type.
    types : pandas.DataFrame
        Margin of the types.
    level : str
        What the places are: the level of the areas, or a key of ``Findings.levels``.
    group_of : pandas.Series
        Per area the place that it belongs to; missing: to none.
    """

    table: Crossing
    types: pd.DataFrame
    level: str
    group_of: pd.Series


def by_place(
    gate: Gate,
    findings: Findings,
    hidden: Mapping[str, pd.DataFrame],
    *,
    level: str,
    tells_parts: bool,
) -> Where:
    """Say what is told of building types by place, at the finest level that tells something.

    Parameters
    ----------
    gate : Gate
    findings : Findings
        Reads ``geometry``, ``base`` and ``levels``.
    hidden : mapping of str to pandas.DataFrame
        Which counts are withheld, of the areas and of each level (`policy.secrecy.secrets`).
    level : str
        Of the areas.
    tells_parts : bool
        Whether the audience sees parts of counts.

    Returns
    -------
    Where
        Per area; where less than half of the cases can be told so, per group of areas of the first
        level (parents, then districts) with which at least half can, and per area no more: what a
        group has more than its areas would tell the others.
    """
    of_areas = _by_area(gate, findings, hidden[BASE]["current"], tells_parts=tells_parts)
    codes = findings.geometry.index
    itself = pd.Series(codes, index=codes)
    found = Where(*of_areas, level, itself)
    counts = gate.crossed(
        gate.buildings.cases[AREA], gate.buildings.cases[TYPE], found.table.statuses
    )
    is_enough = share_told(found.table, counts) >= LEAST_TOLD
    if is_enough or not tells_parts or not gate.withholds or len(codes) > MOST_AREAS:
        return found
    # Parents before districts.
    for name in sorted(findings.levels, key=lambda name: name == "district"):
        groups = _by_group(gate, findings, hidden, name=name)
        if groups is not None:
            return groups
    return found


def _by_area(
    gate: Gate, findings: Findings, secret: pd.Series, *, tells_parts: bool
) -> tuple[Crossing, pd.DataFrame]:
    """Areas by building type; and the types, with what is withheld for the sake of these."""
    types = gate.margin(TYPE)
    codes, names = findings.geometry.index, types.index
    counts, can_be, stock = _parts(gate, findings, names)
    is_missing = findings.base.counts["current"].isna()
    statuses = pd.DataFrame("shown", codes, names, dtype="str")
    if gate.withholds or not tells_parts:
        is_hidden = pd.DataFrame(True, codes, names)
        # Rounded totals of areas and types give no part away.
        is_exact = tells_parts or gate.lens.rules.rounding == 1
        if len(codes) <= MOST_AREAS and is_exact:
            rows = secret.reindex(codes).astype(bool)
            is_hidden, types = gate.hidden_cells(
                counts.where(can_be),
                gate.small(counts, stock.addresses),
                rows=(rows, rows),
                columns=types,
                every=not tells_parts,
            )
        statuses = statuses.mask(is_hidden | (not tells_parts), "withheld")
    statuses = statuses.mask(~can_be, "not_applicable")
    statuses[is_missing.to_numpy()] = "missing"
    return gate.crossing("area", counts, statuses, stock=stock), types


def _by_group(
    gate: Gate, findings: Findings, hidden: Mapping[str, pd.DataFrame], *, name: str
) -> Where | None:
    """The same for groups of areas; None where less than half of the cases can be told."""
    totals = _totals(findings, hidden, gate)
    group = group_of(findings, name)
    index = findings.levels[name].counts.index
    if totals is None or len(index) < 2:
        return None
    types = gate.margin(TYPE)
    counts, can_be, stock = _parts(gate, findings, types.index)
    is_missing = findings.base.counts["current"].isna()
    can_be[is_missing.to_numpy()] = False
    parts = Parts(
        counts=counts.where(can_be),
        is_small=gate.small(counts, stock.addresses),
        rows=group,
        n_free=types["free"],
    )

    def summed(frame: pd.DataFrame) -> pd.DataFrame:
        # Of an area without a count nobody knows the cases: its addresses are left out too.
        held = frame[~is_missing.to_numpy()].groupby(group[~is_missing]).sum()
        return held.reindex(index, fill_value=0.0)

    of_groups, standing = (
        summed(counts),
        Stock(*map(summed, (stock.addresses, stock.address_years))),
    )
    occurs = summed(can_be.astype(float)) > 0
    small = gate.small(of_groups, standing.addresses)
    rows = hidden[name]["current"].reindex(index).astype(bool)
    while True:
        columns = types["is_hidden"]
        lines = rows.to_numpy()[:, None] | columns.to_numpy()[None, :]
        start = Hidden((small | lines) & occurs, rows, columns)
        secret = Hidden(small, rows, types["is_small"])
        # Among the groups alone: either choice of what goes along is the better one at times.
        alone = protected(of_groups.where(occurs), start, secret=secret, minimum=gate.minimum)
        begins = (start, alone) if isinstance(alone, Hidden) else (start,)
        ways = [
            protected_groups(begin, secret, parts, totals=totals, minimum=gate.minimum)
            for begin in begins
        ]
        safe = [way for way in ways if isinstance(way, Hidden)]
        if safe:
            found = max(safe, key=lambda way: float(of_groups.where(~way.cells).sum().sum()))
            break
        narrow = [way for way in ways if isinstance(way, Pinned)]
        wider = gate.more_hidden(types, narrow[0].columns)
        if wider["is_hidden"].equals(columns):
            return None
        types = wider
    statuses = pd.DataFrame("shown", index, types.index, dtype="str").mask(found.cells, "withheld")
    statuses = statuses.mask(~occurs, "not_applicable")
    statuses[findings.levels[name].counts["current"].isna().to_numpy()] = "missing"
    table = gate.crossing("area", of_groups, statuses, stock=standing)
    # Of all cases, those outside any group too.
    if share_told(table, of_groups, of=float(counts.to_numpy().sum())) < LEAST_TOLD:
        return None
    return Where(table, types, name, group)


def _parts(
    gate: Gate, findings: Findings, names: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame, Stock]:
    """Cases of areas by type, where there can be any, and the addresses."""
    cases, codes = gate.buildings.cases, findings.geometry.index
    stock = gate.stock(AREA, TYPE, labels=(codes, names))
    counts = gate.crossed(cases[AREA], cases[TYPE], stock.addresses)
    can_be = (stock.addresses > 0) | (counts > 0)
    # Anywhere an address may not have been found.
    can_be.loc[:, names == UNKNOWN] |= bool(gate.unplaced(TYPE).any())
    return counts, can_be, stock


def _totals(
    findings: Findings, hidden: Mapping[str, pd.DataFrame], gate: Gate
) -> tuple[Totals, ...] | None:
    """Totals of the areas and of all groups; None where districts cut through parents."""
    codes = findings.geometry.index

    def of(name: str) -> Totals:
        level = findings.base if name == BASE else findings.levels[name]
        index = level.counts.index
        return Totals(
            number=level.counts["current"],
            is_hidden=hidden[name]["current"].reindex(index).astype(bool),
            is_small=is_small(level, gate.lens).reindex(index).astype(bool),
            group_of=pd.Series(codes, codes) if name == BASE else group_of(findings, name),
        )

    levels = chain([of(name) for name in findings.levels])
    return None if levels is None else (of(BASE), *levels)
