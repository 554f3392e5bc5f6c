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
from igh_geo.places.area_rule import coordinates
from igh_geo.places.assign import assign_areas

Integers = npt.NDArray[np.int64]

# More than any coordinate in metres that has six digits.
_KEY_BASE = 1_000_000
# The origin of RD, which lies in a cell of any size: an example of a name.
_AMERSFOORT_M = (155_000, 463_000)
# NumPy keeps text as one such number for each sign.
_EAST, _NORTH, _ZERO = (np.uint32(ord(sign)) for sign in "EN0")
_TEN = np.uint32(10)


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
        When a coordinate is missing or outside the RD grid, `x` and `y` are not equally long, or
        the side is not a whole positive number of metres.
    """
    _check_side(cell_m)
    first, second = coordinates(x, y)
    is_strange = crs.recognise_codes(first, second) != crs.IN_RD
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
    names = np.asarray(cells, dtype=object)
    unit_m, digits = _unit(cell_m)
    width = 2 + 2 * digits
    # A name has one width, so that a column of signs is a column of digits: a pattern per name
    # takes thirty times as long. One sign more than that shows the names that are too long.
    signs = names.astype(f"U{width + 1}").view(np.uint32).reshape(len(names), width + 1)
    x, is_x = _number(signs[:, 1 : digits + 1])
    y, is_y = _number(signs[:, digits + 2 : width])
    x, y = x * unit_m, y * unit_m
    is_name = (signs[:, 0] == _EAST) & (signs[:, digits + 1] == _NORTH) & (signs[:, width] == 0)
    is_strange = ~(is_name & is_x & is_y) | (x % cell_m != 0) | (y % cell_m != 0)
    if is_strange.any():
        example = cell_ids([_AMERSFOORT_M[0]], [_AMERSFOORT_M[1]], cell_m=cell_m)[0]
        problem = Problem(
            f"A cell of {cell_m} m is named after its lower-left corner, like {example}.",
            f"{int(is_strange.sum())} other names, the first is {names[is_strange][0]!r}",
            "give the cell size with which the names were made",
        )
        raise DataError(str(problem))
    return x, y


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
        When no area has an outline, no cell has its centre on land, or one has a corner that is
        not in RD.
    """
    _check_side(cell_m)
    crs.check_crs(areas, "the areas")
    west, south, east, north = areas.total_bounds
    if np.isnan(west):
        problem = Problem(
            "A study area has outlines.",
            f"{len(areas)} areas, none with an outline",
            "check the selection that made the table",
        )
        raise DataError(str(problem))
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
    x_corner, y_corner, area_code = x_corner[on_land], y_corner[on_land], area_code[on_land]
    is_strange = (np.minimum(x_corner, y_corner) < 0) | (
        np.maximum(x_corner, y_corner) >= _KEY_BASE
    )
    if is_strange.any():
        at = int(is_strange.argmax())
        problem = Problem(
            "A cell is named by a corner of at most six digits in RD (EPSG:28992).",
            f"{int(is_strange.sum())} cells have another, the first lies in {area_code.iloc[at]} "
            f"at ({x_corner[at]}, {y_corner[at]})",
            "mend the outline of that area, or leave it out",
        )
        raise DataError(str(problem))
    return pd.DataFrame(
        {"x": x_corner + half_m, "y": y_corner + half_m, "area_code": area_code.to_numpy()},
        index=pd.Index(_names(x_corner, y_corner, cell_m), dtype="str", name="cell_id"),
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
    signs = np.empty((len(east), 2 + 2 * digits), dtype=np.uint32)
    for at, letter, metres in ((0, _EAST, east), (digits + 1, _NORTH, north)):
        signs[:, at] = letter
        left = (metres // unit_m).astype(np.uint32)
        for place in range(at + digits, at, -1):
            left, digit = np.divmod(left, _TEN)
            signs[:, place] = digit + _ZERO
    return signs.view(f"U{signs.shape[1]}").ravel()


def _number(signs: npt.NDArray[np.uint32]) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Number that each row of signs is, and whether all of them are digits."""
    number = np.zeros(len(signs), dtype=np.int64)
    is_number = np.ones(len(signs), dtype=bool)
    for column in signs.T:
        # Below zero an unsigned number turns very large: one comparison is enough.
        digit = column - _ZERO
        is_number &= digit < _TEN
        number = number * 10 + digit
    return number, is_number
