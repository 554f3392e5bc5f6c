"""A first lens for an export: what was found in it, and what is still to be decided."""

from __future__ import annotations

import datetime as dt
import json
import os
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from igh_geo.errors import DataError, IghGeoError
from igh_geo.lens import Setting
from igh_geo.places.assign import assign_areas
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.sources.columns import recognise_incident_columns
from igh_geo.sources.events.incidents import read_incidents, require_placed
from igh_geo.sources.formats.files import list_layers, read_table
from igh_geo.sources.values.dates import known_to_the_year
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
LEVELS = ("buurt", "wijk", "gemeente")
BOUNDARY_FILES = (".gpkg", ".geojson", ".json", ".shp", ".parquet")
NEEDED = ("occurred_from", "category", "kind", "x", "y")
MOST_CATEGORIES = 30
# Data that begin or end within two weeks of a year cover it: few events leave empty days.
SLACK = dt.timedelta(days=14)
# A year with less than this share of the busiest year holds typing errors, not a year of data.
STRAY_YEAR = 0.05
# Municipalities with less of the rows than this are the surroundings of the study area.
SMALL_SHARE = 0.05


@dataclass(frozen=True)
class Export:
    """What was found in the export.

    Attributes
    ----------
    name : str
        Name of the file without its suffix.
    file : str
        Path as the lens gives it.
    headings : tuple of str
        Its columns.
    incidents : pandas.DataFrame
        The table ``incidents``; empty when nothing could be read.
    columns : mapping of str to str
        Column of the file per field of that table.
    fault : str
        Why nothing could be read.
    """

    name: str
    file: str
    headings: tuple[str, ...]
    incidents: pd.DataFrame = field(default_factory=pd.DataFrame)
    columns: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def category(self) -> str:
        """The category with most rows; the name of the file when there is none."""
        if self.incidents.empty:
            return self.name
        return str(self.incidents["category"].value_counts().index[0])


