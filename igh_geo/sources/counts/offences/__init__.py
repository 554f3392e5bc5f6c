"""Offences as the police number them: what is part of what, and which form a group."""

from igh_geo.sources.counts.offences.codes import (
    TOTAL,
    is_part_of,
    offence_code,
    overlaps,
    top_parts,
)
from igh_geo.sources.counts.offences.groups import OffenceGroup, OffenceList, read_offence_list
from igh_geo.sources.counts.offences.selection import (
    EVERY,
    OffenceSelection,
    select_offences,
    sum_offences,
)

__all__ = [
    "EVERY",
    "TOTAL",
    "OffenceGroup",
    "OffenceList",
    "OffenceSelection",
    "is_part_of",
    "offence_code",
    "overlaps",
    "read_offence_list",
    "select_offences",
    "sum_offences",
    "top_parts",
]
