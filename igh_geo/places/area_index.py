"""An index of areas: built once, kept in a file, asked for any number of points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo import crs
from igh_geo.compiled import is_available
from igh_geo.errors import OutputError
from igh_geo.places.area_build import build_grid
from igh_geo.places.area_file import read_grid, write_grid
from igh_geo.places.area_grid import SIDE_M, AreaGrid
from igh_geo.places.area_rule import (
    DOUBTFUL,
    OrderedAreas,
    answers_of_geos,
    coordinates,
    frame_of,
)
from igh_geo.places.area_search import search


@dataclass(frozen=True, eq=False)
class AreaIndex:
    """Areas that can be asked which of them contains a point, by the rule of `assign_areas`.

    Attributes
    ----------
    areas : OrderedAreas
        The areas, from small to large.
    grid : AreaGrid or None
        Where they lie; None without numba and for shapes beyond 1e100 m: GEOS then answers all.
    """

    areas: OrderedAreas
    grid: AreaGrid | None

    @classmethod
    def build(cls, areas: gpd.GeoDataFrame | OrderedAreas, *, side_m: float = SIDE_M) -> AreaIndex:
        """Build the index.

        Parameters
        ----------
        areas : geopandas.GeoDataFrame or OrderedAreas
            The ``areas`` table (index ``area_code``, EPSG:28992), or the same put in order before.
        side_m : float
            Smallest side of the cells of the grid (m), rounded up to a power of two. No answer
            depends on it.

        Returns
        -------
        AreaIndex
            The index, in memory.

        Raises
        ------
        CrsError
            When the areas are not in EPSG:28992.
        """
        ordered = _ordered(areas)
        grid = build_grid(ordered, side_m=side_m) if is_available() else None
        return cls(ordered, grid)

    @classmethod
    def open(cls, path: Path, areas: gpd.GeoDataFrame | OrderedAreas) -> AreaIndex:
        """Open the index that is kept in a file, or build it and keep it there.

        A file that is not there, is damaged, was written by another version or holds other areas
        (their SHA-256 differs) is replaced. Where it cannot be written the index is built all the
        same: keeping it only saves time.

        Parameters
        ----------
        path : Path
            The file.
        areas : geopandas.GeoDataFrame or OrderedAreas
            The ``areas`` table (index ``area_code``, EPSG:28992), or the same put in order before.

        Returns
        -------
        AreaIndex
            The index of these areas.

        Raises
        ------
        CrsError
            When the areas are not in EPSG:28992.
        """
        ordered = _ordered(areas)
        grid = read_grid(path, ordered.sha256) if is_available() else None
        if grid is not None:
            return cls(ordered, grid)
        index = cls.build(ordered)
        try:
            index.save(path)
        except OutputError:
            return index
        return index

    def save(self, path: Path) -> None:
        """Keep the index in a file, all at once. Without a grid there is nothing to keep.

        Parameters
        ----------
        path : Path
            The file to make or to replace.

        Raises
        ------
        OutputError
            When it cannot be written.
        """
        if self.grid is not None:
            write_grid(path, self.grid, self.areas.sha256)

    def assign(self, x: npt.ArrayLike, y: npt.ArrayLike) -> pd.DataFrame:
        """Find the area of each point, as `assign_areas` does.

        Parameters
        ----------
        x, y : array-like of float
            Metres, EPSG:28992. Missing values get no area.

        Returns
        -------
        pandas.DataFrame
            On the index of `x` when that is a Series; columns ``area_code`` and ``remark``.

        Raises
        ------
        DataError
            When `x` and `y` are not equally long.
        """
        first, second = coordinates(x, y)
        if self.grid is None:
            answers = answers_of_geos(first, second, self.areas)
        else:
            answers = search(first, second, self.grid)
            doubtful = np.flatnonzero(answers == DOUBTFUL)
            if len(doubtful):
                answers[doubtful] = answers_of_geos(first[doubtful], second[doubtful], self.areas)
        return frame_of(answers, self.areas, x.index if isinstance(x, pd.Series) else None)


def _ordered(areas: gpd.GeoDataFrame | OrderedAreas) -> OrderedAreas:
    return areas if isinstance(areas, OrderedAreas) else OrderedAreas.of(areas)


def compile_loops() -> None:
    """Compile all loops of the index, in set-up, so that nobody waits for them at the first use.

    Without numba there is nothing to do.
    """
    square = gpd.GeoSeries.from_wkt(["POLYGON ((0 3e5, 300 3e5, 300 300300, 0 300300, 0 3e5))"])
    areas = gpd.GeoDataFrame(geometry=square, crs=crs.RD).set_axis(["A"])
    AreaIndex.build(areas).assign([150.0, 0.0], [300_150.0, 300_000.0])
