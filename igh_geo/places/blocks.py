"""Buildings as they stand: panden joined by a dwelling, what is in them, and whom they touch."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.places.uses import ON_ITS_OWN
from igh_geo.places.walls import surfaces, touching_walls

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

# The highest building of the country has some sixty; outside of this an area or a link is wrong.
_POSSIBLE_STOREYS = (0.5, 60.0)
# The last bits of an area change when everything is moved, and an address may be on a limit.
_DECIMALS = 6


def blocks_of(
    told: pd.DataFrame,
    panden: gpd.GeoDataFrame,
    links: pd.DataFrame,
    *,
    gap_m: float,
    wall_m: float,
    net_of_gross: float,
    known_share: float,
) -> pd.DataFrame:
    """Describe the building that each address lies in.

    Panden that one dwelling lies in are one building; a shop over three panden leaves them three,
    and lies in each of them.

    Parameters
    ----------
    told : pandas.DataFrame
        The addresses, as `told_uses` gives them.
    panden : geopandas.GeoDataFrame
        Outlines, index ``pand_id``, EPSG:28992.
    links : pandas.DataFrame
        ``object_id`` and ``pand_id``.
    gap_m, wall_m : float
        What counts as a shared wall, in metres: see `touching_walls`.
    net_of_gross : float
        Floor area for a square metre of storey.
    known_share : float
        Share of the addresses of a building whose floor area must be known for an estimate.

    Returns
    -------
    pandas.DataFrame
        On the index of `told`: ``n_dwellings`` in its buildings (missing without pand);
        ``n_neighbours``, other buildings with a main use that share a wall with them (missing
        where a pand has no outline); ``is_pair``, its only neighbour holds one dwelling and
        touches no other; ``n_shops`` in its buildings; ``floors``, given for an address in its
        building, else estimated, missing where neither can be; ``is_floors_given``; and
        ``footprint_m2``, its part of the ground, shared evenly by the addresses of a building.
    """
    of, pand, ids = _linked(told, links)
    outlines = panden.reindex(ids).set_crs(panden.crs)
    block = _joined(of, pand, told["is_dwelling"].to_numpy(), n_panden=len(ids))
    ground = (
        pd.Series(shapely.area(surfaces(outlines)).round(_DECIMALS))
        .groupby(block)
        .sum(skipna=False, min_count=1)
    )
    lies_in = _lies_in(of, pand, block)
    blocks = _contents(told, lies_in).join(ground.rename("footprint_m2"))
    blocks["floors"] = _storeys(
        told, lies_in, blocks, net_of_gross=net_of_gross, known_share=known_share
    )
    given = told["floors"].iloc[lies_in["of"]].groupby(lies_in["block"].to_numpy()).max()
    blocks["is_floors_given"] = given.notna()
    blocks["floors"] = given.fillna(blocks["floors"])

    walls = touching_walls(outlines, gap_m=gap_m, length_m=wall_m)
    neighbours = _neighbours(walls, outlines.index, block, blocks["is_main"].to_numpy())
    blocks["is_pair"] = _pairs(neighbours, blocks["n_dwellings"].to_numpy())
    return _of_addresses(told.index, lies_in, blocks, neighbours)


def _linked(told: pd.DataFrame, links: pd.DataFrame) -> tuple[Integers, Integers, pd.Index]:
    """Positions of addresses and of panden that belong together, and the ids of those panden."""
    in_building = told.index[~told["kind"].isin(ON_ITS_OWN)]
    known = links[links["object_id"].isin(in_building) & links["pand_id"].notna()]
    known = known[["object_id", "pand_id"]].drop_duplicates()
    # Sorted, so that the order of the links changes nothing.
    pand, ids = pd.factorize(known["pand_id"].to_numpy(), sort=True)
    of = told.index.get_indexer(pd.Index(known["object_id"]))
    return of.astype(np.int64), pand.astype(np.int64), pd.Index(ids)


def _joined(of: Integers, pand: Integers, is_dwelling: Truths, *, n_panden: int) -> Integers:
    """The building of every pand: those that hold a part of one dwelling are one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    home = np.flatnonzero(is_dwelling[of])
    home = home[np.argsort(of[home], kind="stable")]
    is_same = of[home][1:] == of[home][:-1]
    one, other = pand[home][:-1][is_same], pand[home][1:][is_same]
    joins = coo_array((np.ones(len(one)), (one, other)), shape=(n_panden, n_panden))
    _, block = connected_components(joins, directed=False)
    joined: Integers = np.asarray(block, dtype=np.int64)
    return joined


def _lies_in(of: Integers, pand: Integers, block: Integers) -> pd.DataFrame:
    """Which address lies in which building, once each, and with what share of its floor."""
    lies_in = pd.DataFrame({"of": of, "block": block[pand]})
    lies_in = lies_in.drop_duplicates().sort_values(["of", "block"], ignore_index=True)
    n_blocks = lies_in.groupby("of")["block"].transform("size")
    return lies_in.assign(share=1.0 / n_blocks)


