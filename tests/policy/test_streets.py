from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from igh_geo.lens import Lens, default_rules
from igh_geo.policy.streets import named, rank_streets, streets_of_cells
from igh_geo.policy.surroundings import Streets

# Of the made-up town: its lower-left corner, and the side of its squares.
WEST, SOUTH, SIDE_M = 190_000.0, 440_000.0, 500.0


def lines(**streets: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    shapes = [shapely.linestrings(points) for points in streets.values()]
    return gpd.GeoDataFrame({"name": list(streets)}, geometry=shapes, crs="EPSG:28992")


def cells(*corners: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": [x + 50.0 for x, _ in corners],
            "y": [y + 50.0 for _, y in corners],
            "area_code": "BU99990000",
            "gi_class": "hot_99",
        },
        index=pd.Index([f"E{x // 100}N{y // 100}" for x, y in corners], name="cell_id"),
    )


def at_doors(doors: dict[str, list[tuple[float, float]]]) -> pd.DataFrame:
    rows = [(x, y, name) for name, places in doors.items() for x, y in places]
    return pd.DataFrame(rows, columns=["x", "y", "street"]).astype({"street": "str"})


def test_longest_street_within_a_cell_comes_first_and_three_are_named_at_most() -> None:
    # In the cell from (0, 0) to (100, 100): Lang 100 m, Half 50 m, Kort 20 m, Stomp 10 m; Elders
    # runs past it, and Rand touches its corner only.
    known = lines(
        Kort=[(190_000, 440_010), (190_020, 440_010)],
        Lang=[(189_900, 440_050), (190_300, 440_050)],
        Stomp=[(190_090, 440_090), (190_100, 440_090)],
        Half=[(190_050, 440_000), (190_050, 440_050)],
        Elders=[(190_000, 440_200), (190_100, 440_200)],
        Rand=[(189_900, 440_000), (190_000, 440_000)],
    )
    found = streets_of_cells(cells((190_000, 440_000)), Streets(lines=known), side_m=100)
    assert found.tolist() == ["Lang; Half; Kort"]


def test_parts_of_one_street_count_together() -> None:
    known = lines(
        A=[(190_000, 440_010), (190_040, 440_010)], B=[(190_000, 440_050), (190_050, 440_050)]
    )
    again = lines(A=[(190_000, 440_030), (190_040, 440_030)])
    both = pd.concat([known, again], ignore_index=True)
    found = streets_of_cells(cells((190_000, 440_000)), Streets(lines=both), side_m=100)
    assert found.tolist() == ["A; B"]


def test_street_with_most_addresses_in_the_cell_comes_first_and_ties_go_by_name() -> None:
    doors = at_doors(
        {
            "Zuid": [(190_010, 440_010)] * 2,
            "Noord": [(190_020, 440_020)] * 2,
            "Weg": [(190_030, 440_030)] * 3,
            "Elders": [(190_130, 440_030)] * 9,
        }
    )
    found = streets_of_cells(
        cells((190_000, 440_000), (190_100, 440_000), (190_500, 440_500)),
        Streets(addresses=doors),
        side_m=100,
    )
    assert found.tolist() == ["Weg; Noord; Zuid", "Elders", ""]


def test_lines_go_before_addresses() -> None:
    known = Streets(
        lines=lines(Lijn=[(190_000, 440_010), (190_040, 440_010)]),
        addresses=at_doors({"Deur": [(190_010, 440_010)]}),
    )
    assert streets_of_cells(cells((190_000, 440_000)), known, side_m=100).tolist() == ["Lijn"]


def test_cells_keep_their_columns_and_without_streets_the_names_are_empty() -> None:
    given_cells = cells((190_000, 440_000))
    found = named(given_cells, None, side_m=100)
    assert found is not None
    assert found["streets"].tolist() == [""]
    assert list(given_cells.columns) == ["x", "y", "area_code", "gi_class"]
    assert named(None, None, side_m=100) is None


@pytest.fixture(scope="session")
def town(town) -> SimpleNamespace:
    """The made-up town with findings made once: streets ask for incidents and outlines only."""
    bare = town.findings(town.areas(4, 2), [20] * 8)
    return SimpleNamespace(**vars(town), bare=bare)


