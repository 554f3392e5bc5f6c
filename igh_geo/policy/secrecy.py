"""Which counts of the findings are secret, at every level and in both periods."""

from __future__ import annotations

import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.findings import Findings, Level
from igh_geo.policy.levels import WHOLE
from igh_geo.policy.suppression import BASE, withheld, withheld_at_levels


def secrets(findings: Findings, lens: Lens) -> dict[str, pd.DataFrame]:
    """Say per level which counts are withheld: booleans ``current`` and ``previous``."""
    named = {BASE: findings.base, **findings.levels, WHOLE: findings.whole}
    if not lens.rules.withholds:
        return {
            name: pd.DataFrame(False, index=level.counts.index, columns=level.counts.columns)
            for name, level in named.items()
        }
    groups = {name: group_of(findings, name) for name in findings.levels}
    small = {name: is_small(level, lens) for name, level in named.items()}
    minimum = lens.rules.minimum_count
    hidden = {name: pd.DataFrame(index=level.counts.index) for name, level in named.items()}
    found: dict[str, pd.Series] = {}
    for period in ("current", "previous"):
        counts = findings.base.counts[period]
        found = withheld_at_levels(counts, groups, minimum=minimum, small=small, prefer=found)
        for name, is_hidden in found.items():
            hidden[name][period] = is_hidden
        total = findings.whole.counts[period]
        hidden[WHOLE][period] = withheld(total, [], minimum=minimum, small=small[WHOLE])
    return hidden


def group_of(findings: Findings, level: str) -> pd.Series:
    """Group of every area at a level."""
    if level == WHOLE:
        return pd.Series(findings.whole.counts.index[0], index=findings.geometry.index)
    group: pd.Series = findings.geometry["district" if level == "district" else "parent_code"]
    return group


def is_small(level: Level, lens: Lens) -> pd.Series:
    """Too few addresses and inhabitants to tell anything; water has none and is no secret."""
    small = level.areas["size"] < lens.rules.minimum_addresses
    return small.fillna(value=False).astype(bool) & ~level.areas["is_water"]
