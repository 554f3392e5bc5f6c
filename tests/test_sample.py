"""The shipped example is what it says: deterministic, in the CBS layout, with known answers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.errors import OutputError
from igh_geo.sources.sample.buildings import make_addresses
from igh_geo.sources.sample.make import make_sample
from igh_geo.sources.sample.patterns import PATTERNS, draw_intervals, draw_moments
from igh_geo.sources.sample.planted import CLUSTERS, choose_places
from igh_geo.sources.sample.town import make_town

CSV = {"sep": ";", "dtype": str, "encoding": "utf-8-sig", "keep_default_na": False}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_sample(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def planted(paths: dict[str, Path]) -> dict[str, Any]:
    return json.loads(paths["planted"].read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def buurten(paths: dict[str, Path]) -> gpd.GeoDataFrame:
    return gpd.read_file(paths["boundaries"], layer="buurten").set_index("buurtcode")


@pytest.fixture(scope="module")
def incidents(paths: dict[str, Path]) -> pd.DataFrame:
    return pd.read_csv(paths["incidents"], **CSV)


@pytest.fixture(scope="module")
def addresses(paths: dict[str, Path]) -> pd.DataFrame:
    return pd.read_csv(paths["buildings"], sep=";", encoding="utf-8-sig")


@pytest.fixture(scope="module")
def placed(incidents: pd.DataFrame, buurten: gpd.GeoDataFrame) -> pd.DataFrame:
    """Rows with readable RD coordinates and dates, each in the buurt that contains it."""
    x = pd.to_numeric(incidents["x"].str.replace(",", "."))
    y = pd.to_numeric(incidents["y"].str.replace(",", "."))
    rows = incidents[(x > 1000) & ~incidents["meldingnummer"].duplicated()].copy()
    tree = shapely.STRtree(buurten.geometry.to_numpy())
    point, area = tree.query(shapely.points(x[rows.index], y[rows.index]), predicate="intersects")
    first = pd.Series(buurten.index[area], index=rows.index[point])
    rows["area_code"] = first[~first.index.duplicated()]
    rows["day"] = pd.to_datetime(rows["datum_van"], format="%d-%m-%Y", errors="coerce")
    return rows.dropna(subset=["area_code", "day"])


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _count(placed: pd.DataFrame, category: str, areas: list[str], year: int | None = None) -> int:
    chosen = (placed["categorie"] == category) & placed["area_code"].isin(areas)
    if year is not None:
        chosen &= placed["day"].dt.year == year
    return int(chosen.sum())


def test_running_again_gives_the_same_bytes_and_leaves_nothing_behind(
    paths: dict[str, Path],
) -> None:
    folder = paths["planted"].parent
    before = {path: _hash(path) for path in folder.rglob("*") if path.is_file()}
    assert set(before) == set(paths.values())
    assert make_sample(folder) == paths
    assert {path: _hash(path) for path in folder.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in folder.iterdir()) == [
        "boundaries",
        "buildings",
        "incidents",
        "planted.json",
    ]


def test_every_address_lies_along_the_street_that_it_names(
    paths: dict[str, Path], addresses: pd.DataFrame
) -> None:
    streets = gpd.read_file(paths["streets"]).set_index("straatnaam").geometry
    assert streets.crs.to_epsg() == 28992
    assert streets.index.is_unique
    assert set(streets.index) <= set(addresses["straat"])
    known = addresses[addresses["straat"].isin(streets.index)]
    assert len(known) > 0.99 * len(addresses)
    own = streets[known["straat"]].to_numpy()
    away = shapely.distance(shapely.points(known["x"], known["y"]), own)
    # The farthest stand 11 m from the middle of their street, on whole metres.
    assert away.max() < 13


def test_another_seed_gives_another_town(paths: dict[str, Path], tmp_path: Path) -> None:
    other = make_sample(tmp_path, seed=1)
    assert all(_hash(other[key]) != _hash(paths[key]) for key in paths)


def test_a_folder_that_cannot_be_written_gives_the_remedy(tmp_path: Path) -> None:
    occupied = tmp_path / "data"
    occupied.write_text("a file, not a folder")
    with pytest.raises(OutputError, match=r"(?s)data folder.*Found:.*data.*Remedy:.*--data"):
        make_sample(occupied)


@pytest.mark.parametrize("seed", [2, 7, 42])
def test_any_seed_gives_a_valid_town_with_room_for_what_is_planted(seed: int) -> None:
    root = np.random.SeedSequence(seed)
    town = make_town(root)
    shapes = town.neighbourhoods.geometry
    assert shapely.coverage_is_valid(shapes.to_numpy())
    assert shapes.is_valid.all()
    assert not shapes.is_empty.any()
    places = choose_places(town, make_addresses(town, root))
    sizes = {cluster.key: cluster.size for cluster in CLUSTERS}
    assert {key: len(codes) for key, codes in places.clusters.items()} == sizes
    for codes in places.clusters.values():
        assert shapely.union_all(shapes[codes].to_numpy()).geom_type == "Polygon"


def test_buurten_cover_the_municipality_without_gap_or_overlap(
    paths: dict[str, Path], buurten: gpd.GeoDataFrame
) -> None:
    shapes = buurten.geometry.to_numpy()
    assert buurten.crs.to_epsg() == 28992
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert whole.area == pytest.approx(shapely.area(shapes).sum(), abs=1e-3)
    for layer in ("wijken", "gemeenten"):
        level = gpd.read_file(paths["boundaries"], layer=layer)
        assert shapely.coverage_is_valid(level.geometry.to_numpy())
        assert shapely.union_all(level.geometry.to_numpy()).equals(whole)


def test_the_town_is_of_the_stated_size(buurten: gpd.GeoDataFrame) -> None:
    assert 95 <= len(buurten) <= 110
    assert 45 <= buurten.geometry.area.sum() / 1e6 <= 70
    assert 80_000 <= buurten["aantal_inwoners"].clip(lower=0).sum() <= 120_000


def test_codes_are_unique_and_belong_to_their_wijk(
    paths: dict[str, Path], buurten: gpd.GeoDataFrame
) -> None:
    wijken = gpd.read_file(paths["boundaries"], layer="wijken").set_index("wijkcode")
    assert buurten.index.is_unique
    assert wijken.index.is_unique
    assert buurten["buurtnaam"].is_unique
    assert buurten.index.str.fullmatch(r"BU9999\d{4}").all()
    assert ("WK" + buurten.index.str[2:8] == buurten["wijkcode"]).all()
    assert set(buurten["wijkcode"]) == set(wijken.index)
    assert set(buurten["gemeentecode"]) == {"GM9999"}
    assert (buurten["jrstatcode"] == "2025" + buurten.index).all()


def test_municipality_has_a_row_for_land_and_one_for_water_as_in_the_real_file(
    paths: dict[str, Path], buurten: gpd.GeoDataFrame
) -> None:
    municipality = gpd.read_file(paths["boundaries"], layer="gemeenten").set_index("water")
    assert sorted(municipality.index) == ["JA", "NEE"]
    land = municipality.loc["NEE"]
    hidden = 5
    assert land["woningvoorraad"] == buurten["woningvoorraad"].clip(lower=0).sum() + hidden


def test_odd_places_are_what_planted_says(
    planted: dict[str, Any], buurten: gpd.GeoDataFrame, addresses: pd.DataFrame
) -> None:
    special = planted["special_areas"]
    assert buurten.index[buurten["water"] == "JA"].tolist() == special["water"]
    assert (buurten.loc[special["water"], "aantal_inwoners"] == -99999999).all()
    assert (buurten.loc[special["no_inhabitants"], "aantal_inwoners"] == 0).all()
    assert set(special["no_inhabitants"]) <= set(addresses["buurtcode"])
    assert buurten.loc[special["few_inhabitants"], "aantal_inwoners"].tolist() == [35]
    assert (buurten.loc[special["secret_figures"], "aantal_inwoners"] == -99997).all()
    assert (buurten.loc[special["several_parts"]].count_geometries() == 2).all()
    around = buurten.geometry[special["around_enclave"]].geoms[0]
    enclave = buurten.geometry[special["enclave"]].geoms[0]
    assert [shapely.Polygon(ring).equals(enclave) for ring in around.interiors] == [True]


def test_people_and_households_are_rounded_to_five(buurten: gpd.GeoDataFrame) -> None:
    for column in ("aantal_inwoners", "aantal_huishoudens"):
        known = buurten.loc[buurten[column] >= 0, column]
        assert (known % 5 == 0).all()


def test_dwellings_in_the_key_figures_are_the_rows_of_the_address_file(
    planted: dict[str, Any], buurten: gpd.GeoDataFrame, addresses: pd.DataFrame
) -> None:
    homes = addresses[addresses["gebruiksdoel"] == "woonfunctie"].groupby("buurtcode").size()
    known = buurten[buurten["woningvoorraad"] >= 0]
    assert known["woningvoorraad"].eq(homes.reindex(known.index, fill_value=0)).all()
    assert homes[planted["special_areas"]["secret_figures"]].tolist() == [5]
    assert addresses["adres_id"].is_unique
    assert not addresses.duplicated(["postcode", "huisnummer"]).any()


def test_every_address_lies_in_its_own_buurt_and_none_in_the_river(
    buurten: gpd.GeoDataFrame, addresses: pd.DataFrame
) -> None:
    own = buurten.geometry[addresses["buurtcode"]].to_numpy()
    assert shapely.contains_xy(own, addresses["x"], addresses["y"]).all()
    assert (buurten.loc[addresses["buurtcode"].unique(), "water"] == "NEE").all()


def test_three_years_of_every_kind_and_category(
    planted: dict[str, Any], incidents: pd.DataFrame
) -> None:
    assert len(incidents) == planted["rows"]["incidents"] >= 30_000
    assert set(incidents["soort"]) == {
        "melding",
        "waarneming",
        "waarschuwing",
        "bekeuring",
        "misdrijf",
    }
    grouped = {name for names in planted["groups"].values() for name in names}
    assert incidents["categorie"].nunique() >= 6
    assert set(incidents["categorie"]) | {"Hennepkwekerij"} == grouped
    days = pd.to_datetime(incidents["datum_van"], format="%d-%m-%Y", errors="coerce").dropna()
    assert (days.min(), days.max()) == (pd.Timestamp("2023-01-01"), pd.Timestamp("2025-12-31"))


def test_periods_do_not_end_before_they_begin(incidents: pd.DataFrame) -> None:
    readable = pd.to_datetime(
        incidents["datum_van"] + " " + incidents["tijd_van"],
        format="%d-%m-%Y %H:%M",
        errors="coerce",
    )
    end = pd.to_datetime(
        incidents["datum_tot"] + " " + incidents["tijd_tot"],
        format="%d-%m-%Y %H:%M",
        errors="coerce",
    )
    both = readable.notna() & end.notna()
    assert both.sum() > 5_000
    assert (end[both] >= readable[both]).all()


def test_dirt_in_the_file_is_the_dirt_in_planted(
    planted: dict[str, Any], incidents: pd.DataFrame, buurten: gpd.GeoDataFrame
) -> None:
    dirt = {name: entry["count"] for name, entry in planted["dirt"].items()}
    x = pd.to_numeric(incidents["x"].str.replace(",", "."), errors="coerce")
    y = pd.to_numeric(incidents["y"].str.replace(",", "."), errors="coerce")
    assert (incidents["x"] == "").sum() == dirt["missing_coordinates"]
    assert ((x == 0) & (y == 0)).sum() == dirt["zero_coordinates"]
    assert (x.between(3, 8) & y.between(50, 54)).sum() == dirt["wgs84_coordinates"]

    metric = x > 1000
    outline = shapely.union_all(buurten.geometry.to_numpy())
    outside = metric & ~pd.Series(shapely.intersects_xy(outline, x, y), index=x.index)
    assert outside.sum() == dirt["outside_municipality"]

    borders = shapely.union_all(shapely.boundary(buurten.geometry.to_numpy()))
    shapely.prepare(borders)
    on_border = incidents.loc[metric & shapely.intersects_xy(borders, x, y), "meldingnummer"]
    assert sorted(on_border) == sorted(planted["dirt"]["on_border"]["ids"])

    days = pd.to_datetime(incidents["datum_van"], format="%d-%m-%Y", errors="coerce")
    assert days.isna().sum() == dirt["unreadable_dates"]
    assert incidents.duplicated().sum() == dirt["repeated_rows"]
    once = incidents[~incidents["meldingnummer"].duplicated()]
    double_days = ["29-10-2023", "27-10-2024", "26-10-2025"]
    start = once["datum_van"].isin(double_days) & once["tijd_van"].str.startswith("02:")
    end = once["datum_tot"].isin(double_days) & once["tijd_tot"].str.startswith("02:")
    assert (start | end).sum() == dirt["ambiguous_times"]
    repeated = incidents["meldingnummer"].duplicated().sum()
    assert repeated == dirt["repeated_rows"] + dirt["conflicting_ids"]


def test_rows_in_degrees_lie_in_the_municipality(
    planted: dict[str, Any], incidents: pd.DataFrame, buurten: gpd.GeoDataFrame
) -> None:
    rows = incidents[incidents["meldingnummer"].isin(planted["dirt"]["wgs84_coordinates"]["ids"])]
    lon = rows["x"].str.replace(",", ".").astype(float)
    lat = rows["y"].str.replace(",", ".").astype(float)
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs="EPSG:4258").to_crs("EPSG:28992")
    assert points.within(shapely.union_all(buurten.geometry.to_numpy())).all()


def test_burglary_cluster_is_three_times_its_background_in_2025_only(
    planted: dict[str, Any], placed: pd.DataFrame, buurten: gpd.GeoDataFrame
) -> None:
    areas = planted["clusters"]["woninginbraak_2025"]["areas"]
    background = planted["categories"]["Woninginbraak"]["at_background"]
    dwellings = buurten["woningvoorraad"]

    def ratio(year: int) -> float:
        inside = _count(placed, "Woninginbraak", areas, year) / dwellings[areas].sum()
        outside = _count(placed, "Woninginbraak", background, year) / dwellings[background].sum()
        return inside / outside

    # About 100 against 150 incidents: one standard error is some 13 % of the ratio.
    assert ratio(2025) == pytest.approx(3.0, rel=0.35)
    assert ratio(2023) == pytest.approx(1.0, rel=0.5)


@pytest.mark.parametrize("key", [cluster.key for cluster in CLUSTERS])
def test_every_cluster_holds_what_its_multipliers_promise(
    key: str, planted: dict[str, Any], placed: pd.DataFrame
) -> None:
    cluster = planted["clusters"][key]
    expected = np.dot(cluster["monthly_multipliers"], cluster["expected_background_per_month"])
    chosen = placed[placed["soort"].isin(cluster["kinds"])]
    observed = _count(chosen, cluster["category"], cluster["areas"])
    # Four standard errors of a Poisson count, and 3 % for rows lost to dirt and coarse places.
    assert abs(observed - expected) < 4 * np.sqrt(expected) + 0.03 * expected


def test_quiet_places_have_fewer_burglaries_than_the_background(
    planted: dict[str, Any], placed: pd.DataFrame, buurten: gpd.GeoDataFrame
) -> None:
    quiet = planted["clusters"]["woninginbraak_rustig"]["areas"]
    background = planted["categories"]["Woninginbraak"]["at_background"]
    dwellings = buurten["woningvoorraad"]
    low = _count(placed, "Woninginbraak", quiet) / dwellings[quiet].sum()
    ordinary = _count(placed, "Woninginbraak", background) / dwellings[background].sum()
    assert low / ordinary == pytest.approx(0.4, rel=0.35)


def test_emerging_place_grows_and_fading_place_shrinks(
    planted: dict[str, Any], placed: pd.DataFrame
) -> None:
    emerging = planted["clusters"]["auto_opkomend"]["areas"]
    fading = planted["clusters"]["vernieling_afnemend"]["areas"]
    cars = [_count(placed, "Diefstal uit auto", emerging, year) for year in (2024, 2025)]
    damage = [_count(placed, "Vernieling", fading, year) for year in (2023, 2025)]
    assert cars[1] > 2 * cars[0]
    assert damage[0] > 2 * damage[1]


def test_spots_are_denser_than_their_surroundings(
    planted: dict[str, Any], placed: pd.DataFrame
) -> None:
    x = placed["x"].str.replace(",", ".").astype(float)
    y = placed["y"].str.replace(",", ".").astype(float)
    for spot in planted["spots"].values():
        away_m = np.hypot(x - spot["x"], y - spot["y"])
        mine = placed["categorie"] == spot["category"]
        inside = (mine & (away_m <= spot["radius_m"])).sum()
        ring = (mine & away_m.between(spot["radius_m"], 3 * spot["radius_m"])).sum()
        assert inside >= sum(spot["planted_per_year"])
        # The ring has eight times the surface.
        assert inside / spot["radius_m"] ** 2 > 5 * ring / (8 * spot["radius_m"] ** 2)


def test_near_repeats_are_close_pairs_in_the_planted_weeks(
    planted: dict[str, Any], placed: pd.DataFrame
) -> None:
    wave = planted["near_repeat"]
    mine = placed[
        (placed["categorie"] == "Woninginbraak") & placed["area_code"].isin(wave["areas"])
    ]

    def close_pairs(first: str, last: str) -> int:
        rows = mine[mine["day"].between(first, last)]
        x = rows["x"].str.replace(",", ".").astype(float).to_numpy()
        y = rows["y"].str.replace(",", ".").astype(float).to_numpy()
        day = rows["day"].to_numpy().astype("datetime64[D]").astype(int)
        near = np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y)) <= wave["distance_m"] + 3
        soon = np.abs(np.subtract.outer(day, day)) <= wave["days"] + 1
        return int(np.triu(near & soon, k=1).sum())

    during = close_pairs(wave["first_day"], "2024-12-15")
    before = close_pairs("2023-10-01", "2023-12-15")
    assert during >= wave["followers"]
    assert during > 5 * max(before, 1)


def test_new_year_has_more_vandalism_than_any_other_night(placed: pd.DataFrame) -> None:
    per_day = placed[placed["categorie"] == "Vernieling"].groupby("day").size()
    busiest = per_day.nlargest(4).index.strftime("%d-%m")
    assert set(busiest) <= {"31-12", "01-01"}


def test_fines_follow_the_patrols_and_reports_do_not(
    planted: dict[str, Any], placed: pd.DataFrame, paths: dict[str, Path]
) -> None:
    wijken = gpd.read_file(paths["boundaries"], layer="wijken").set_index("wijkcode")
    patrolled = wijken.index[wijken["wijknaam"].isin(planted["patrols"]["districts"])]
    nuisance = placed[placed["categorie"] == "Overlast"]
    inside = ("WK" + nuisance["area_code"].str[2:8]).isin(patrolled)
    share = inside.groupby(nuisance["soort"]).mean()
    assert share["bekeuring"] > 2 * share["melding"]


def test_grow_sites_are_over_represented_in_flats_and_in_one_wijk(
    planted: dict[str, Any], paths: dict[str, Path], addresses: pd.DataFrame
) -> None:
    sites = pd.read_csv(paths["hennep"], **CSV)
    assert len(sites) == planted["hennep"]["cases"] == planted["rows"]["hennep"]
    own = sites.merge(addresses, on="adres_id", validate="one_to_one")
    assert (own["gebouwtype_x"] == own["gebouwtype_y"]).all()
    here = planted["hennep"]["district_areas"]
    in_wijk = addresses["buurtcode"].isin(here)
    sites_in_wijk = own["buurtcode"].isin(here)

    def risk(kind: str) -> float:
        # Outside the wijk with its own effect, so that only the type differs.
        return (own["gebouwtype_y"][~sites_in_wijk] == kind).sum() / (
            addresses["gebouwtype"][~in_wijk] == kind
        ).sum()

    assert 1.6 < risk("flat") / risk("tussenwoning") < 3.9
    flats = addresses["gebouwtype"] == "flat"
    flat_sites = own["gebouwtype_y"] == "flat"
    inside = (flat_sites & sites_in_wijk).sum() / (flats & in_wijk).sum()
    outside = (flat_sites & ~sites_in_wijk).sum() / (flats & ~in_wijk).sum()
    assert 1.4 < inside / outside < 3.4


def test_moments_never_fall_in_the_hour_that_summer_time_skips() -> None:
    rng = np.random.default_rng(5)
    day = np.datetime64("2024-03-31")
    moments = draw_moments(PATTERNS["Geweld"], (day, day), 5_000, rng=rng)
    start, end = draw_intervals(PATTERNS["Diefstal uit auto"], moments, rng=rng)
    local = pd.Series(np.concatenate([start, end[~np.isnat(end)]]))
    assert local.dt.tz_localize("Europe/Amsterdam", ambiguous=True).notna().all()
