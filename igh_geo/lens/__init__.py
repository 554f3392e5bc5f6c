"""A lens: one theme looked at in one way, as one TOML file; ``docs/lens.md`` has every key."""

from igh_geo.lens.analysis import SMALLEST_CELL_M, Clusters, Grid, Priorities, Rate
from igh_geo.lens.areas import Areas, Context, District, KeyFigures
from igh_geo.lens.audience import AUDIENCES, HOUSE_RULES, Rules, default_rules, read_rules
from igh_geo.lens.buildings import Buildings, Phenomenon
from igh_geo.lens.events import Counts, Incidents
from igh_geo.lens.model import Lens
from igh_geo.lens.part import Denominator, FilePath, KindName, Part, Setting, Year
from igh_geo.lens.period import Period
from igh_geo.lens.reading import read_lens

__all__ = [
    "AUDIENCES",
    "HOUSE_RULES",
    "SMALLEST_CELL_M",
    "Areas",
    "Buildings",
    "Clusters",
    "Context",
    "Counts",
    "Denominator",
    "District",
    "FilePath",
    "Grid",
    "Incidents",
    "KeyFigures",
    "KindName",
    "Lens",
    "Part",
    "Period",
    "Phenomenon",
    "Priorities",
    "Rate",
    "Rules",
    "Setting",
    "Year",
    "default_rules",
    "read_lens",
    "read_rules",
]
