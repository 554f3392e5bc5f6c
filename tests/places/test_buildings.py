from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.affinity import rotate, translate

from igh_geo import crs
from igh_geo.errors import CrsError, DataError
from igh_geo.places.buildings import REASONS, TypeRule, building_types
from igh_geo.tables import BUILDING_TYPES

X, Y = 85_000.0, 455_000.0
HOME, SHOP, OFFICE = "woonfunctie", "winkelfunctie", "kantoorfunctie"
INDUSTRY, OTHER, SCHOOL = "industriefunctie", "overige gebruiksfunctie", "onderwijsfunctie"
HOUSES = ["detached", "semi_detached", "end_terrace", "mid_terrace"]


class Town:
    """A few buildings by hand: each with an outline, and the addresses in it."""

    def __init__(self) -> None:
        self.outlines: dict[str, Any] = {}
        self.addresses: list[dict[str, Any]] = []
        self.links: list[tuple[str, str]] = []

    def pand(self, name: str, outline: Any, *uses: str, area_m2: float | None = 100.0) -> Town:
        self.outlines[name] = None if outline is None else translate(outline, X, Y)
        for number, use in enumerate(uses):
            self.address(f"{name}{number or ''}", use, name, area_m2=area_m2)
        return self

    def address(
        self,
        name: str,
        use: str | None,
        *panden: str,
        kind: str = "verblijfsobject",
        area_m2: float | None = 100.0,
        floors: float | None = None,
    ) -> Town:
        row = {"object_id": name, "kind": kind, "uses": use, "x": X, "y": Y}
        self.addresses.append({**row, "floor_area_m2": area_m2, "floors": floors})
        self.links += [(name, pand) for pand in panden]
        return self

    def frames(self) -> tuple[pd.DataFrame, gpd.GeoDataFrame, pd.DataFrame]:
        columns = ["object_id", "kind", "uses", "x", "y", "floor_area_m2", "floors"]
        objects = pd.DataFrame(self.addresses, columns=columns).set_index("object_id")
        objects = objects.astype({"floor_area_m2": "Float64", "floors": "Float64"})
        index = pd.Index(list(self.outlines), name="pand_id", dtype="str")
        panden = gpd.GeoDataFrame(
            {"year_built": 1930}, geometry=list(self.outlines.values()), index=index, crs=crs.RD
        )
        return objects, panden, pd.DataFrame(self.links, columns=["object_id", "pand_id"])

    def types(self, rule: TypeRule | None = None) -> dict[str, str]:
        return building_types(*self.frames(), rule=rule)["building_type"].to_dict()


def house(column: float, row: float = 0.0) -> Any:
    """A house of 6 by 10 m at a place in a row of such houses."""
    return shapely.box(6 * column, 10 * row, 6 * column + 6, 10 * row + 10)


def test_house_on_its_own_is_detached() -> None:
    assert Town().pand("a", house(0), HOME).types() == {"a": "detached"}


def test_two_houses_wall_to_wall_are_semi_detached() -> None:
    pair = Town().pand("a", house(0), HOME).pand("b", house(1), HOME)
    assert pair.types() == {"a": "semi_detached", "b": "semi_detached"}


def test_row_of_five_has_two_ends_and_three_in_between() -> None:
    row = Town()
    for number in range(5):
        row.pand(f"h{number}", house(number), HOME)
    assert list(row.types().values()) == [HOUSES[2], *[HOUSES[3]] * 3, HOUSES[2]]
    table = building_types(*row.frames())
    assert table["n_neighbours"].tolist() == [1, 2, 2, 2, 1]
    assert table["n_dwellings"].tolist() == [1] * 5
    # 100 m² of floor on 60 m² of ground, at 0.8 m² of floor for a square metre of storey.
    assert table["floors"].tolist() == pytest.approx([100 / 60 / 0.8] * 5)


