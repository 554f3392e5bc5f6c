"""The layers for QGIS: areas, wijken, hot cells and density in one GeoPackage."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from igh_geo.out import reading
from igh_geo.out.building_layer import building_columns_of
from igh_geo.out.qgis import drawn_themes, styles, with_classes, write_styles
from igh_geo.out.reading import level_of
from igh_geo.policy.publication import CARRIED, Publication
from igh_geo.rd import RD
from igh_geo.tables import PARENT_LEVEL
from igh_geo.texts import Texts, texts_for

# Keys that a reader of the layer sees in words, and where the words are.
IN_WORDS = {
    "status": "status",
    "rate_status": "status",
    "previous_status": "status",
    "gi_class": "gi_class",
    "lisa_class": "lisa_class",
    "change": "change",
    "reliability": "reliability",
    "building_type": "building.type",
}


def write_layers(publication: Publication, path: Path) -> None:
    """Write the layers as one GeoPackage in EPSG:28992.

    Layers: ``gebieden`` (areas with their numbers and statuses), ``wijken`` or the like (larger
    areas, where there are several), ``hotcellen`` (cells that stand out, as squares),
    ``dichtheid`` (kernel density per cell), ``puntclusters`` (where incidents lie close together)
    and ``punten`` (only in a restricted export). Keys
    such as a status keep their value; beside it stands a column ``<name>_label`` in words.
    Context figures are columns ``context_<name>`` of the areas, and ``context_status`` says which
    areas are withheld; a figure that is missing all the same is not known. What is told of the
    buildings that cases were found in are the columns of `building_columns_of`. For every theme of
    the map page a column ``class_<theme>`` holds the class in words (and where it has a hatching
    of its own, ``uncertain_<theme>`` tells where), and the file holds a style with the same classes
    and colours, and names for the columns, which QGIS finds by itself.

    Parameters
    ----------
    publication : Publication
        Reads ``areas``, ``levels``, ``cells``, ``density``, ``points``, ``context``,
        ``phenomenon``.
    path : Path
        The file to write; an existing one is replaced. The same publication gives the same
        bytes.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    texts = texts_for(publication.lens)
    path.unlink(missing_ok=True)
    coloured = drawn_themes(publication, texts)
    layers = {"gebieden": with_classes(_areas(publication, texts), "areas", coloured, texts=texts)}
    layers |= _larger(publication, texts)
    side_m = publication.lens.grid.side_m
    if publication.cells is not None:
        hot = _with_words(_squares(publication.cells, side_m), texts)
        layers["hotcellen"] = with_classes(hot, "hot", coloured, texts=texts)
    if publication.density is not None:
        cells = _squares(publication.density, side_m)
        layers["dichtheid"] = with_classes(cells, "density", coloured, texts=texts)
    if publication.point_clusters is not None:
        clusters = publication.point_clusters
        layers["puntclusters"] = with_classes(clusters, "clusters", coloured, texts=texts)
    if publication.points is not None:
        points = publication.points
        where = gpd.points_from_xy(points["x"], points["y"])
        told = points.drop(columns=["x", "y"]).reset_index(drop=True)
        layers["punten"] = _with_words(gpd.GeoDataFrame(told, geometry=where, crs=RD), texts)
    # Python says that a file cannot be written in an OSError; GDAL has an error of its own.
    path.touch()
    path.unlink()
    with _dated(publication):
        for name, layer in layers.items():
            kind = "Point" if name == "punten" else "MultiPolygon"
            pyogrio.write_dataframe(
                _plain(layer),
                path,
                layer=name,
                driver="GPKG",
                append=False,
                geometry_type=kind,
                promote_to_multi=kind == "MultiPolygon",
            )
    columns = {name: list(_plain(layer).columns.drop("geometry")) for name, layer in layers.items()}
    write_styles(path, styles(publication, texts, columns), made_on=publication.made_on)


