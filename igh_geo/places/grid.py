"""The square grid on RD that CBS uses: names, cells of a study area, and neighbours."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from libpysal.graph import Graph

from igh_geo import crs
from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.places.assign import assign_areas

Integers = npt.NDArray[np.int64]

# More than any coordinate in metres that has six digits.
_KEY_BASE = 1_000_000


def cell_ids(x: npt.ArrayLike, y: npt.ArrayLike, *, cell_m: int = 100) -> npt.NDArray[np.str_]:
    """Name of the grid cell of each point.

    A cell is named after its lower-left corner, as CBS names its squares of 100 and 500 m:
    ``E1705N4816`` has its corner at x 170500, y 481600 (hectometres, four digits). Cells whose
    side is no multiple of 100 m carry metres instead (``E170550N481625``). A point on a line of
    the grid belongs to the cell to its east and north.

    Parameters
    ----------
    x, y : array-like of float
        Metres, EPSG:28992.
    cell_m : int
        Side of a cell in whole metres.

    Returns
    -------
    numpy.ndarray of str
        One name per point.

    Raises
    ------
    DataError
        When a coordinate is missing or outside the RD grid, or the side is not a whole positive
        number of metres.
    """
    _check_side(cell_m)
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    is_strange = crs.recognise(first, second) != "rd"
    if is_strange.any():
        at = int(np.flatnonzero(is_strange)[0])
        problem = Problem(
            "A grid cell is found from coordinates in RD (EPSG:28992).",
            f"{int(is_strange.sum())} points are missing or outside it, "
            f"the first is number {at + 1}: ({first[at]}, {second[at]})",
            "set those points aside, or transform them with igh_geo.rd.to_rd",
        )
        raise DataError(str(problem))
    east = np.floor(first).astype(np.int64) // cell_m * cell_m
    north = np.floor(second).astype(np.int64) // cell_m * cell_m
    return _names(east, north, cell_m)


def cell_origin(cells: npt.ArrayLike, *, cell_m: int = 100) -> tuple[Integers, Integers]:
    """Lower-left corner of each cell, from its name.

    Parameters
    ----------
    cells : array-like of str
        Names as `cell_ids` gives them.
    cell_m : int
        Side of a cell in whole metres.

    Returns
    -------
    x, y : numpy.ndarray of int
        Metres, EPSG:28992.

    Raises
    ------
    DataError
        When a name is not one of a cell of this size.
    """
    _check_side(cell_m)
    names = pd.Series(np.asarray(cells, dtype=object), dtype="str")
    unit_m, digits = _unit(cell_m)
    parts = names.str.extract(rf"^E(\d{{{digits}}})N(\d{{{digits}}})$")
    numbers = parts.fillna("-1").astype(np.int64).to_numpy() * unit_m
    is_strange = (numbers < 0).any(axis=1) | (numbers % cell_m != 0).any(axis=1)
    if is_strange.any():
        problem = Problem(
            f"A cell of {cell_m} m is named after its lower-left corner, like "
            f"{_names(np.array([50 * cell_m]), np.array([4000 * cell_m]), cell_m)[0]}.",
            f"{int(is_strange.sum())} other names, the first is {names[is_strange].iloc[0]!r}",
            "give the cell size with which the names were made",
        )
        raise DataError(str(problem))
    return numbers[:, 0], numbers[:, 1]


def study_cells(areas: gpd.GeoDataFrame, *, cell_m: int = 100) -> pd.DataFrame:
    """Every cell whose centre lies on the land of the areas, with or without incidents.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        The ``areas`` table (EPSG:28992), with ``is_water``.
    cell_m : int
        Side of a cell in whole metres.

    Returns
    -------
    pandas.DataFrame
        Index ``cell_id``, row by row from the south-west; columns ``x``, ``y`` (centre, m) and
        ``area_code`` (of the centre, by the rule of `assign_areas`).

    Raises
    ------
    CrsError
        When the areas are not in EPSG:28992.
    DataError
        When no cell has its centre on land.
    """
    _check_side(cell_m)
    crs.check_crs(areas, "the areas")
    west, south, east, north = areas.total_bounds
    column = np.arange(np.floor(west) // cell_m, east // cell_m + 1, dtype=np.int64) * cell_m
    row = np.arange(np.floor(south) // cell_m, north // cell_m + 1, dtype=np.int64) * cell_m
    y_corner, x_corner = (grid.ravel() for grid in np.meshgrid(row, column, indexing="ij"))
    half_m = cell_m / 2

    # Water takes part in the assignment, or a lake inside an area would count as its land.
    area_code = assign_areas(x_corner + half_m, y_corner + half_m, areas)["area_code"]
    land = areas.index[~areas["is_water"].to_numpy(dtype=bool)]
    on_land = area_code.isin(land).to_numpy()
    if not on_land.any():
        problem = Problem(
            f"The study area has cells of {cell_m} m with their centre on land.",
            f"{len(areas)} areas, {len(land)} of them land, and no such cell",
            "take smaller cells, or check which areas are marked as water",
        )
        raise DataError(str(problem))
    return pd.DataFrame(
        {
            "x": x_corner[on_land] + half_m,
            "y": y_corner[on_land] + half_m,
            "area_code": area_code[on_land].to_numpy(),
        },
        index=pd.Index(
            _names(x_corner[on_land], y_corner[on_land], cell_m), dtype="str", name="cell_id"
        ),
    )


def grid_neighbours(cells: pd.DataFrame, *, cell_m: int = 100, rule: str = "queen") -> Graph:
    """Neighbours on the grid: the cells around each, as far as they are given.

    Parameters
    ----------
    cells : pandas.DataFrame
        Index ``cell_id``, unique.
    cell_m : int
        Side of a cell in whole metres.
    rule : {"queen", "rook"}
        Up to eight cells around each, or up to four that share a side.

    Returns
    -------
    libpysal.graph.Graph
        Binary, symmetric, in the order of `cells`; a cell without neighbours is an isolate.

    Raises
    ------
    DataError
        When the rule is another, a cell is given twice, or its name is not one of this size.
    """
    problems = []
    if rule not in ("queen", "rook"):
        problems.append(
            Problem("Cells are neighbours by queen or by rook.", f"{rule!r}", "take one of the two")
        )
    if not cells.index.is_unique:
        repeated = cells.index[cells.index.duplicated()]
        problems.append(
            Problem(
                "Every cell is given once.",
                f"{len(repeated)} repeated cells, the first is {repeated[0]!r}",
                "add up the rows of each cell first",
            )
        )
    raise_all(problems)
    x, y = cell_origin(cells.index, cell_m=cell_m)
    key = x * _KEY_BASE + y
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    position = np.arange(len(key))

    focal, neighbour = [], []
    for dx in (-cell_m, 0, cell_m):
        for dy in (-cell_m, 0, cell_m):
            is_side = (dx == 0) != (dy == 0)
            if dx == dy == 0 or (rule == "rook" and not is_side):
                continue
            wanted = key + dx * _KEY_BASE + dy
            at = np.searchsorted(sorted_key, wanted).clip(max=len(key) - 1)
            exists = sorted_key[at] == wanted
            focal.append(position[exists])
            neighbour.append(order[at[exists]])
    return graph_from_pairs(np.concatenate(focal), np.concatenate(neighbour), cells.index)


def graph_from_pairs(
    focal: npt.NDArray[np.intp], neighbour: npt.NDArray[np.intp], index: pd.Index
) -> Graph:
    """Make a binary graph of pairs of positions, with those that have none as isolates.

    Parameters
    ----------
    focal, neighbour : numpy.ndarray of int
        Positions in `index`: who has a neighbour, and whom. A mutual link is given in both
        directions, and none leads to itself.
    index : pandas.Index
        Labels of the nodes; the graph keeps their order.

    Returns
    -------
    libpysal.graph.Graph
        Weights 1; an isolate is a link to itself with weight 0, as libpysal has it.
    """
    n = len(index)
    isolates = np.flatnonzero(np.bincount(focal, minlength=n) == 0)
    # Sorting one number for each link is many times as fast as sorting by two columns.
    key = np.append(focal, isolates).astype(np.int64) * n + np.append(neighbour, isolates)
    key.sort()
    first, second = np.divmod(key, max(n, 1))
    levels: Any = [index, index]
    codes: Any = [first, second]
    adjacency = pd.Series(
        (first != second).astype(float),
        name="weight",
        index=pd.MultiIndex(levels=levels, codes=codes, names=["focal", "neighbor"]),
    )
    return Graph(adjacency, is_sorted=True)


def cell_polygons(cells: npt.ArrayLike, *, cell_m: int = 100) -> gpd.GeoSeries:
    """Squares of the cells, to be drawn.

    Parameters
    ----------
    cells : array-like of str
        Names as `cell_ids` gives them.
    cell_m : int
        Side of a cell in whole metres.

    Returns
    -------
    geopandas.GeoSeries
        EPSG:28992, index ``cell_id`` in the order given.
    """
    x, y = cell_origin(cells, cell_m=cell_m)
    return gpd.GeoSeries(
        shapely.box(x, y, x + cell_m, y + cell_m),
        index=pd.Index(np.asarray(cells, dtype=object), dtype="str", name="cell_id"),
        crs=crs.RD,
    )


def _check_side(cell_m: int) -> None:
    if isinstance(cell_m, int | np.integer) and cell_m > 0:
        return
    problem = Problem(
        "The side of a cell is a whole, positive number of metres.", repr(cell_m), "use 100 or 500"
    )
    raise DataError(str(problem))


def _unit(cell_m: int) -> tuple[int, int]:
    return (100, 4) if cell_m % 100 == 0 else (1, 6)


def _names(east: Integers, north: Integers, cell_m: int) -> npt.NDArray[np.str_]:
    unit_m, digits = _unit(cell_m)
    # Many points share a cell: each name is written once.
    keys, where = np.unique(east * _KEY_BASE + north, return_inverse=True)
    written = [
        f"E{key // _KEY_BASE // unit_m:0{digits}d}N{key % _KEY_BASE // unit_m:0{digits}d}"
        for key in keys.tolist()
    ]
    return np.array(written, dtype=np.str_)[where]