@pytest.mark.parametrize("use", [None, OTHER, INDUSTRY])
def test_shed_garage_or_workshop_against_a_house_is_no_neighbour(use: str | None) -> None:
    row = Town().pand("a", house(0), HOME).pand("b", house(1), HOME)
    row.pand("shed", shapely.box(12, 0, 15, 6), *([use] if use else []), area_m2=15.0)
    row.pand("c", shapely.box(15, 0, 21, 10), HOME)
    types = row.types()
    assert [types[name] for name in "abc"] == ["semi_detached", "semi_detached", "detached"]


@pytest.mark.parametrize("use", [SHOP, OFFICE, SCHOOL])
def test_house_in_a_row_keeps_its_neighbour_when_that_becomes_a_shop(use: str) -> None:
    row = Town()
    for number, name in enumerate("abcd"):
        row.pand(name, house(number), use if name == "b" else HOME)
    types = row.types()
    assert [types[name] for name in "acd"] == ["end_terrace", "mid_terrace", "end_terrace"]


def test_house_against_a_block_of_flats_is_at_the_end_of_a_row() -> None:
    town = Town().pand("a", house(0), HOME).pand("flat", house(1), *[HOME] * 4)
    assert town.types()["a"] == "end_terrace"


def test_closed_block_around_a_courtyard_has_no_ends() -> None:
    block = Town()
    for number in range(5):
        block.pand(f"s{number}", house(number, 0), HOME).pand(f"n{number}", house(number, 4), HOME)
    for number in range(1, 4):
        block.pand(f"w{number}", house(0, number), HOME).pand(f"e{number}", house(4, number), HOME)
    block.pand("x", shapely.box(13, 22, 17, 26), HOME)
    types = block.types()
    assert types.pop("x") == "detached"
    assert set(types.values()) == {"mid_terrace"}


def test_twelve_dwellings_on_six_floors_are_high_flats() -> None:
    # Two of 80 m² a floor, on 200 m² of ground: 960 / 200 / 0.8 = 6 storeys.
    flat = Town().pand("a", shapely.box(0, 0, 20, 10), *[HOME] * 12, area_m2=80.0)
    assert set(flat.types().values()) == {"flat_high"}
    table = building_types(*flat.frames())
    assert set(table["n_dwellings"]) == {12}
    assert table["floors"].tolist() == pytest.approx([6.0] * 12)


@pytest.mark.parametrize(
    ("area_m2", "expected"),
    [
        (60.0, "flat_low"),  # 3.75 storeys
        (71.0, "flat"),  # 4.44: four or five
        (73.0, "flat"),  # 4.56
        (76.0, "flat_high"),  # 4.75
        (None, "flat"),
        (1.0, "flat"),  # no area, but what was filled in for want of one
        (999_999.0, "flat"),
    ],
)
def test_flats_are_high_or_low_by_floor_area_over_ground_or_just_flats(
    area_m2: float | None, expected: str
) -> None:
    flat = Town().pand("a", shapely.box(0, 0, 20, 10), *[HOME] * 10, area_m2=area_m2)
    assert set(flat.types().values()) == {expected}


def test_a_few_unknown_floor_areas_are_taken_as_the_others_and_many_are_not() -> None:
    flat = Town().pand("a", shapely.box(0, 0, 20, 10), *[HOME] * 11, area_m2=80.0)
    flat.address("b", HOME, "a", area_m2=None)
    assert building_types(*flat.frames())["floors"].tolist() == pytest.approx([6.0] * 12)
    for name in "cde":
        flat.address(name, HOME, "a", area_m2=None)
    assert building_types(*flat.frames())["floors"].isna().all()


def test_two_dwellings_on_five_floors_are_more_likely_a_wrong_floor_area() -> None:
    town = Town().pand("a", house(0), HOME, HOME, area_m2=150.0)
    assert set(town.types().values()) == {"flat"}


@pytest.mark.parametrize(("floors", "expected"), [(4, "flat_low"), (5, "flat_high")])
def test_storeys_that_the_user_knows_come_before_the_estimate(floors: int, expected: str) -> None:
    town = Town().pand("a", house(0), HOME, HOME, area_m2=60.0)
    town.address("b", HOME, "a", floors=floors)
    assert set(town.types().values()) == {expected}
    assert set(building_types(*town.frames())["floors"]) == {floors}


