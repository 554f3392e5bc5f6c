"""A first lens for an export: what was found in it, and what is still to be decided."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from igh_geo.errors import DataError
from igh_geo.lens import Setting
from igh_geo.places.assign import assign_areas
from igh_geo.sources.cbs import read_areas
from igh_geo.sources.files import read_table
from igh_geo.sources.incidents import read_incidents
from igh_geo.texts import Texts

# What one word in a category says about where it happens and what it should be divided by;
# the first rule that applies counts, so that `inbraak auto` does not become a burglary of homes.
RULES: tuple[tuple[Setting | None, str, tuple[str, ...]], ...] = (
    ("traffic", "area_km2", ("verkeer", "ongeval", "ongeluk", "aanrijding", "traffic")),
    (None, "none", ("bedrijf", "winkel", "school", "auto", "voertuig", "fiets", "vehicle")),
    ("dwelling", "dwellings", ("woning", "inbraak", "hennep", "kwekerij", "burglary")),
    ("person", "population", ("geweld", "mishandeling", "bedreiging", "roof", "beroving", "robb")),
    ("public_space", "population", ("overlast", "vernieling", "jeugd", "vandalisme", "nuisance")),
)
UNDECIDED: tuple[None, str, str] = (None, "none", "")

BOUNDARY_FILES = (".gpkg", ".geojson", ".json", ".shp", ".parquet")
MOST_CATEGORIES = 30
# Data that begin or end within two weeks of a year cover it: few events leave empty days.
SLACK = dt.timedelta(days=14)
# A year with less than this share of the busiest year holds typing errors, not a year of data.
STRAY_YEAR = 0.05
# An interval this long means that only the year is known.
YEAR_LONG = pd.Timedelta(days=300)
# Municipalities with less of the rows than this are the surroundings of the study area.
SMALL_SHARE = 0.05


@dataclass(frozen=True)
class Boundaries:
    """The boundary file of the lens, as far as it could be read.

    Attributes
    ----------
    file : str
        Path as the lens gives it.
    others : tuple of str
        Other files that could have been meant.
    areas : geopandas.GeoDataFrame or None
        The table ``areas``; None when there is no file or it cannot be read.
    fault : str
        Why it cannot be read.
    """

    file: str
    others: tuple[str, ...] = ()
    areas: gpd.GeoDataFrame | None = None
    fault: str = ""


def propose_lens(
    path: Path, *, areas: Path | None = None, data: Path = Path("data"), language: str = "nl"
) -> str:
    """Write a commented lens for a file of incidents.

    Parameters
    ----------
    path : pathlib.Path
        The export: anything ``read_incidents`` can read.
    areas : pathlib.Path, optional
        Boundary file; by default the one in ``data/boundaries``.
    data : pathlib.Path
        The data folder, to which the paths in a lens are relative.
    language : {"nl", "en"}
        Language of the comments.

    Returns
    -------
    str
        TOML that ``read_lens`` accepts. What could not be decided is marked in a comment.

    Raises
    ------
    DataError
        When the file is missing, empty or of an unknown form.
    """
    texts = Texts(language)
    raw = read_table(path)
    fallback = {"kind": "report", "category": path.stem}
    fault = ""
    incidents = pd.DataFrame()
    try:
        incidents, _ = read_incidents(path, defaults=fallback)
    except DataError as error:
        fault = str(error)
    boundaries = _find_boundaries(areas, data)
    head = [*_comment(texts("new_lens.intro", file=path.name)), ""]
    if incidents.empty:
        found = ", ".join(map(str, raw.frame.columns))
        body = _unread(path, data, fault or texts("new_lens.no_rows"), found, texts)
        return "\n".join([*head, *_top(path.stem, language, texts), "", *_areas(boundaries, texts)])\
            + "\n" + "\n".join(body) + "\n"
    columns: Mapping[str, str] = incidents.attrs["columns"]
    category = str(incidents["category"].value_counts().index[0])
    placed = _place(incidents, boundaries)
    sections = [
        _top(category, language, texts),
        _areas(boundaries, texts, placed),
        _incidents(incidents, columns, category, (path, data), texts),
        _period(incidents, texts),
        _rate(category, boundaries, texts),
        _comment(texts("new_lens.more")),
    ]
    return "\n".join(head) + "\n" + "\n\n".join("\n".join(lines) for lines in sections) + "\n"
