"""What kind of building an address is in, as far as the BAG lets it be told.

The BAG holds no building type. It is derived from the walls between buildings, the dwellings in
a building, the uses and the floor areas: docs/gebouwtypen.md says how, and how well that agrees
with what others count.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo import crs
from igh_geo.errors import Problem, raise_all
from igh_geo.places.blocks import blocks_of
from igh_geo.places.uses import KINDS, ON_ITS_OWN, told_uses

Truths = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

# Why an address has its type: what it rests on, or what was missing.
REASONS = (
    "kind",
    "walls",
    "several_dwellings",
    "mixed_use",
    "uses",
    "no_use",
    "no_pand",
    "no_outline",
    "too_large",
)
_OTHER_LIMITS = (
    *("doubt_floors", "dwellings_per_shop"),
    *("industrial_from_m2", "garage_to_m2", "home_to_m2"),
)
_OBJECT_COLUMNS = ("kind", "uses", "floor_area_m2")


@dataclass(frozen=True)
class TypeRule:
    """The limits by which a building type is derived; measured on 29,690 addresses in two cities.

    Parameters
    ----------
    gap_m : float
        Distance up to which two walls are one. Of 6,966 pairs of buildings with dwellings within
        a metre of each other 99.1 % touch to the millimetre; 0.01 or 0.3 gives another type to 3
        and 6 addresses of 29,690, and 1.0 to 75.
    wall_m : float
        Shortest wall that makes neighbours. What is shorter is a corner, or next to it: of 6,903
        pairs of buildings with dwellings 1.7 % share less than 0.2 m, 0.4 % between 0.2 and 2 m.
    high_from_floors : int
        Storeys from which flats are high: the class with a lift, which the building rules ask for
        when a dwelling is entered more than 12.5 m above the street.
    net_of_gross : float
        Floor area (``oppervlakte``, without walls and stairs) for a square metre of storey. In
        776 buildings whose addresses the municipality placed one above another, so that the
        storeys can be counted, the middle half has 0.78 to 0.88.
    doubt_floors : float
        How near the limit, in storeys, an estimate is too near to tell high from low. With it 4
        of 776 such buildings are told wrongly and 4 are left as ``flat``; without it 7 are wrong.
    known_share : float
        Share of the addresses of a building whose floor area must be known for an estimate.
    dwellings_per_shop : int
        Up to how many dwellings for each shop, office, catering business or hotel in the same
        building are homes above a shop; with more of them it is a block of flats with a shop.
    industrial_from_m2 : float
        Floor area from which an address for industry is a hall, and not a workshop, a kiosk or
        a transformer. A choice: there is nothing to measure it by.
    garage_to_m2 : float
        Floor area up to which an address with no use but ``overige gebruiksfunctie`` is a garage
        or storage: 96 % of those have less, most of them 10 to 30 m².
    home_to_m2 : float
        Floor area from which the only dwelling in a building is no house but a nursing home, a
        convent or the like, registered as one address: 3 of 5,130.
    """

    gap_m: float = 0.1
    wall_m: float = 1.0
    high_from_floors: int = 5
    net_of_gross: float = 0.8
    doubt_floors: float = 0.15
    known_share: float = 0.9
    dwellings_per_shop: int = 3
    industrial_from_m2: float = 200.0
    garage_to_m2: float = 50.0
    home_to_m2: float = 1000.0


def building_types(
    objects: pd.DataFrame,
    panden: gpd.GeoDataFrame,
    links: pd.DataFrame,
    *,
    rule: TypeRule | None = None,
) -> pd.DataFrame:
    """Derive the building type of every address.

    Panden that one dwelling lies in are one building. A dwelling that is the only one in its
    building is a house, whose kind follows from the buildings it shares a wall with, in the terms
    of CBS and Kadaster: none, detached; one house that has no other neighbour, semi-detached; one,
    end of terrace; two or more, mid-terrace. Only buildings with a dwelling, or with a shop, an
    office, a school and the like, are neighbours: sheds, garages, workshops and buildings without
    addresses are not.

    Parameters
    ----------
    objects : pandas.DataFrame
        Addresses in use, index unique: ``kind`` (``verblijfsobject``, ``ligplaats``,
        ``standplaats`` or ``address``), ``uses`` (gebruiksdoelen joined by a space, empty or
        missing where unknown), ``floor_area_m2``, and optionally ``floors``: storeys of the
        building as the user knows them.
    panden : geopandas.GeoDataFrame
        Outlines of buildings that stand, index unique, EPSG:28992. Those at the edge of an area
        lack the neighbours outside it.
    links : pandas.DataFrame
        ``object_id`` and ``pand_id``: which address lies in which building, many to many. Links
        of other addresses are passed over; a pand without outline still tells how many dwellings
        it holds.
    rule : TypeRule, optional
        The limits; by default ``TypeRule()``.

    Returns
    -------
    pandas.DataFrame
        On the index of `objects`: ``building_type`` (one of ``tables.BUILDING_TYPES``, never
        missing: ``unknown`` where nothing can be derived; ``maisonette`` cannot be derived),
        ``reason`` (one of ``REASONS``), ``n_dwellings`` in its buildings (missing without pand),
        ``n_neighbours``, the buildings that share a wall with them (missing without outline), and
        ``floors``: the user's own, or of another address in the building, or estimated from floor
        areas and footprint; missing where neither is known.

    Raises
    ------
    CrsError
        When the outlines are not in EPSG:28992.
    DataError
        When a column is missing, an id is repeated, a kind is unknown, uses are no text, floor
        areas or floors no numbers, or a limit of the rule makes no sense.

    Notes
    -----
    CBS, "Woningtype", short description of the method (one address in a pand is a single-family
    home; the kinds after Kadaster, "Woningtypering").
    """
    rule = TypeRule() if rule is None else rule
    crs.check_crs(panden, "the buildings")
    raise_all([*_problems_of_frames(objects, panden, links), *_problems_of_rule(rule)])
    told = told_uses(objects)
    blocks = blocks_of(
        told,
        panden,
        links,
        gap_m=rule.gap_m,
        wall_m=rule.wall_m,
        net_of_gross=rule.net_of_gross,
        known_share=rule.known_share,
    )
    kind, why = _types(told, blocks, rule)
    return pd.DataFrame(
        {
            "building_type": pd.array(kind, dtype="str"),
            "reason": pd.array(why, dtype="str"),
            "n_dwellings": blocks["n_dwellings"].array,
            "n_neighbours": blocks["n_neighbours"].array,
            "floors": told["floors"].fillna(blocks["floors"]).array,
        },
        index=objects.index,
    )


def _types(told: pd.DataFrame, blocks: pd.DataFrame, rule: TypeRule) -> tuple[Words, Words]:
    """Type and reason of every address: the first that holds."""
    home = told["is_dwelling"].to_numpy()
    n_dwellings, n_shops = (_whole(blocks[name]) for name in ("n_dwellings", "n_shops"))
    is_linked = blocks["n_dwellings"].notna().to_numpy()
    is_outlined = blocks["n_neighbours"].notna().to_numpy()
    height = _height(blocks, rule)
    is_mixed = (n_shops > 0) & (n_dwellings <= rule.dwellings_per_shop * n_shops)
    area = _real(told["floor_area_m2"].fillna(blocks["footprint_m2"]))
    is_hall = told["is_industry"].to_numpy() & (area >= rule.industrial_from_m2)
    is_box = told["is_other_only"].to_numpy() & ~(area > rule.garage_to_m2)

    boat, stand = (told["kind"].eq(name).to_numpy() for name in ON_ITS_OWN)
    cases: list[tuple[Truths, str | Words, str]] = [
        (boat, "houseboat", "kind"),
        (stand, "caravan", "kind"),
        (~told["is_known"].to_numpy(), "unknown", "no_use"),
        (~home & is_hall & (n_dwellings == 0), "industrial", "uses"),
        (~home & is_box, "garage", "uses"),
        (~home, "business", "uses"),
        (~is_linked, "unknown", "no_pand"),
        (is_mixed & (height != "flat_high"), "above_shop", "mixed_use"),
        (n_dwellings > 1, height, "several_dwellings"),
        (~is_outlined, "unknown", "no_outline"),
        (area >= rule.home_to_m2, "unknown", "too_large"),
        (home, _house(blocks), "walls"),
    ]
    holds = [case for case, _, _ in cases]
    kinds = np.select(holds, [kind for _, kind, _ in cases], "unknown")
    reasons = np.select(holds, [why for _, _, why in cases], "no_use")
    return kinds.astype(object), reasons.astype(object)


def _house(blocks: pd.DataFrame) -> Words:
    n, is_pair = _whole(blocks["n_neighbours"]), blocks["is_pair"].fillna(False).to_numpy(bool)
    kinds = ["detached", "semi_detached", "end_terrace"]
    house: Words = np.select([n == 0, (n == 1) & is_pair, n == 1], kinds, "mid_terrace")
    return house


def _height(blocks: pd.DataFrame, rule: TypeRule) -> Words:
    """Flats by their storeys: given by the user, or estimated and then with room for doubt."""
    floors = _real(blocks["floors"])
    is_given = blocks["is_floors_given"].fillna(False).to_numpy(bool)
    # An estimate is no whole number: four and five meet at four and a half.
    limit = np.where(is_given, rule.high_from_floors, rule.high_from_floors - 0.5)
    doubt = np.where(is_given, 0.0, rule.doubt_floors)
    # Two homes on five storeys: rather an area or a link that is wrong.
    is_few = ~is_given & (_whole(blocks["n_dwellings"]) < rule.high_from_floors)
    cases = [(floors >= limit + doubt) & ~is_few, floors < limit - doubt]
    height: Words = np.select(cases, ["flat_high", "flat_low"], "flat")
    return height


def _whole(numbers: pd.Series) -> npt.NDArray[np.int64]:
    return numbers.fillna(0).to_numpy(dtype=np.int64)


def _real(numbers: pd.Series) -> npt.NDArray[np.float64]:
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _problems_of_frames(
    objects: pd.DataFrame, panden: gpd.GeoDataFrame, links: pd.DataFrame
) -> list[Problem]:
    problems = [
        Problem(
            f"The {name} have a column '{column}'.",
            f"the columns are {', '.join(map(str, frame.columns))}",
            f"add '{column}'; leave it empty where it is not known",
        )
        for name, frame, columns in (
            ("addresses", objects, _OBJECT_COLUMNS),
            ("links", links, ("object_id", "pand_id")),
        )
        for column in columns
        if column not in frame.columns
    ]
    for name, index in (("address", objects.index), ("building", panden.index)):
        if not index.is_unique:
            repeated = index[index.duplicated()]
            problems.append(
                Problem(
                    f"Every {name} has an id of its own.",
                    f"{len(repeated)} are repeated, the first is {repeated[0]!r}",
                    f"keep one row for each {name}: the one that is valid today",
                )
            )
    if "kind" in objects.columns:
        strange = objects["kind"][~objects["kind"].isin(KINDS)]
        if len(strange):
            problems.append(
                Problem(
                    f"The kind of an address is one of {', '.join(KINDS)}.",
                    f"{len(strange)} are not, the first is {strange.iloc[0]!r}",
                    "give 'address' where nothing more is known",
                )
            )
    return problems + _problems_of_values(objects)


def _problems_of_values(objects: pd.DataFrame) -> list[Problem]:
    columns = {"uses": "text", "floor_area_m2": "a number", "floors": "a number"}
    problems = []
    for column, what in columns.items():
        if column not in objects.columns:
            continue
        values = objects[column]
        if what == "text":
            is_right = np.array([isinstance(value, str) for value in values], dtype=bool)
        else:
            is_right = pd.to_numeric(values, errors="coerce").notna().to_numpy(dtype=bool)
        is_wrong = ~is_right & values.notna().to_numpy(dtype=bool)
        if is_wrong.any():
            problems.append(
                Problem(
                    f"'{column}' of an address is {what}, or missing.",
                    f"{int(is_wrong.sum())} are not, the first is {values[is_wrong].iloc[0]!r}",
                    "leave it empty where it is not known; several uses are joined by a space",
                )
            )
    return problems


def _problems_of_rule(rule: TypeRule) -> list[Problem]:
    problems = [
        Problem(
            f"'{name}' is more than zero.",
            f"it is {getattr(rule, name)}",
            f"leave it at {getattr(TypeRule(), name)}",
        )
        for name in ("net_of_gross", "high_from_floors")
        if not getattr(rule, name) > 0
    ]
    problems += [
        Problem(
            f"'{name}' is a number of zero or more.",
            f"it is {getattr(rule, name)}",
            f"leave it at {getattr(TypeRule(), name)}",
        )
        for name in _OTHER_LIMITS
        if not 0 <= getattr(rule, name) < np.inf
    ]
    if not 0 < rule.known_share <= 1:
        problems.append(
            Problem(
                "'known_share' is a share above 0, up to 1.",
                f"it is {rule.known_share}",
                f"leave it at {TypeRule().known_share}",
            )
        )
    return problems