@dataclass(frozen=True)
class Boundaries:
    """The boundary file of the lens, as far as it could be read.

    Attributes
    ----------
    file : str
        Path as the lens gives it; empty when there is none.
    others : tuple of str
        Other files that could have been meant.
    level : str
        The finest level it has.
    parent_layer : str
        Layer that gives the names of the wijken; empty when there is none.
    areas : geopandas.GeoDataFrame or None
        The table ``areas``; None when there is no file or it cannot be read.
    fault : str
        Why it cannot be read.
    """

    file: str = ""
    others: tuple[str, ...] = ()
    level: str = "buurt"
    parent_layer: str = ""
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
        Boundary file; by default the first in ``data/boundaries``.
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
        When the file is missing, empty or of an unknown form, or `areas` cannot be read.
    """
    texts = Texts(language)
    # Without its colon: that is how a run finds what is still to be decided.
    decide = texts("new_lens.decide").rstrip(":")
    export = _read_export(path, data)
    boundaries = _read_boundaries(areas, data)
    sections = [
        _comment(texts("new_lens.intro", file=path.name, decide=decide)),
        _heading_lines(export, language, texts),
        _area_lines(boundaries, export, texts),
        _incident_lines(export, texts),
        _period_lines(export, texts),
        _rate_lines(export, boundaries, texts),
        _comment(texts("new_lens.more")),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _read_export(path: Path, data: Path) -> Export:
    headings = tuple(str(column) for column in read_table(path).frame.columns)
    export = Export(path.stem, _as_in_lens(path, data), headings)
    # A default goes before a column, so give one only for a field that has no column.
    kind, category = {"kind": "report"}, {"category": path.stem}
    for defaults in ({}, kind, category, kind | category):
        try:
            incidents, ledger = read_incidents(path, defaults=defaults)
            require_placed(ledger)
        except IghGeoError as error:
            # A lens to complete by hand helps more than a refusal: the fault is told in it.
            export = replace(export, fault=export.fault or str(error))
        else:
            return replace(export, incidents=incidents, columns=incidents.attrs["columns"])
    return export


def _read_boundaries(path: Path | None, data: Path) -> Boundaries:
    folder = data / "boundaries"
    found = [path] if path else sorted(p for p in folder.glob("*") if p.suffix in BOUNDARY_FILES)
    if not found:
        return Boundaries()
    file, *others = [_as_in_lens(candidate, data) for candidate in found]
    boundaries = Boundaries(file, tuple(others))
    for level in LEVELS:
        try:
            areas = read_areas(found[0], level=level).areas
        except IghGeoError as error:
            # The first refusal tells most: it is about the level a user expects.
            boundaries = replace(boundaries, fault=boundaries.fault or str(error))
        else:
            parent_layer = _wijk_layer(found[0]) if level == "buurt" else ""
            return replace(boundaries, level=level, parent_layer=parent_layer, areas=areas)
    if path is not None:
        # Asked for by name, a file that cannot be read is no detail to complete later.
        raise DataError(boundaries.fault)
    return boundaries


def _wijk_layer(path: Path) -> str:
    layers = list_layers(path) if path.suffix == ".gpkg" else []
    return next((layer for layer in layers if layer.lower().startswith("wijk")), "")


def _heading_lines(export: Export, language: str, texts: Texts) -> list[str]:
    category = export.category
    return [
        f"title = {_quoted(category)}",
        f"question = {_quoted(texts('new_lens.question', category=category.lower()))}",
        'audience = "briefing"',
        f'language = "{language}"',
        *_comment(texts("new_lens.sources")),
        f"sources = [{_quoted(export.name)}]",
    ]


def _area_lines(boundaries: Boundaries, export: Export, texts: Texts) -> list[str]:
    if not boundaries.file:
        return [
            "[areas]",
            *_decide("no_boundaries", texts),
            'file = "boundaries/buurten.gpkg"',
            'level = "buurt"',
        ]
    lines = ["[areas]", f"file = {_quoted(boundaries.file)}", f'level = "{boundaries.level}"']
    if boundaries.parent_layer:
        lines.append(f"parent_layer = {_quoted(boundaries.parent_layer)}")
    if boundaries.others:
        lines += _decide("other_boundaries", texts, files=", ".join(boundaries.others))
    if boundaries.areas is None:
        return lines + _decide("unread_boundaries", texts, fault=boundaries.fault)
    if export.incidents.empty:
        return lines
    placed = assign_areas(export.incidents["x"], export.incidents["y"], boundaries.areas)
    codes = placed["area_code"].dropna()
    lines += _comment(
        texts(
            "new_lens.placed",
            placed=texts.number(len(codes)),
            rows=texts.number(len(placed)),
            areas=texts.number(len(boundaries.areas)),
        )
    )
    everywhere = set(boundaries.areas.index.str[2:6])
    shares = codes.str[2:6].value_counts(normalize=True)
    here = sorted(shares.index[shares >= SMALL_SHARE])
    if here and len(everywhere) > len(here):
        lines += _comment(texts("new_lens.municipalities"))
        lines.append(f"municipalities = [{', '.join(_quoted(f'GM{code}') for code in here)}]")
    return lines


def _incident_lines(export: Export, texts: Texts) -> list[str]:
    lines = ["[incidents]", f"file = {_quoted(export.file)}"]
    if export.file.startswith("..") or Path(export.file).is_absolute():
        lines += _comment(texts("new_lens.outside_data"))
    if export.incidents.empty:
        lines += _decide("unread", texts, fault=export.fault)
        return [*lines, "", *_column_lines(export, texts)]
    incidents = export.incidents
    sheet = incidents.attrs["reading"].get("sheet")
    if sheet:
        lines.append(f"sheet = {_quoted(sheet)}")
    lines += _category_lines(incidents, export, texts)
    lines += _kind_lines(incidents, export, texts)
    setting, _ = _suggest(export.category)
    if setting:
        lines.append(f'setting = "{setting}"')
    else:
        lines += _decide("setting", texts)
    return [*lines, "", *_column_lines(export, texts)]


def _category_lines(incidents: pd.DataFrame, export: Export, texts: Texts) -> list[str]:
    if "category" not in export.columns:
        default = f"defaults.category = {_quoted(export.name)}"
        return [*_decide("no_category", texts), default]
    counts = incidents["category"].value_counts()
    lines = _comment(texts("new_lens.categories"))
    lines.append("categories = [")
    for category, count in counts.head(MOST_CATEGORIES).items():
        mark = "" if category == export.category else "# "
        rows = texts("new_lens.rows", count=texts.number(count))
        lines.append(f"    {mark}{_quoted(str(category))},  # {rows}")
    if len(counts) > MOST_CATEGORIES:
        more = texts.number(len(counts) - MOST_CATEGORIES)
        lines.append(f"    # {texts('new_lens.more_categories', count=more)}")
    return [*lines, "]"]


def _kind_lines(incidents: pd.DataFrame, export: Export, texts: Texts) -> list[str]:
    if "kind" not in export.columns:
        return [*_decide("no_kind", texts), 'defaults.kind = "report"', 'kinds = ["report"]']
    counts = incidents.loc[incidents["category"] == export.category, "kind"].value_counts()
    told = [f"{texts(f'kind_plural.{kind}')} ({texts.number(n)})" for kind, n in counts.items()]
    lines = _comment(texts("new_lens.kinds", kinds=", ".join(told))) if len(told) > 1 else []
    return [*lines, f'kinds = ["{counts.index[0]}"]  # {told[0]}']


def _column_lines(export: Export, texts: Texts) -> list[str]:
    times = {"occurred_from": "time_from", "occurred_to": "time_to"}
    columns = export.columns or recognise_incident_columns(export.headings)
    lines = [*_comment(texts("new_lens.columns")), "[incidents.columns]"]
    for name, column in columns.items():
        time = columns.get(times.get(name, ""))
        if name in times.values():
            continue
        value = f"[{_quoted(column)}, {_quoted(time)}]" if time else _quoted(column)
        lines.append(f"{name} = {value}")
    if export.incidents.empty:
        absent = [name for name in NEEDED if name not in columns]
        lines += _comment(texts("new_lens.absent")) if absent else []
        lines += [f'# {name} = ""' for name in absent]
    unused = [name for name in export.headings if name not in columns.values()]
    if unused:
        lines += _comment(texts("new_lens.unused", headings=", ".join(unused)))
    return lines


def _period_lines(export: Export, texts: Texts) -> list[str]:
    if export.incidents.empty:
        no_period = ["from = 2000-01-01", "to = 2000-12-31", 'previous = "none"']
        return ["[period]", *_decide("no_period", texts), *no_period]
    first, last, stray = _span(export.incidents)
    start, end, previous = _choose_period(first, last)
    lines = ["[period]"]
    lines += _comment(texts("new_lens.span", first=texts.date(first), last=texts.date(last)))
    if stray:
        lines += _decide("stray_years", texts, years=", ".join(map(str, stray)))
    if previous == "none":
        lines += _comment(texts("new_lens.no_previous"))
    return [*lines, f"from = {start}", f"to = {end}", f'previous = "{previous}"']


def _rate_lines(export: Export, boundaries: Boundaries, texts: Texts) -> list[str]:
    _, denominator = _suggest(export.category)
    lines = ["[rate]"]
    areas = boundaries.areas
    if denominator == "none":
        lines += _decide("denominator", texts)
    elif areas is not None and areas[denominator].isna().all():
        unit = texts(f"denominator.{denominator}")
        lines += _decide("unknown_denominator", texts, unit=unit)
        denominator = "none"
    else:
        lines += _comment(texts(f"new_lens.why.{denominator}"))
    return [*lines, f'denominator = "{denominator}"']


def _span(incidents: pd.DataFrame) -> tuple[dt.date, dt.date, list[int]]:
    """First and last day of the data, without years that hold a few typing errors only."""
    began = incidents["occurred_from"]
    per_year = began.dt.year.value_counts()
    stray = sorted(per_year.index[per_year < STRAY_YEAR * per_year.max()].tolist())
    kept = incidents[~began.dt.year.isin(stray)]
    by_year = known_to_the_year(kept)
    first, last = kept["occurred_from"].min().date(), kept["occurred_from"].max().date()
    return first, dt.date(last.year, 12, 31) if by_year else last, stray


def _choose_period(first: dt.date, last: dt.date) -> tuple[dt.date, dt.date, str]:
    """The last full calendar year; without one, the last twelve months or all there is."""

    def has(day: dt.date) -> bool:
        return first - SLACK <= day <= last + SLACK

    year = last.year if has(dt.date(last.year, 12, 31)) else last.year - 1
    start, end = dt.date(year, 1, 1), dt.date(year, 12, 31)
    if not has(start):
        a_year_ago = last - dt.timedelta(days=364)
        start, end = max(first, a_year_ago), last
    before = start - dt.timedelta(days=365)
    return start, end, "year_before" if has(before) else "none"


def _suggest(category: str) -> tuple[Setting | None, str]:
    lowered = category.lower()
    for setting, denominator, words in RULES:
        if any(word in lowered for word in words):
            return setting, denominator
    return None, "none"


def _as_in_lens(path: Path, data: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), data.resolve())).as_posix()
    except ValueError:
        # On Windows there is no relative path to another drive.
        return path.resolve().as_posix()


def _quoted(text: str) -> str:
    """Text as a TOML string: what JSON escapes is valid there, and DEL has to be as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _decide(key: str, texts: Texts, **values: object) -> list[str]:
    return _comment(f"{texts('new_lens.decide')} {texts(f'new_lens.{key}', **values)}")


def _comment(text: str) -> list[str]:
    """Text as lines of comment; what comes from the data cannot end one and start a key."""
    lines = []
    for paragraph in text.splitlines():
        printable = "".join(char if char.isprintable() else " " for char in paragraph)
        lines += [f"# {line}" for line in textwrap.wrap(printable, 96)] or ["#"]
    return lines