def _areas(publication: Publication, texts: Texts) -> gpd.GeoDataFrame:
    """The areas with context figures; what is said of no area at all is left out."""
    made = _with_words(publication.areas, texts)
    carried = reading.carried(publication)
    made = made.drop(columns=["carried_over", "carried_over_label"], errors="ignore")
    if carried.notna().any():
        words = {kind: reading.carried_words(publication, texts, kind) for kind in CARRIED}
        made = made.assign(carried_over=carried, carried_over_label=carried.map(words))
    made = made.join(building_columns_of(publication, texts))
    if not publication.context:
        return made
    is_withheld = pd.Series(False, index=made.index)
    for table in publication.context:
        for name in table.figures.columns:
            column = _free(f"context_{_slug(str(name))}", list(made.columns))
            made[column] = table.figures[name].reindex(made.index)
        is_withheld |= (table.statuses == "withheld").any(axis=1).reindex(made.index)
    made["context_status"] = is_withheld.map({True: "withheld", False: "shown"}).astype("str")
    return made.assign(context_status_label=made["context_status"].map(texts.section("status")))


def _slug(name: str) -> str:
    """A name for a column, of small letters, figures and underscores."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_") or "cijfer"


def _free(name: str, taken: list[str]) -> str:
    endings = ("" if number == 1 else f"_{number}" for number in count(1))
    return next(f"{name}{end}" for end in endings if f"{name}{end}" not in taken)


def _larger(publication: Publication, texts: Texts) -> dict[str, gpd.GeoDataFrame]:
    """Wijken (or gemeenten) and districts, drawn by joining the areas they hold."""
    parent = PARENT_LEVEL.get(level_of(publication), "parent")
    names = {"wijk": "wijken", "gemeente": "gemeenten", "parent": "grotere_gebieden"}
    made = {}
    for level, column, layer in (
        (parent, "parent_code", names[parent]),
        ("district", "district", "eigen_gebieden"),
    ):
        if level not in publication.levels or column not in publication.areas.columns:
            continue
        areas = publication.areas[[column, "geometry"]].dropna(subset=column)
        shapes = areas.dissolve(by=column, method="unary")
        table = publication.levels[level]
        numbers = table.reindex(shapes.index)
        frame = gpd.GeoDataFrame(numbers, geometry=shapes.geometry, crs=publication.areas.crs)
        frame.index.name = "area_code"
        made[layer] = _with_words(frame, texts)
    return made


def _squares(cells: pd.DataFrame, side_m: float) -> gpd.GeoDataFrame:
    half = side_m / 2
    x, y = cells["x"].to_numpy(dtype=float), cells["y"].to_numpy(dtype=float)
    shapes = shapely.box(x - half, y - half, x + half, y + half)
    return gpd.GeoDataFrame(cells.copy(), geometry=shapes, crs=RD)


def _with_words(frame: gpd.GeoDataFrame, texts: Texts) -> gpd.GeoDataFrame:
    """Beside each key the words of the catalogue; the input stays as it is."""
    made = frame.copy()
    for column, section in IN_WORDS.items():
        if column in made.columns:
            words = texts.section(section)
            made[f"{column}_label"] = made[column].map(words).astype("object")
    return made


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Kinds of column that every GeoPackage reader knows; missing stays missing."""
    made = frame.reset_index()
    for name in made.columns.drop("geometry"):
        if pd.api.types.is_bool_dtype(made[name]):
            made[name] = made[name].astype("bool")
        elif pd.api.types.is_numeric_dtype(made[name]):
            made[name] = made[name].astype("Float64").astype("float64")
        else:
            made[name] = made[name].astype("object").where(made[name].notna(), None)
    return made


@contextmanager
def _dated(publication: Publication) -> Iterator[None]:
    """Give the file the day of the run instead of the moment of writing."""
    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    moment = f"{publication.made_on.isoformat()}T00:00:00.000Z"
    pyogrio.set_gdal_config_options({name: moment})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})