def town_with_streets(
    town, counts: dict[str, int], *, doors: dict[str, int] | None = None, audience="briefing"
):
    """One square of 500 m: streets 40 m apart, each with its events on the street itself."""
    lens = town.lens(audience=audience)
    areas = town.areas(4, 2)
    names = sorted({*counts, *(doors or {})})
    y_of = {name: SOUTH + 40.0 + 60.0 * i for i, name in enumerate(names)}
    known = lines(**{name: [(WEST + 10, y), (WEST + 490, y)] for name, y in y_of.items()})
    events = town.incidents(areas, [sum(counts.values()), *[20] * 7], period="current", year=2025)
    own = np.concatenate([[y_of[name]] * n for name, n in counts.items()])
    events.loc[events["area_code"] == areas.index[0], "y"] = own
    # The others lie in no street: theirs is further away than any street reaches.
    events.loc[events["area_code"] != areas.index[0], "y"] = SOUTH + 900.0
    addresses = None
    if doors is not None:
        addresses = at_doors({name: [(WEST + 100.0, y_of[name])] * n for name, n in doors.items()})
    count = events.groupby("area_code").size().reindex(areas.index).astype("Float64")
    known_streets = Streets(lines=known, addresses=addresses)
    findings = replace(town.bare, incidents=events, streets=known_streets)
    return findings, areas.assign(status="shown", count=count), lens


def listed(streets: pd.DataFrame) -> dict[str, int]:
    names = streets["name"].fillna("rest")
    return dict(zip(names, streets["count"], strict=True))


def test_small_street_is_counted_with_the_rest_and_so_is_the_smallest_of_the_others(town) -> None:
    # Klein has 3 events. On its own it would be the rest: 3, which is a small count; so Midden
    # joins it.
    findings, areas, lens = town_with_streets(town, {"Groot": 30, "Midden": 8, "Klein": 3})
    streets = rank_streets(findings, areas, lens)
    assert listed(streets) == {"Groot": 30, "rest": 11}
    assert streets["status"].eq("shown").all()
    assert streets["is_rest"].tolist() == [False, True]


def test_every_street_is_named_where_none_is_small(town) -> None:
    findings, areas, lens = town_with_streets(town, {"Groot": 30, "Midden": 8})
    assert listed(rank_streets(findings, areas, lens)) == {"Groot": 30, "Midden": 8, "rest": 0}


def test_street_with_few_addresses_is_not_named_however_many_events_it_has(town) -> None:
    findings, areas, lens = town_with_streets(
        town,
        {"Groot": 30, "Midden": 8, "Hof": 20},
        doors={"Groot": 100, "Midden": 60, "Hof": 4},
    )
    # The rest would be Hof alone, with its four addresses; so the smallest of the named joins it.
    assert listed(rank_streets(findings, areas, lens)) == {"Groot": 30, "rest": 28}


def test_few_addresses_without_an_event_are_not_told_to_have_none(town) -> None:
    findings, areas, lens = town_with_streets(
        town, {"Groot": 30, "Midden": 8}, doors={"Groot": 100, "Midden": 60, "Hof": 4}
    )
    assert listed(rank_streets(findings, areas, lens)) == {"Groot": 30, "rest": 8}


def test_area_whose_count_is_withheld_has_no_streets(town) -> None:
    findings, areas, lens = town_with_streets(town, {"Groot": 30, "Midden": 8})
    hidden = areas.assign(status="withheld", count=pd.array([pd.NA] * len(areas), "Float64"))
    streets = rank_streets(findings, hidden, lens)
    assert streets is not None
    assert streets.empty


def test_analyst_is_told_every_street(town) -> None:
    findings, areas, lens = town_with_streets(
        town, {"Groot": 30, "Klein": 3, "Een": 1}, audience="analyst"
    )
    assert listed(rank_streets(findings, areas, lens)) == {
        "Groot": 30,
        "Klein": 3,
        "Een": 1,
        "rest": 0,
    }


def test_public_sees_no_streets(town) -> None:
    findings, areas, lens = town_with_streets(town, {"Groot": 30, "Midden": 8}, audience="public")
    assert rank_streets(findings, areas, lens) is None