def _contents(told: pd.DataFrame, lies_in: pd.DataFrame) -> pd.DataFrame:
    """What the addresses of each building make of it."""
    here = told[["is_dwelling", "is_shop", "is_main"]].iloc[lies_in["of"]].astype(np.int64)
    sums = here.groupby(lies_in["block"].to_numpy()).agg(["sum"]).droplevel(1, axis=1)
    return pd.DataFrame(
        {
            "n_addresses": lies_in.groupby("block").size(),
            "n_dwellings": sums["is_dwelling"],
            "n_shops": sums["is_shop"],
            "is_main": sums["is_main"] > 0,
        }
    )


def _storeys(
    told: pd.DataFrame,
    lies_in: pd.DataFrame,
    blocks: pd.DataFrame,
    *,
    net_of_gross: float,
    known_share: float,
) -> pd.Series:
    """Floor area over footprint; a few unknown areas are taken to be as large as the others."""
    area_m2 = told["floor_area_m2"].to_numpy(dtype=float, na_value=np.nan)[lies_in["of"]]
    by_block = pd.Series(area_m2 * lies_in["share"].to_numpy()).groupby(lies_in["block"])
    is_enough = by_block.count() >= known_share * blocks["n_addresses"]
    floors = by_block.mean() * blocks["n_addresses"] / blocks["footprint_m2"] / net_of_gross
    floors = floors.round(_DECIMALS)
    is_possible = floors.between(*_POSSIBLE_STOREYS)
    return pd.Series(floors.where(is_enough & is_possible), dtype="Float64")


def _neighbours(
    walls: pd.DataFrame, panden: pd.Index, block: Integers, is_main: Truths
) -> pd.DataFrame:
    """Buildings, and the buildings with a main use that share a wall with each."""
    one = block[panden.get_indexer(pd.Index(walls["pand_id"]))]
    other = block[panden.get_indexer(pd.Index(walls["other_pand_id"]))]
    both = pd.DataFrame(
        {"block": np.concatenate([one, other]), "neighbour": np.concatenate([other, one])}
    )
    is_one = (both["block"] != both["neighbour"]) & is_main[both["neighbour"]]
    return both[is_one].drop_duplicates(ignore_index=True)


def _pairs(neighbours: pd.DataFrame, n_dwellings: Integers) -> Truths:
    n = np.bincount(neighbours["block"], minlength=len(n_dwellings))
    one, other = neighbours["block"].to_numpy(), neighbours["neighbour"].to_numpy()
    is_pair = np.zeros(len(n_dwellings), dtype=bool)
    is_pair[one[(n[one] == 1) & (n[other] == 1) & (n_dwellings[other] == 1)]] = True
    return is_pair


def _of_addresses(
    addresses: pd.Index, lies_in: pd.DataFrame, blocks: pd.DataFrame, neighbours: pd.DataFrame
) -> pd.DataFrame:
    """From buildings to addresses; one that lies in several has what they have together."""
    here = blocks.iloc[lies_in["block"]].reset_index(drop=True)
    here["footprint_m2"] /= here["n_addresses"]
    by_address = here.groupby(lies_in["of"])
    found = by_address.agg(
        n_dwellings=("n_dwellings", "sum"),
        n_shops=("n_shops", "sum"),
        floors=("floors", "max"),
        is_floors_given=("is_floors_given", "any"),
        is_pair=("is_pair", "all"),
    )
    found["footprint_m2"] = by_address["footprint_m2"].sum(min_count=1)
    is_outlined = here["footprint_m2"].notna().groupby(lies_in["of"]).all()
    found["n_neighbours"] = _counted(lies_in, neighbours).reindex(found.index).where(is_outlined)
    found = found.reindex(np.arange(len(addresses))).set_axis(addresses)
    counts = dict.fromkeys(("n_dwellings", "n_neighbours", "n_shops"), "Int64")
    truths = dict.fromkeys(("is_floors_given", "is_pair"), "boolean")
    return found.astype({**counts, **truths, "floors": "Float64", "footprint_m2": "Float64"})


def _counted(lies_in: pd.DataFrame, neighbours: pd.DataFrame) -> pd.Series:
    """How many different neighbours the buildings of each address have, its own left out."""
    near = lies_in[["of", "block"]].merge(neighbours, on="block")[["of", "neighbour"]]
    near = near.drop_duplicates().rename(columns={"neighbour": "block"})
    own = near.merge(lies_in[["of", "block"]], on=["of", "block"]).groupby("of").size()
    n = near.groupby("of").size().sub(own, fill_value=0)
    return n.reindex(lies_in["of"].unique(), fill_value=0).astype("Int64")