def test_dwelling_over_a_shop_is_above_a_shop_and_the_shop_is_business() -> None:
    town = Town().pand("a", house(0), SHOP, HOME).pand("b", house(1), HOME)
    assert town.types() == {"a": "business", "a1": "above_shop", "b": "semi_detached"}


def test_dwelling_that_is_a_shop_itself_is_above_a_shop() -> None:
    assert Town().pand("a", house(0), f"{SHOP} {HOME}").types() == {"a": "above_shop"}


@pytest.mark.parametrize("use", [INDUSTRY, "gezondheidszorgfunctie", OTHER])
def test_dwelling_with_a_workshop_a_practice_or_a_garage_is_a_house(use: str) -> None:
    town = Town().pand("a", house(0), HOME, use, area_m2=30.0)
    assert town.types()["a"] == "detached"


@pytest.mark.parametrize(
    ("n_dwellings", "n_shops", "expected"),
    [(3, 1, "above_shop"), (4, 1, "flat_low"), (12, 4, "above_shop"), (12, 1, "flat_low")],
)
def test_a_shop_in_a_block_of_flats_leaves_them_flats(
    n_dwellings: int, n_shops: int, expected: str
) -> None:
    block = shapely.box(0, 0, 60, 12)
    town = Town().pand("a", block, *[HOME] * n_dwellings, *[SHOP] * n_shops)
    assert [*town.types().values()][:n_dwellings] == [expected] * n_dwellings


def test_high_flats_over_shops_stay_high_flats() -> None:
    town = Town().pand("a", house(0), *[HOME] * 6, SHOP, SHOP, area_m2=60.0)
    assert [*town.types().values()][:6] == ["flat_high"] * 6


def test_industry_is_a_hall_from_a_floor_area_and_outside_a_block_of_homes() -> None:
    town = Town().pand("hall", shapely.box(0, 0, 20, 20), INDUSTRY, area_m2=350.0)
    town.pand("small", shapely.box(30, 0, 40, 8), INDUSTRY, area_m2=70.0)
    town.pand("block", shapely.box(50, 0, 80, 20), INDUSTRY, HOME, HOME, area_m2=350.0)
    town.pand("unknown", shapely.box(90, 0, 110, 20), INDUSTRY, area_m2=None)
    types = town.types()
    assert types["hall"] == "industrial"
    assert types["small"] == types["block"] == "business"
    # Its floor area is not known, and its ground is 400 m².
    assert types["unknown"] == "industrial"


def test_row_of_garage_boxes_is_garages_and_a_car_park_is_business() -> None:
    town = Town()
    for number in range(4):
        town.pand(f"g{number}", shapely.box(3 * number, 0, 3 * number + 3, 6), OTHER, area_m2=16.0)
    town.pand("park", shapely.box(50, 0, 90, 40), OTHER, area_m2=1400.0)
    assert [*town.types().values()] == ["garage"] * 4 + ["business"]


@pytest.mark.parametrize("other", [house(1, 1), shapely.box(6.2, 0, 12, 10)])
def test_houses_that_meet_at_a_corner_or_stand_apart_are_detached(other: Any) -> None:
    town = Town().pand("a", house(0), HOME).pand("b", other, HOME)
    assert set(town.types().values()) == {"detached"}


@pytest.mark.parametrize("west", [5.98, 6.05])
def test_overlap_of_2_cm_and_gap_of_5_cm_are_one_wall(west: float) -> None:
    town = Town().pand("a", house(0), HOME).pand("b", shapely.box(west, 0, 12, 10), HOME)
    assert set(town.types().values()) == {"semi_detached"}


def test_l_shaped_house_with_two_walls_against_one_neighbour_has_one_neighbour() -> None:
    corner = shapely.box(0, 0, 12, 10) - shapely.box(6, 4, 12, 10)
    town = Town().pand("a", corner, HOME).pand("b", shapely.box(6, 4, 12, 10), HOME)
    assert set(town.types().values()) == {"semi_detached"}


