"""Coordinates: which system they are in, and how they get to the Dutch grid (RD).

PROJ never goes to the network from here: what it asks for tells which places are looked at.
"""

from __future__ import annotations

import os
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer, datadir, network

from igh_geo.errors import CrsError, Problem
from igh_geo.writing import sha256_of

FloatArray = npt.NDArray[np.float64]

RD = "EPSG:28992"
ETRS89 = "EPSG:4258"

RD_X_M = (0.0, 300_000.0)
RD_Y_M = (289_000.0, 629_000.0)
LON_DEGREES = (3.2, 7.3)
LAT_DEGREES = (50.7, 53.7)

# The correction grid of RDNAPTRANS2018, variant 2, as PROJ and as the makers call it.
GRID_FILES = ("nl_nsgi_rdtrans2018.tif", "rdtrans2018.gsb")
# As EPSG:9282 stated it; it says 0 since the grid defines RD.
GRID_ACCURACY_M = 0.001
# Longitude, latitude, x and y of official validation points of RDNAPTRANS2018 (NSGI), all over the
# country; without the grid each is missed by 10 to 23 cm.
VALIDATION_POINTS = np.array(
    [
        (5.385141449, 52.211604610, 154859.0179, 469278.6224),
        (4.753031468, 53.031236452, 112455.7642, 560667.1145),
        (5.625511256, 53.303418419, 170886.7454, 590797.1160),
        (7.187513271, 53.018210343, 275803.8387, 560538.4555),
        (7.043529411, 52.367079573, 267803.6277, 487867.0444),
        (5.728029602, 50.760652062, 179049.9076, 307912.1765),
        (5.557358604, 51.315631720, 166863.1620, 369611.3669),
        (3.429579724, 51.247049602, 18325.3136, 363799.9578),
    ]
)
VALIDATION_M = 0.02

_SYSTEM_NAMES = {
    "rd": "RD (EPSG:28992)",
    "wgs84": "longitude and latitude (EPSG:4326)",
    "rd_swapped": "RD with x and y exchanged",
    "wgs84_swapped": "latitude and longitude, exchanged",
}
# What `recognise` can answer; `recognise_codes` gives the position in this row.
SYSTEMS = ("unknown", *_SYSTEM_NAMES)
UNKNOWN, IN_RD, IN_WGS84, RD_SWAPPED, WGS84_SWAPPED = range(5)
_ETRS89_DATUMS = (
    "World Geodetic System 1984",
    "European Terrestrial Reference",
    "Unknown based on WGS 84 ellipsoid",
    "Unknown based on GRS 1980 ellipsoid",
)

# PROJ keeps where it looks for grids per thread, and pyproj its transformers.
_HERE = threading.local()
_SEARCH = threading.Lock()
# The folder that `use_grids` added to where PROJ looks, if any.
_ADDED: list[str] = []


@dataclass(frozen=True)
class Transformation:
    """How geographic coordinates are turned into RD on this machine, for the manifest.

    Attributes
    ----------
    name : str
        PROJ's own description of the steps.
    accuracy_m : float
        Metres, within the Netherlands: 0.25 without the correction grid, 0.001 with it.
    correction, advice : str
        Which correction was used, in words; how to get the better one, None when it is used.
    grid, grid_sha256 : str or None
        File name and content of the correction grid; None when it was not used.
    """

    name: str
    accuracy_m: float
    correction: str
    grid: str | None = None
    grid_sha256: str | None = None
    advice: str | None = None


def is_etrs89(label: CRS | str) -> bool:
    """Whether a system of degrees is ETRS89, or WGS 84, which Dutch providers mean by it.

    Degrees in another datum (EPSG:4289 on Bessel, ED50) lie some hundred metres off. An ellipsoid
    without a datum is taken for the datum that uses it.
    """
    label = CRS(label)
    name = label.datum.name if label.is_geographic and label.datum is not None else ""
    return name.startswith(_ETRS89_DATUMS)