def test_no_streets_where_counts_are_rounded_for_theirs_would_tell_the_digits(town) -> None:
    findings, areas, lens = town_with_streets(town, {"Groot": 30, "Midden": 8})
    rules = default_rules()
    rounded = rules | {"briefing": rules["briefing"].model_copy(update={"rounding": 5})}
    assert rank_streets(findings, areas, lens.with_rules(rounded)) is None


@pytest.mark.parametrize("quality", ["postcode", "centroid"])
def test_event_that_was_placed_roughly_is_in_no_street(town, quality: str) -> None:
    findings, areas, lens = town_with_streets(town, {"Groot": 30, "Midden": 8})
    rough = findings.incidents.assign(location_quality="address")
    first = rough.index[rough["area_code"] == areas.index[0]][:6]
    rough.loc[first, "location_quality"] = quality
    streets = rank_streets(replace(findings, incidents=rough), areas, lens)
    assert listed(streets) == {"Groot": 24, "Midden": 8, "rest": 6}


def test_event_further_than_thirty_metres_from_a_street_is_in_none(town) -> None:
    findings, areas, lens = town_with_streets(town, {"Groot": 30})
    moved = findings.incidents.copy()
    rows = moved.index[moved["area_code"] == areas.index[0]]
    moved.loc[rows[:10], "y"] += 29.0
    moved.loc[rows[10:20], "y"] += 31.0
    streets = rank_streets(replace(findings, incidents=moved), areas, lens)
    assert listed(streets) == {"Groot": 20, "rest": 10}


def test_addresses_name_the_street_where_there_are_no_lines(town) -> None:
    findings, areas, lens = town_with_streets(town, {"Groot": 30, "Midden": 8})
    where = findings.incidents[findings.incidents["area_code"] == areas.index[0]]
    doors = at_doors({"Deurstraat": list(zip(where["x"] + 3, where["y"], strict=True))})
    only = replace(findings, streets=Streets(addresses=doors))
    assert listed(rank_streets(only, areas, lens)) == {"Deurstraat": 38, "rest": 0}


def test_event_at_a_crossing_counts_once_with_the_first_in_order_of_name(town) -> None:
    findings, areas, lens = town_with_streets(town, {"Groot": 30})
    line = findings.streets.lines.geometry.iloc[0]
    twice = gpd.GeoDataFrame({"name": ["Zwaan", "Aak"]}, geometry=[line, line], crs="EPSG:28992")
    streets = rank_streets(replace(findings, streets=Streets(lines=twice)), areas, lens)
    assert listed(streets) == {"Aak": 30, "rest": 0}


def rules_of(lens: Lens) -> tuple[int, int]:
    return lens.rules.minimum_count, lens.rules.minimum_addresses


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(0, 14), min_size=1, max_size=7),
    doors=st.lists(st.sampled_from([0, 1, 4, 9, 10, 40]), min_size=7, max_size=7),
)
def test_attacker_who_subtracts_learns_no_small_count_and_nothing_of_few_addresses(
    town, counts: list[int], doors: list[int]
) -> None:
    names = [f"Straat {letter}" for letter in "ABCDEFG"]
    given_counts = dict(zip(names, counts, strict=False))
    given_doors = dict(zip(names, doors, strict=True))
    if not sum(counts):
        return
    findings, areas, lens = town_with_streets(town, given_counts, doors=given_doors)
    streets = rank_streets(findings, areas, lens)
    least, least_addresses = rules_of(lens)
    own = streets[streets["area_code"] == areas.index[0]]
    if own.empty:
        return
    told = own[~own["is_rest"]].set_index("name")["count"]
    (rest,) = own.loc[own["is_rest"], "count"]
    assert told.sum() + rest == sum(counts)
    assert (told >= least).all()
    assert all(given_doors[name] >= least_addresses for name in told.index)
    # All that is known of the streets that are not named is their sum: each can be anything from
    # none to all of it, and that holds every small count, unless nothing happened in any.
    assert rest == 0 or rest >= least
    others = sum(n for name, n in given_doors.items() if name not in told.index)
    assert others == 0 or others >= least_addresses