def test_row_that_is_one_pand_cannot_be_told_from_flats() -> None:
    # Five houses of 100 m² as one outline: 500 / 300 / 0.8 = 2.1 storeys.
    town = Town().pand("a", shapely.box(0, 0, 30, 10), *[HOME] * 5)
    assert set(town.types().values()) == {"flat_low"}


def test_house_in_two_panden_is_one_house() -> None:
    town = Town().pand("a", house(0), HOME).pand("b", house(1)).pand("c", house(2), HOME)
    town.links.append(("a", "b"))
    assert town.types() == {"a": "semi_detached", "c": "semi_detached"}
    table = building_types(*town.frames())
    assert table["n_neighbours"].tolist() == [1, 1]
    assert table.loc["a", "floors"] == pytest.approx(100 / 120 / 0.8)


def test_shop_over_three_panden_leaves_the_dwellings_above_in_three_buildings() -> None:
    town = Town()
    for number, name in enumerate("abc"):
        town.pand(name, house(number), HOME)
    town.address("shop", SHOP, "a", "b", "c", area_m2=180.0)
    table = building_types(*town.frames())
    assert table["building_type"].tolist() == ["above_shop"] * 3 + ["business"]
    assert table["n_dwellings"].tolist() == [1, 1, 1, 3]
    # 100 m² and a third of the shop, on 60 m².
    assert table.loc["a", "floors"] == pytest.approx(160 / 60 / 0.8)


def test_mooring_and_pitch_are_what_their_kind_says() -> None:
    town = Town().address("boat", None, kind="ligplaats", area_m2=None)
    town.address("pitch", "", kind="standplaats", area_m2=None)
    assert town.types() == {"boat": "houseboat", "pitch": "caravan"}


def test_dwelling_without_pand_or_outline_is_unknown_and_says_why() -> None:
    town = Town().address("none", HOME).address("gone", HOME, "elsewhere")
    town.pand("empty", None, HOME)
    table = building_types(*town.frames())
    assert set(table["building_type"]) == {"unknown"}
    assert table["reason"].tolist() == ["no_pand", "no_outline", "no_outline"]
    assert table["n_dwellings"].isna().tolist() == [True, False, False]
    assert table["n_neighbours"].isna().all()


def test_several_dwellings_in_a_pand_without_outline_are_flats() -> None:
    town = Town().address("a", HOME, "elsewhere").address("b", HOME, "elsewhere")
    assert set(town.types().values()) == {"flat"}


def test_address_without_a_use_is_unknown() -> None:
    town = Town().pand("a", house(0), "", "onbekend").address("b", None, "a")
    assert set(building_types(*town.frames())["reason"]) == {"no_use"}


def test_business_without_pand_is_business() -> None:
    town = Town().address("a", SHOP).address("b", OTHER, area_m2=18.0)
    assert town.types() == {"a": "business", "b": "garage"}


def test_dwelling_of_the_size_of_a_convent_is_no_house() -> None:
    town = Town().pand("a", shapely.box(0, 0, 60, 40), HOME, area_m2=5000.0)
    assert building_types(*town.frames()).iloc[0][["building_type", "reason"]].tolist() == [
        "unknown",
        "too_large",
    ]


def test_no_addresses_have_no_types() -> None:
    table = building_types(*Town().frames())
    assert table.empty
    assert [str(dtype) for dtype in table.dtypes] == ["str", "str", "Int64", "Int64", "Float64"]


@pytest.fixture
def quarter() -> Town:
    """A made-up quarter of 300 buildings of every kind."""
    rng = np.random.default_rng(5)
    town = Town()
    uses = [(HOME,), (HOME,), (HOME, SHOP), (HOME,) * 8, (SHOP,), (INDUSTRY,), (OTHER,), ("",)]
    for number in range(300):
        column, row = number % 20, number // 20
        width = rng.choice([6.0, 6.0, 6.0, 5.0])
        outline = shapely.box(6 * column, 30 * row, 6 * column + width, 30 * row + 10)
        chosen = uses[rng.integers(len(uses))]
        town.pand(f"p{number}-", outline, *chosen, area_m2=float(rng.integers(10, 300)))
    for number in range(20):
        town.address(f"extra{number}", HOME, f"p{number}-", f"p{number + 1}-")
        town.address(f"boat{number}", None, kind="ligplaats", area_m2=None)
    return town