def recognise(x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Tell per row which system a pair of coordinates is in, by its values alone.

    Parameters
    ----------
    x, y : array-like of float
        First and second coordinate, in the order in which the file gives them.

    Returns
    -------
    numpy.ndarray of str
        ``rd`` (x 0 to 300 km, y 289 to 629 km), ``wgs84`` (longitude 3.2 to 7.3, latitude 50.7
        to 53.7 degrees), ``rd_swapped``, ``wgs84_swapped``, or ``unknown`` (missing, zero or
        outside the Netherlands). The ranges exclude each other, but for a corner of 11 by 11 km
        in Belgium where RD and exchanged RD coincide; there RD is taken.
    """
    return np.asarray(np.array(SYSTEMS).take(recognise_codes(x, y)))


def recognise_codes(x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Tell the same as `recognise`, as positions in ``SYSTEMS``.

    For millions of rows: a byte per row where the words take 52, and as much faster to compare.
    """
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    codes = np.full(np.broadcast_shapes(first.shape, second.shape), UNKNOWN, dtype=np.int8)
    for code, limits, other_limits in (
        (IN_RD, RD_X_M, RD_Y_M),
        (IN_WGS84, LON_DEGREES, LAT_DEGREES),
        (RD_SWAPPED, RD_Y_M, RD_X_M),
        (WGS84_SWAPPED, LAT_DEGREES, LON_DEGREES),
    ):
        fits = _within(first, limits) & _within(second, other_limits) & (codes == UNKNOWN)
        # Adding is twice as fast as assigning where it fits.
        codes += fits.view(np.int8) * np.int8(code)
        # Most files are in one system.
        if codes.all():
            break
    return codes


def to_rd(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Transform longitude and latitude to RD.

    PROJ has no precise transformation from EPSG:4326 (its WGS 84 is an ensemble of versions), so
    the input is read as ETRS89 (EPSG:4258), which is what Dutch providers mean by WGS 84.
    Without the correction grid of RDNAPTRANS2018 the result is off by 6 cm (median) to 24 cm at
    the official validation points; with the grid by 1 mm. See `use_grids` and `transformation`.

    Parameters
    ----------
    lon, lat : array-like of float
        Degrees, east and north.

    Returns
    -------
    x, y : numpy.ndarray of float
        Metres, EPSG:28992; infinite where there is no answer (a missing or infinite input). A
        place abroad gets an answer too, mostly outside ``RD_X_M`` and ``RD_Y_M``.
    """
    x, y = _transformer(ETRS89, RD).transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.asarray(x, dtype=float), np.asarray(y, dtype=float)


def to_wgs84(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Transform RD to longitude and latitude (ETRS89, within a metre of WGS 84).

    Parameters
    ----------
    x, y : array-like of float
        Metres, EPSG:28992.

    Returns
    -------
    lon, lat : numpy.ndarray of float
        Degrees; accuracy as in `to_rd`. Infinite where there is no answer. There and back again
        is the same place within 1 mm inside the RD window.
    """
    lon, lat = _transformer(RD, ETRS89).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


def transformation() -> Transformation:
    """How `to_rd` transforms here: with which correction, how accurate, from which file."""
    used, grid = _used()
    name, accuracy_m = used.description, float(used.accuracy)
    if grid is not None:
        correction = "the correction grid of RDNAPTRANS2018"
        accuracy_m = max(accuracy_m, GRID_ACCURACY_M)
        return Transformation(name, accuracy_m, correction, grid.name, sha256_of(grid))
    correction = "seven parameters, without the correction grid of RDNAPTRANS2018"
    advice = (
        f"for {GRID_ACCURACY_M:g} m, put {' or '.join(GRID_FILES)} (RDNAPTRANS2018, variant 2; "
        "from nsgi.nl or cdn.proj.org) into the folder grids of the data folder"
    )
    return Transformation(name, accuracy_m, correction, advice=advice)


def use_grids(folder: Path) -> Transformation:
    """Let PROJ use the official correction grid that a user keeps in a folder.

    For the whole process, instead of a folder given before; one that is missing or has no grid
    takes that one away again. PROJ also finds a grid in ``pyproj.datadir.get_user_data_dir()``,
    but not through the variable PROJ_DATA: pyproj from PyPI brings its own folder.

    Parameters
    ----------
    folder : pathlib.Path
        Searched for one of ``GRID_FILES``, with the folders inside it. PROJ tells the two
        formats, NTv2 and GeoTIFF, apart by content.

    Returns
    -------
    Transformation
        What `to_rd` uses from here on.

    Raises
    ------
    CrsError
        When the only grids there have another name, or the one that PROJ takes is broken or
        misses one of ``VALIDATION_POINTS`` by over 2 cm. The folder is then not used.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".gsb", ".tif"})
    known = [path for path in files if path.name in GRID_FILES and path.is_file()]
    _search(None)
    if files:
        _search((known or files)[0].parent)
        if fault := _fault_of_grid():
            _search(None)
            problem = Problem(
                "The correction grid is that of RDNAPTRANS2018, variant 2, under its own name.",
                f"{files[0].name} is the first of {len(files)} in {folder.name}; {fault}",
                f"put {' or '.join(GRID_FILES)} there, downloaded again from nsgi.nl or "
                "cdn.proj.org; or empty that folder: coordinates are then right to 0.25 m",
            )
            raise CrsError(str(problem))
    return transformation()


def check_label(frame: gpd.GeoDataFrame, name: str = "the file") -> None:
    """Check that a frame has a reference system and that its values fit it.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Any geometries; the centre of each is looked at.
    name : str
        What to call the frame in the message.

    Raises
    ------
    CrsError
        When the reference system is missing, or when most of the values contradict it: they are
        in another Dutch system, or impossible in the system on the label.
    """
    label = _label(frame, name)
    x, y = _centres(frame)
    if not len(x):
        return
    found = recognise(x, y)
    systems, counts = np.unique(found[found != "unknown"], return_counts=True)
    is_wrong = found != ("wgs84" if label.is_geographic else "rd")
    if label.is_geographic:
        # Valid degrees abroad do not contradict the label; they are simply not in this country.
        is_wrong &= (np.abs(x) > 180) | (np.abs(y) > 90) | (found == "wgs84_swapped")
    elif not _is_rd(label):
        in_rd = _transformer(_key(label), RD).transform(x, y)
        is_wrong = (recognise(*in_rd) != "rd") & (found != "unknown")
    if is_wrong.mean() <= 0.5:
        return
    first = int(np.flatnonzero(is_wrong)[0])
    evidence = (
        f"{int(is_wrong.sum())} of {len(x)} geometries in {name} do not fit {_short(label)}; "
        f"the first has its centre at ({x[first]:.6g}, {y[first]:.6g})"
    )
    if len(systems):
        likely = str(systems[counts.argmax()])
        evidence += f", which looks like {_SYSTEM_NAMES[likely]}"
        remedy = _remedy(likely)
    else:
        remedy = "find out in which system the file was made, and export it again in EPSG:28992"
    raise CrsError(str(Problem("Coordinates fit their reference system.", evidence, remedy)))


def check_crs(frame: gpd.GeoDataFrame, name: str = "the frame") -> None:
    """Check that a frame is in RD, label and values alike.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Any geometries.
    name : str
        What to call the frame in the message.

    Raises
    ------
    CrsError
        When the reference system is missing, contradicted by the values, not metric, or metric
        but not EPSG:28992.
    """
    check_label(frame, name)
    label = _label(frame, name)
    if _is_rd(label):
        return
    rule = (
        "Distances and areas are measured in metres."
        if label.is_geographic
        else "Everything is measured in one system, EPSG:28992."
    )
    problem = Problem(
        rule, f"{name} is in {_short(label)}", "transform it with igh_geo.crs.project_to_rd(frame)"
    )
    raise CrsError(str(problem))


def project_to_rd(frame: gpd.GeoDataFrame, name: str = "the file") -> gpd.GeoDataFrame:
    """Bring a frame to RD; EPSG:4326 and CRS84 are read as ETRS89, as in `to_rd`.

    Degrees in another datum are transformed from that datum.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Any geometries, in a known reference system.
    name : str
        What to call the frame in the message.

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame in EPSG:28992.

    Raises
    ------
    CrsError
        As `check_label`.
    """
    check_label(frame, name)
    label = _label(frame, name)
    if _is_rd(label):
        # The same system under another spelling (a .prj file, say) must compare equal later.
        return frame.set_crs(RD, allow_override=True)
    source = ETRS89 if is_etrs89(label) else _key(label)
    to_here = _transformer(source, RD).transform
    moved = frame.geometry.transform(lambda xy: np.column_stack(to_here(xy[:, 0], xy[:, 1])))
    return frame.set_geometry(moved.set_crs(RD, allow_override=True))


def _within(values: FloatArray, limits: tuple[float, float]) -> npt.NDArray[np.bool_]:
    return np.asarray((values >= limits[0]) & (values <= limits[1]))


def _transformer(source: str, target: str) -> Transformer:
    with _SEARCH:
        searched = datadir.get_data_dir()
        if getattr(_HERE, "searched", None) != searched:
            network.set_network_enabled(False)  # type: ignore[attr-defined]
            # A thread that used PROJ before another one changed the folders has not heard of it.
            datadir.set_data_dir(searched)
            _HERE.searched, _HERE.transformers = searched, {}
    known: dict[tuple[str, str], Transformer] = _HERE.transformers
    if (source, target) not in known:
        with warnings.catch_warnings():
            # PROJ says that the correction grid is not installed; `transformation` does too.
            warnings.simplefilter("ignore", UserWarning)
            known[source, target] = Transformer.from_crs(source, target, always_xy=True)
    return known[source, target]


def _search(folder: Path | None) -> None:
    with _SEARCH:
        places = [
            place for place in datadir.get_data_dir().split(os.pathsep) if place not in _ADDED
        ]
        _ADDED[:] = [] if folder is None else [str(folder.resolve())]
        # PROJ's own folder stays the first, because its database is there.
        datadir.set_data_dir(os.pathsep.join([*places, *_ADDED]))
        _HERE.searched = None


def _used() -> tuple[Transformer, Path | None]:
    transformer = _transformer(ETRS89, RD)
    # With a grid PROJ has several operations, and names one only when it has transformed.
    transformer.transform(*VALIDATION_POINTS[0, :2])
    used = transformer.get_last_used_operation()
    grids = [Path(grid.full_name) for step in used.operations or () for grid in step.grids]
    return used, grids[0] if grids else None


def _fault_of_grid() -> str:
    # PROJ passes over a file that it cannot read, or half of one that was cut off, in silence.
    used, grid = _used()
    if grid is None:
        return "PROJ knows none of them, or cannot read it"
    lon, lat, *official = VALIDATION_POINTS.T
    # This one operation has no answer where the grid has none.
    x, y = Transformer.from_pipeline(used.definition).transform(lon, lat)
    missed = int((~(np.hypot(x - official[0], y - official[1]) <= VALIDATION_M)).sum())
    return f"{grid.name} misses {missed} of {len(x)} validation points" if missed else ""


def _label(frame: gpd.GeoDataFrame, name: str) -> CRS:
    if frame.crs is None:
        problem = Problem(
            "Every geometry file says in which reference system it is.",
            f"{name} has none",
            "find out which it is and set it, for RD with frame.set_crs(28992)",
        )
        raise CrsError(str(problem))
    return CRS(frame.crs)


def _centres(frame: gpd.GeoDataFrame) -> tuple[FloatArray, FloatArray]:
    bounds = frame.geometry.bounds.to_numpy(dtype=float)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    return (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2


def _is_rd(label: CRS) -> bool:
    # A .prj file of ESRI carries names and parameters but no EPSG code.
    return bool(label.to_epsg(min_confidence=50) == 28992 or "RD_New" in label.name)


def _key(label: CRS) -> str:
    epsg = label.to_epsg()
    return f"EPSG:{epsg}" if epsg else label.to_wkt()


def _short(label: CRS) -> str:
    epsg = label.to_epsg()
    return f"EPSG:{epsg} ({label.name})" if epsg else label.name


def _remedy(likely: str) -> str:
    if likely.endswith("_swapped"):
        return "exchange the two coordinates in the export"
    code = {"rd": 28992, "wgs84": 4326}[likely]
    return (
        f"if they are {_SYSTEM_NAMES[likely]}, correct the label "
        f"(QGIS: Set layer CRS; geopandas: set_crs({code}, allow_override=True)) and save again"
    )
