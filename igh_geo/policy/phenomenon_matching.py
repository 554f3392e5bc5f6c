"""How the addresses of cases were found, as it may be told beside the counts of building types."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from igh_geo.ledger import LedgerSummary
from igh_geo.lens.audience import Rules
from igh_geo.policy.ledgers import OTHERS

OTHER_MATCH, NO_MATCH = "other", "none"
# These are counts of a class: that of the unknown type, and those of types without addresses.
TYPE_UNKNOWN, NO_ADDRESSES = "type_unknown", "no_addresses_of_type"


def told_matches(matches: dict[str, int], rules: Rules, *, tells_unmatched: bool) -> pd.Series:
    """Cases by how their address was found; ways that few took are told together.

    Parameters
    ----------
    matches : dict of str to int
        Of `BuildingCases`.
    rules : Rules
        Reads ``withholds`` and ``minimum_count``.
    tells_unmatched : bool
        Whether it may be told of how many cases no address was found.

    Returns
    -------
    pandas.Series of int
        Small ones together under ``other``, with more until these are enough. Nothing where the
        number without an address may not be told: the others would tell it.
    """
    given = pd.Series(matches, dtype="int64")
    if not rules.withholds:
        return given
    if not tells_unmatched:
        return given.iloc[:0]
    ways = given.drop(index=NO_MATCH, errors="ignore")
    together = _too_few(ways, rules.minimum_count)
    if not together:
        return given
    kept = ways.drop(index=together)
    kept[OTHER_MATCH] = int(ways[together].sum())
    if NO_MATCH in given.index:
        kept[NO_MATCH] = int(given[NO_MATCH])
    return kept.astype("int64")


def told_account(
    matching: LedgerSummary,
    rules: Rules,
    *,
    tells_unmatched: bool,
    withholds_types: bool,
) -> LedgerSummary | None:
    """The account of the cases without what would tell a count that is withheld.

    Parameters
    ----------
    matching : LedgerSummary
        Of `BuildingCases`.
    rules : Rules
        Reads ``withholds`` and ``minimum_count``.
    tells_unmatched : bool
        Whether it may be told of how many cases no address was found.
    withholds_types : bool
        Whether the count of any building type is withheld.

    Returns
    -------
    LedgerSummary or None
        Reasons of few cases together as ``others``, no remarks on few, and no row pointed at.
        None where the whole account would tell a count.
    """
    if not rules.withholds:
        return matching
    aside, remarks = matching.set_aside, matching.remarks
    of_class = (aside["reason"] == NO_ADDRESSES).any()
    if not tells_unmatched or (withholds_types and of_class):
        return None
    count = aside.set_index("reason")["count"].astype(int)
    together = _too_few(count, rules.minimum_count)
    if together:
        n_others = int(count[together].sum())
        if n_others < rules.minimum_count:
            return None
        kept = aside[~aside["reason"].isin(together)].to_dict(orient="records")
        kept.append({"reason": OTHERS, "sort": "fault", "count": n_others})
        aside = pd.DataFrame(kept, columns=aside.columns)
    is_told = remarks["count"] >= rules.minimum_count
    if withholds_types:
        is_told &= remarks["remark"] != TYPE_UNKNOWN
    remarks = remarks[is_told].reset_index(drop=True)
    return replace(matching, set_aside=_nowhere(aside), remarks=_nowhere(remarks))


def _too_few(count: pd.Series, minimum: int) -> list[str]:
    """Labels of few, with the smallest others until all of these are no longer few."""
    order = count[count > 0].sort_values(kind="stable")
    together = list(order.index[order < minimum])
    if not together:
        return []
    for name in order.index[len(together) :]:
        if int(order[together].sum()) >= minimum:
            break
        together.append(name)
    return [str(name) for name in together]


def _nowhere(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(first_row=pd.Series([None] * len(table), table.index, dtype=object))