def test_order_of_rows_changes_nothing(quarter: Town) -> None:
    objects, panden, links = quarter.frames()
    expected = building_types(objects, panden, links)
    mixed = (frame.sample(frac=1.0, random_state=8) for frame in (objects, panden, links))
    pd.testing.assert_frame_equal(building_types(*mixed).loc[objects.index], expected)


def test_moving_and_turning_everything_changes_nothing(quarter: Town) -> None:
    objects, panden, links = quarter.frames()
    expected = building_types(objects, panden, links)
    turned = panden.set_geometry(
        [translate(rotate(shape, 29.0, origin=(X, Y)), 5_000.3, 7.7) for shape in panden.geometry]
    )
    pd.testing.assert_frame_equal(building_types(objects, turned, links), expected)


def test_every_address_has_a_type_of_the_list_and_a_reason(quarter: Town) -> None:
    objects, panden, links = quarter.frames()
    before = objects.copy(), panden.copy(), links.copy()
    table = building_types(objects, panden, links)
    assert table.index.equals(objects.index)
    assert table["building_type"].isin(BUILDING_TYPES).all()
    assert table["reason"].isin(REASONS).all()
    assert len(set(table["building_type"])) > 8
    for frame, earlier in zip((objects, panden, links), before, strict=True):
        pd.testing.assert_frame_equal(frame, earlier)


def test_links_twice_and_links_of_others_change_nothing(quarter: Town) -> None:
    objects, panden, links = quarter.frames()
    others = pd.DataFrame({"object_id": ["nobody", "p0-"], "pand_id": ["p0-", None]})
    more = pd.concat([links, links, others], ignore_index=True)
    expected = building_types(objects, panden, links)
    pd.testing.assert_frame_equal(building_types(objects, panden, more), expected)


def test_faults_of_the_frames_are_named_together() -> None:
    objects, panden, links = Town().pand("a", house(0), HOME).frames()
    twice = pd.concat([objects.assign(kind="villa")] * 2).drop(columns="uses")
    with pytest.raises(DataError, match=r"(?s)'uses'.*'pand_id'.*Every address.*'villa'"):
        building_types(twice, panden, links.drop(columns="pand_id"))
    with pytest.raises(CrsError, match="measured in metres"):
        building_types(objects, panden.to_crs(4326), links)


@pytest.mark.parametrize(
    "limits", [{"net_of_gross": 0.0}, {"high_from_floors": 0}, {"known_share": 1.5}]
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, float]) -> None:
    frames = Town().pand("a", house(0), HOME).frames()
    with pytest.raises(DataError, match=next(iter(limits))):
        building_types(*frames, rule=replace(TypeRule(), **limits))


# --- Den Haag and Voorburg ---

Frames = tuple[pd.DataFrame, gpd.GeoDataFrame, pd.DataFrame]
NOT_THERE = ("Pand ten onrechte opgevoerd", "Bouw gestart")


def short(ids: pd.Series) -> pd.Series:
    return ids.str.strip().str[-16:]


