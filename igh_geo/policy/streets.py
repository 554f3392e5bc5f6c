"""Places by the name of their street: in cells that stand out, and as a list under the gate."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from igh_geo.lens import Lens, Rules
from igh_geo.places.assign import assign_areas
from igh_geo.places.grid import cell_ids
from igh_geo.policy.findings import Findings
from igh_geo.policy.surroundings import Streets

# Of a cell; more do not fit in a tooltip, and hardly ever lie in a cell of 100 m.
MOST_NAMES = 3
# An event this far from the middle of a street, or from an address in it, is in that street.
REACH_M = 30.0
SEPARATOR = "; "
# Of which it is known that they were placed somewhere else than where they happened.
_PLACED_ROUGHLY = ("postcode", "centroid")


def named(
    cells: pd.DataFrame | None, streets: Streets | None, *, side_m: float
) -> pd.DataFrame | None:
    """The same cells with a column ``streets``, from `streets_of_cells`."""
    if cells is None:
        return None
    return cells.assign(streets=streets_of_cells(cells, streets, side_m=side_m))


def streets_of_cells(cells: pd.DataFrame, streets: Streets | None, *, side_m: float) -> pd.Series:
    """Name the streets that lie in cells.

    Parameters
    ----------
    cells : pandas.DataFrame
        Index ``cell_id``; ``x``, ``y``: centres (m, EPSG:28992) of cells that may be shown.
    streets : Streets or None
        Lines go before addresses, for a street without a door is a place too.
    side_m : float
        Side of a cell in metres.

    Returns
    -------
    pandas.Series of str
        Same index. At most three names, joined by semicolons: of lines the longest within the
        cell first, of addresses the street with most of them; ties in order of name. Empty where
        no street with a name lies in the cell.
    """
    empty = pd.Series("", index=cells.index, dtype="str")
    if streets is None or cells.empty:
        return empty
    if streets.lines is not None:
        found = _lengths(cells, streets.lines, side_m)
    elif streets.addresses is not None:
        found = _addresses(cells, streets.addresses, side_m)
    else:
        return empty
    ranked = found.groupby(["cell", "name"], sort=True)["size"].sum().reset_index()
    ranked = ranked.sort_values(["cell", "size"], ascending=[True, False], kind="stable")
    names = ranked.groupby("cell").head(MOST_NAMES).groupby("cell")["name"].agg(SEPARATOR.join)
    told = empty.to_numpy().astype(object)
    told[names.index.to_numpy(dtype=int)] = names.to_numpy()
    return pd.Series(told, index=cells.index, dtype="str")


def rank_streets(findings: Findings, areas: gpd.GeoDataFrame, lens: Lens) -> pd.DataFrame | None:
    """Streets with most events, as far as the audience may know them.

    An event is in the street that lies nearest, within ``REACH_M`` of its line or of one of its
    addresses; events that were placed by postcode or in the middle of an area are in none.

    Parameters
    ----------
    findings : Findings
        ``incidents``, ``streets`` and ``geometry``.
    areas : geopandas.GeoDataFrame
        The areas as they will be published: ``name``, ``status`` and ``count``.
    lens : Lens
        Its rules decide. Where counts are withheld, a street is named with at least
        ``minimum_count`` events and ``minimum_addresses`` addresses (when these are known), and
        only in an area whose own count is told. What is left of the area is zero or at least
        ``minimum_count``, on no addresses or at least ``minimum_addresses``; to that end the
        smallest of the named streets is counted with the rest.

    Returns
    -------
    pandas.DataFrame or None
        See ``Publication.streets``. None where no street or no incident is known, the audience
        sees areas only, or counts are rounded: an exact count of a street would tell the digits
        that rounding took from its area.
    """
    streets, incidents, rules = findings.streets, findings.incidents, lens.rules
    if streets is None or incidents is None:
        return None
    if not rules.shows_cells or rules.rounding > 1:
        return None
    current = incidents[incidents["period"] == "current"]
    name = _street_at(current[["x", "y"]].to_numpy(float), streets)
    if "location_quality" in current:
        name[current["location_quality"].isin(_PLACED_ROUGHLY).to_numpy()] = None
    events = pd.DataFrame({"area_code": current["area_code"].to_numpy(), "name": name})
    counts = events.dropna().groupby(["area_code", "name"], sort=True).size()
    sizes = _sizes(streets, findings.geometry)
    told = areas[areas["status"] == "shown"]
    rows: list[dict[str, object]] = []
    for code, total in told["count"].dropna().astype(int).items():
        if code not in counts.index.get_level_values(0):
            continue
        own = None if sizes is None else _of(sizes, str(code))
        shown = _told(counts.loc[code], own, total, rules=rules)
        if shown.empty:
            continue
        told_of = {"area_code": str(code), "area_name": str(told.loc[code, "name"])}
        rows += [
            {"name": str(street), **told_of, "count": int(count), "is_rest": False}
            for street, count in shown.items()
        ]
        rows.append({"name": None, **told_of, "count": total - int(shown.sum()), "is_rest": True})
    columns = ["name", "area_code", "area_name", "count", "is_rest"]
    table = pd.DataFrame(rows, columns=columns).astype(
        {"name": "str", "area_code": "str", "area_name": "str", "count": "int64", "is_rest": "bool"}
    )
    order = table.assign(down=-table["count"]).sort_values(
        ["is_rest", "down", "area_code", "name"], kind="stable"
    )
    return table.loc[order.index].reset_index(drop=True).assign(status="shown")


def _told(counts: pd.Series, sizes: pd.Series | None, total: int, *, rules: Rules) -> pd.Series:
    """Streets of one area that may be named, the most events first."""
    order = counts.reset_index(name="count").sort_values(
        ["count", "name"], ascending=[False, True], kind="stable"
    )
    shown: pd.Series = order.set_index("name")["count"]
    if not rules.withholds:
        return shown
    shown = shown[shown >= rules.minimum_count]
    if sizes is not None:
        known = sizes.reindex(shown.index, fill_value=0)
        shown = shown[(known >= rules.minimum_addresses).to_numpy()]
    while len(shown) and not _is_safe(shown, sizes, total, rules=rules):
        shown = shown.iloc[:-1]
    return shown


def _is_safe(shown: pd.Series, sizes: pd.Series | None, total: int, *, rules: Rules) -> bool:
    """Whether what is left of an area tells no small count, and nothing of a few addresses."""
    rest = total - int(shown.sum())
    if 0 < rest < rules.minimum_count:
        return False
    if sizes is None:
        return True
    others = int(sizes.sum() - sizes.reindex(shown.index).sum())
    return not 0 < others < rules.minimum_addresses


def _of(sizes: pd.Series, code: str) -> pd.Series:
    own: pd.Series = sizes[sizes.index.get_level_values(0) == code].droplevel(0)
    return own


def _sizes(streets: Streets, areas: gpd.GeoDataFrame) -> pd.Series | None:
    """Addresses per area and street; those without a street count as one street of their own."""
    if streets.addresses is None:
        return None
    at = streets.addresses
    area = assign_areas(at["x"], at["y"], areas)["area_code"].to_numpy()
    name = at["street"].astype(object).where(at["street"].notna(), None).to_numpy(copy=True)
    if streets.lines is not None:
        bare = pd.isna(name)
        name[bare] = _street_at(at.loc[bare, ["x", "y"]].to_numpy(float), streets)
    table = pd.DataFrame({"area_code": area, "name": pd.Series(name, dtype="str").fillna("")})
    return table.dropna(subset="area_code").groupby(["area_code", "name"]).size()


def _street_at(places: npt.NDArray[np.float64], streets: Streets) -> npt.NDArray[np.object_]:
    """Name of the street nearest to each place (m, EPSG:28992); None where none is near."""
    names: npt.NDArray[np.object_] = np.full(len(places), None, dtype=object)
    if not len(places):
        return names
    if streets.lines is not None:
        tree = shapely.STRtree(streets.lines.geometry.to_numpy())
        place, line = tree.query_nearest(
            shapely.points(places), max_distance=REACH_M, all_matches=True
        )
        near = pd.DataFrame({"place": place, "name": streets.lines["name"].to_numpy()[line]})
        # At a crossing the place is as near to one street as to the other.
        first = near.sort_values(["place", "name"], kind="stable").drop_duplicates("place")
        names[first["place"].to_numpy()] = first["name"].to_numpy()
        return names
    if streets.addresses is not None:
        known = streets.addresses.dropna(subset="street").sort_values(["street", "x", "y"])
        if len(known):
            _, at = cKDTree(known[["x", "y"]].to_numpy(float)).query(
                places, distance_upper_bound=REACH_M
            )
            is_near = at < len(known)
            names[is_near] = known["street"].to_numpy(dtype=object)[at[is_near]]
    return names


def _lengths(cells: pd.DataFrame, lines: gpd.GeoDataFrame, side_m: float) -> pd.DataFrame:
    """Metres of every street within every cell that it runs through."""
    half = side_m / 2
    x, y = cells["x"].to_numpy(float), cells["y"].to_numpy(float)
    squares = shapely.box(x - half, y - half, x + half, y + half)
    shapes = lines.geometry.to_numpy()
    cell, line = shapely.STRtree(shapes).query(squares, predicate="intersects")
    length_m = shapely.length(shapely.intersection(squares[cell], shapes[line]))
    found = pd.DataFrame({"cell": cell, "name": lines["name"].to_numpy()[line], "size": length_m})
    # Along the edge of a cell a street touches it in a point.
    return found[found["size"] > 0]


def _addresses(cells: pd.DataFrame, addresses: pd.DataFrame, side_m: float) -> pd.DataFrame:
    """Number of addresses of every street in every cell."""
    known = addresses.dropna(subset="street")
    here = cell_ids(known["x"], known["y"], cell_m=round(side_m))
    cell = cells.index.get_indexer(pd.Index(here))
    found = pd.DataFrame({"cell": cell, "name": known["street"].to_numpy()})
    return found[found["cell"] >= 0].assign(size=1.0)
