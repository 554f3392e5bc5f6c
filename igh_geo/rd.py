"""RD and degrees: how one becomes the other, and with which correction.

PROJ never goes to the network from here: what it asks for tells which places are looked at.
"""

from __future__ import annotations

import os
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyproj import Transformer, datadir, network

from igh_geo.errors import CrsError, Problem
from igh_geo.writing import sha256_of

FloatArray = npt.NDArray[np.float64]

RD = "EPSG:28992"
ETRS89 = "EPSG:4258"
# The correction grid of RDNAPTRANS2018, variant 2, as PROJ and as the makers call it.
GRIDS = "grids"
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
    x, y = transformer(ETRS89, RD).transform(np.asarray(lon, float), np.asarray(lat, float))
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
    lon, lat = transformer(RD, ETRS89).transform(np.asarray(x, float), np.asarray(y, float))
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


def transformer(source: str, target: str) -> Transformer:
    """PROJ's transformation between two systems, x or longitude first, for this thread.

    Parameters
    ----------
    source, target : str
        As pyproj takes them.
    """
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
    there = transformer(ETRS89, RD)
    # With a grid PROJ has several operations, and names one only when it has transformed.
    there.transform(*VALIDATION_POINTS[0, :2])
    used = there.get_last_used_operation()
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