@pytest.fixture(scope="module")
def two_cities(real_data: Path) -> Frames:
    file = real_data / "buildings" / "denhaag_voorburg_bag_2022.gpkg"
    panden = gpd.read_file(file, layer="pand")
    panden = panden[~panden["status"].isin(NOT_THERE)]
    panden = panden.set_index(short(panden["identificatie"]).rename("pand_id"))
    rows = gpd.read_file(file, layer="verblijfsobject")
    rows = rows[rows["status"].isin(("Verblijfsobject in gebruik", "Verbouwing verblijfsobject"))]
    ids = short(rows["identificatie"])
    objects = pd.DataFrame(
        {
            "kind": "verblijfsobject",
            "uses": rows["gebruiksdoel"].str.strip("{}").str.replace(",", " ").to_numpy(),
            "floor_area_m2": rows["oppervlakte"].astype("Float64").to_numpy(),
            "x": rows.geometry.x.to_numpy(),
            "y": rows.geometry.y.to_numpy(),
        },
        index=pd.Index(ids, name="object_id"),
    )
    linked = rows.assign(
        object_id=ids, pand_id=rows["pandref"].str.strip("{}").str.split(",")
    ).explode("pand_id")
    links = pd.DataFrame({"object_id": linked["object_id"], "pand_id": short(linked["pand_id"])})
    return objects, panden[["oorspronkelijkbouwjaar", "geometry"]], links.reset_index(drop=True)


@pytest.mark.real
def test_single_family_homes_of_two_cities_agree_with_the_key_figures(
    two_cities: Frames, real_data: Path
) -> None:
    objects, panden, links = two_cities
    table = building_types(objects, panden, links).join(objects[["uses", "x", "y"]])
    homes = table[table["uses"].str.contains(HOME)]
    points = gpd.points_from_xy(homes["x"], homes["y"], crs=crs.RD)
    buurten = gpd.read_file(
        real_data / "buildings" / "denhaag_voorburg_bag_2022.gpkg", layer="buurten_2022"
    )
    homes = gpd.GeoDataFrame(homes, geometry=points).sjoin(buurten[["buurtcode", "geometry"]])
    is_house = homes["building_type"].isin([*HOUSES, "houseboat", "caravan"])
    ours = 100 * is_house.groupby(homes["buurtcode"]).mean()
    figures = pd.read_csv(real_data / "keyfigures" / "kwb_2024_with_crime_totals_2021_2025.csv")
    theirs = figures.set_index("code")["eengezinswoning"].reindex(ours.index)
    assert len(ours) == 14
    # Theirs is in whole percents, which alone may make 0.5; measured: 0.22 and 0.52.
    difference = (ours - theirs).abs()
    assert difference.mean() < 0.3
    assert difference.max() < 0.7


@pytest.mark.real
def test_storeys_agree_with_addresses_placed_one_above_another(two_cities: Frames) -> None:
    # Den Haag gives flats that lie above one another the same place: their number is the storeys.
    objects, panden, links = two_cities
    table = building_types(objects, panden, links).join(objects)
    home = links.join(table, on="object_id", how="inner")
    is_flat = home["reason"].eq("several_dwellings").groupby(home["pand_id"]).transform("all")
    home = home[is_flat & home["pand_id"].str.startswith("0518")]
    home = home.assign(place_x=home["x"].round(), place_y=home["y"].round())
    stacks = home.groupby(["pand_id", "place_x", "place_y"]).size()
    counted = stacks.groupby("pand_id").agg(["min", "max", "size"])
    counted = counted[(counted["min"] == counted["max"]) & (counted["max"] > 1)]
    counted = counted[counted["size"] > 1]["max"]
    told = home.drop_duplicates("pand_id").set_index("pand_id")["building_type"]
    told = told.reindex(counted.index)
    is_wrong = told.eq("flat_high") != counted.ge(5)
    is_told = told.ne("flat")
    assert len(counted) > 750
    assert is_told.mean() > 0.98
    assert (is_wrong & is_told).sum() <= 8


@pytest.mark.real
def test_most_houses_of_two_cities_stand_in_rows_and_nothing_is_without_a_type(
    two_cities: Frames,
) -> None:
    table = building_types(*two_cities)
    counts = table["building_type"].value_counts()
    assert counts.sum() == len(two_cities[0])
    assert counts.reindex(["unknown"]).fillna(0).item() < 10
    assert counts["mid_terrace"] > 2.5 * counts["end_terrace"]
    assert counts["end_terrace"] > counts["semi_detached"] > counts["detached"]
    pairs = table[table["building_type"] == "semi_detached"]
    assert (pairs["n_neighbours"] == 1).all()
