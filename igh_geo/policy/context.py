"""Which context figures may be told: those of areas that are large enough."""

from __future__ import annotations

import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.findings import ContextFindings, Findings
from igh_geo.policy.publication import ContextTable
from igh_geo.policy.secrecy import is_small


def told(findings: Findings, lens: Lens) -> tuple[ContextTable, ...]:
    """Let through the context figures that the audience of the lens may see.

    Parameters
    ----------
    findings : Findings
        Reads ``context`` and, of the areas of the map, what makes them small.
    lens : Lens
        Its ``rules``. The figures of an area with fewer than ``minimum_addresses`` addresses and
        inhabitants are withheld: an average over three households is about them. Figures of
        larger areas are told as they are, for whether they count people is not known.

    Returns
    -------
    tuple of ContextTable
        Zero stays zero, missing is missing, and water without a figure needs none. Empty where
        the audience sees none.
    """
    if "context" not in lens.rules.shows:
        return ()
    is_hidden = is_small(findings.base, lens) & lens.rules.withholds
    return tuple(_table(context, findings, is_hidden) for context in findings.context)


def _table(context: ContextFindings, findings: Findings, is_hidden: pd.Series) -> ContextTable:
    figures = context.figures.reindex(findings.base.areas.index)
    is_water = findings.base.areas["is_water"].astype(bool)
    statuses = pd.DataFrame("shown", index=figures.index, columns=figures.columns, dtype="str")
    for name in figures.columns:
        is_missing = figures[name].isna()
        statuses.loc[is_missing, name] = "missing"
        statuses.loc[is_missing & is_water, name] = "not_applicable"
        statuses.loc[~is_missing & is_hidden, name] = "withheld"
    shown = figures.where(statuses == "shown")
    return ContextTable(context.title, shown, statuses)
