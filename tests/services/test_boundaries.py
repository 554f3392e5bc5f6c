from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from filelock import FileLock

from igh_geo.errors import DataError
from igh_geo.sources.areas.cbs import read_areas
from igh_geo.sources.services import pages as pages_module
from igh_geo.sources.services import pdok
from igh_geo.sources.services.delivery import part_folder
from igh_geo.sources.services.pages import StopsShortError
from igh_geo.sources.services.pdok import fetch_boundaries
from igh_geo.sources.services.web import NotThereError, ServiceError, Web


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "boundaries"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 20, so that the 70 buurten of Enschede fill four."""
    monkeypatch.setattr(pdok, "PAGE_SIZE", 20)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def visible(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("*") if not p.name.startswith("."))


def fail() -> tuple[int, dict[str, str], bytes]:
    return 500, {}, b"broken"


def test_boundaries_of_a_municipality_come_whole_in_rd_with_their_source(
    country: Any, web: Web, folder: Path, small_pages: None
) -> None:
    fetched = fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    assert fetched.path.name == "cbs_2024_enschede.gpkg"
    assert fetched.n_records == 70 + 1 + 1
    for layer, count in {"buurten": 70, "wijken": 1, "gemeenten": 1}.items():
        frame = gpd.read_file(fetched.path, layer=layer)
        assert len(frame) == count
        assert frame.crs.to_epsg() == 28992
        assert set(frame["gemeentecode"]) == {"GM0153"}
    told = json.loads(fetched.path.with_name("cbs_2024_enschede.gpkg.source.json").read_text())
    assert told["sha256"] == sha256(fetched.path)
    assert told["bytes"] == fetched.path.stat().st_size
    assert told["licence"] == "CC BY 4.0"
    assert told["records"] == 72
    # Three levels, the buurten on four pages.
    assert [page["records"] for page in told["requests"]] == [20, 20, 20, 10, 1, 1]
    assert told["requests"][0]["etag"] == '"buurten-0"'
    assert "gemeentecode=GM0153" in told["requests"][0]["url"]
    assert visible(folder) == [fetched.path.name, f"{fetched.path.name}.source.json"]
    assert list(folder.glob(".*")) == []


def test_fetched_boundaries_are_read_as_areas_of_their_year(
    country: Any, web: Web, folder: Path
) -> None:
    fetched = fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    read = read_areas(fetched.path, level="buurt")
    assert len(read.areas) == 70
    assert read.boundary_year == 2024
    # CBS writes -99997 where it gives no number of inhabitants.
    assert read.areas["population"].isna().sum() == 1


def test_same_data_give_the_same_bytes_whatever_the_order_of_the_service(
    country: Any, web: Web, tmp_path: Path, small_pages: None
) -> None:
    first = fetch_boundaries(web, tmp_path / "a", year=2024, municipalities=["Enschede"])
    country.features["buurten"].sort(key=lambda f: f["id"])
    second = fetch_boundaries(web, tmp_path / "b", year=2024, municipalities=["Enschede"])
    assert sha256(first.path) == sha256(second.path)


def test_file_that_is_there_is_not_fetched_again_unless_asked(
    country: Any, web: Web, folder: Path
) -> None:
    first = fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    n_asked = len(country.asked)
    second = fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    assert (first.is_new, second.is_new) == (True, False)
    assert second.path == first.path
    assert len(country.asked) == n_asked
    assert fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], again=True).is_new


def test_file_that_was_changed_is_not_replaced_without_being_asked(
    country: Any, web: Web, folder: Path
) -> None:
    fetched = fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    fetched.path.write_bytes(b"my own")
    with pytest.raises(DataError, match="add --again to replace it"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    assert fetched.path.read_bytes() == b"my own"


@pytest.mark.parametrize("name", ["GM0153", "0153", "gm0153", "enschede", "ENSCHEDE"])
def test_municipality_is_found_by_code_or_name(
    country: Any, web: Web, folder: Path, name: str
) -> None:
    fetched = fetch_boundaries(web, folder, year=2024, municipalities=[name], levels=["gemeenten"])
    assert fetched.path.name == "cbs_2024_enschede_gemeenten.gpkg"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Enschedde", "did you mean Enschede"),
        ("Bergen", r"Bergen \(L\.\) \(GM0893\), Bergen \(NH\.\) \(GM0373\)"),
        ("GM9999", "there is no GM9999 among the 3 municipalities of 2024"),
    ],
)
def test_unknown_or_ambiguous_municipality_is_told_with_the_nearest(
    country: Any, web: Web, folder: Path, name: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        fetch_boundaries(web, folder, year=2024, municipalities=[name])
    assert visible(folder) == []


def test_year_that_is_not_there_is_told_with_a_remedy(country: Any, web: Web, folder: Path) -> None:
    with pytest.raises(NotThereError, match=r"(?s)boundaries of 2031.*take another --year"):
        fetch_boundaries(web, folder, year=2031, municipalities=["Enschede"])


def test_year_before_the_ogc_api_comes_through_wfs_with_a_filter_that_works(
    country: Any, web: Web, folder: Path, small_pages: None
) -> None:
    fetched = fetch_boundaries(web, folder, year=2019, municipalities=["Enschede"])
    assert len(gpd.read_file(fetched.path, layer="buurten")) == 70
    asked = country.pages_of("/wfs/v1_0")
    assert all("cql_filter" not in params for params in asked)
    starts = [p["startIndex"] for p in asked if p["typeNames"] == "wijkenbuurten:buurten"]
    # Without a count it goes on until nothing comes.
    assert starts == ["0", "20", "40", "60", "70"]


def test_wfs_with_a_count_stops_there(
    country: Any, web: Web, folder: Path, small_pages: None
) -> None:
    country.has_count = True
    fetch_boundaries(web, folder, year=2019, municipalities=["Enschede"], levels=["buurten"])
    asked = [p for p in country.pages_of("/wfs/v1_0") if p["typeNames"] == "wijkenbuurten:buurten"]
    assert [p["startIndex"] for p in asked] == ["0", "20", "40", "60"]


def test_whole_country_comes_without_a_municipality(
    country: Any, web: Web, folder: Path, small_pages: None
) -> None:
    fetched = fetch_boundaries(web, folder, year=2024, levels=["buurten"])
    assert fetched.path.name == "cbs_2024_nederland_buurten.gpkg"
    assert fetched.n_records == 72


def test_ignored_filter_is_noticed(country: Any, web: Web, folder: Path) -> None:
    country.ignores_filter = True
    with pytest.raises(DataError, match="2 of 72 areas are of another municipality"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])


def test_ignored_reference_system_is_noticed(country: Any, web: Web, folder: Path) -> None:
    for feature in country.features["buurten"]:
        feature["geometry"] = {
            "type": "Polygon",
            "coordinates": [[[6.8, 52.2], [6.9, 52.2], [6.9, 52.3], [6.8, 52.2]]],
        }
    with pytest.raises(DataError, match="coordinates in RD"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    assert visible(folder) == []


def test_empty_result_is_no_file(country: Any, web: Web, folder: Path) -> None:
    country.features["buurten"] = []
    with pytest.raises(DataError, match="has no buurten 2024 of GM0153"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    assert visible(folder) == []


def test_service_that_stops_at_its_limit_without_a_word_is_noticed(
    country: Any, web: Web, folder: Path, small_pages: None
) -> None:
    # 20 of 70 come, on a full page that leads nowhere.
    country.stops_at = 20
    with pytest.raises(StopsShortError, match="20 records in pages of 20, and at least 38 in"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    assert visible(folder) == []


def test_last_page_that_happens_to_be_full_is_believed_after_a_second_look(
    country: Any, web: Web, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdok, "PAGE_SIZE", 35)
    fetched = fetch_boundaries(
        web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"]
    )
    assert fetched.n_records == 70
    assert [p["limit"] for p in country.pages_of("buurten/items")] == ["35", "35", "34", "34", "34"]


def test_other_number_than_the_service_told_is_noticed(
    country: Any, web: Web, folder: Path, small_pages: None
) -> None:
    country.has_count = True
    country.stops_at = 20
    with pytest.raises(StopsShortError, match="20 records came in where there are 70"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])


def test_listing_that_changes_once_is_started_again(
    country: Any, web: Web, folder: Path, small_pages: None, told: list[str]
) -> None:
    country.has_count = True
    # The name is the first question; after the second page of buurten one of them is gone.
    country.changes_after = 3
    fetched = fetch_boundaries(
        web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"]
    )
    assert any("had 70 records and now has 69" in line for line in told)
    assert fetched.n_records == 69


def test_record_that_shifts_onto_the_next_page_is_noticed_without_a_count(
    country: Any, web: Web, folder: Path, small_pages: None, told: list[str]
) -> None:
    buurten = country.features["buurten"]
    shifted = [buurten[0], *buurten]

    def insert() -> None:
        country.features["buurten"] = shifted

    country.faults = [None, None, insert]
    with pytest.raises(ServiceError, match="the same record came on two pages, 3 times in a row"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    assert visible(folder) == []


def test_listing_that_keeps_changing_is_given_up(
    country: Any, web: Web, folder: Path, small_pages: None
) -> None:
    country.has_count = True
    everything = list(country.features["buurten"])

    def shrink() -> None:
        country.features["buurten"] = country.features["buurten"][1:]

    country.faults = [None, *([None, shrink] * 20)]
    with pytest.raises(ServiceError, match="3 times in a row"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    assert len(everything) == 72
    assert visible(folder) == []


def test_restart_goes_on_where_it_stopped(
    country: Any, web: Web, folder: Path, small_pages: None, told: list[str]
) -> None:
    # One question for the name, two pages; then the service stays away.
    country.faults = [None, None, None, *[fail] * 4]
    with pytest.raises(ServiceError, match="the same command goes on from there"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    assert visible(folder) == []
    country.asked.clear()
    fetched = fetch_boundaries(
        web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"]
    )
    assert fetched.n_records == 70
    assert any("going on after page 2" in line for line in told)
    # The first page is asked to see that it is the same; the second is not asked again.
    cursors = [params.get("cursor") for params in country.pages_of("buurten/items")]
    assert cursors == [None, "40", "60"]


def test_restart_after_the_data_changed_begins_anew(
    country: Any, web: Web, folder: Path, small_pages: None, told: list[str]
) -> None:
    country.faults = [None, None, None, *[fail] * 4]
    with pytest.raises(ServiceError, match="500"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    enschede = [f for f in country.features["buurten"] if "BU0153" in f["properties"]["buurtcode"]]
    enschede[0]["properties"]["aantal_inwoners"] = 12345
    fetched = fetch_boundaries(
        web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"]
    )
    assert any("changed since the earlier attempt; starting again" in line for line in told)
    assert 12345 in set(gpd.read_file(fetched.path)["aantal_inwoners"])


@pytest.mark.parametrize("damage", ["page", "log"])
def test_restart_survives_what_a_killed_process_left_behind(
    country: Any, web: Web, folder: Path, small_pages: None, damage: str
) -> None:
    country.faults = [None, None, None, *[fail] * 4]
    with pytest.raises(ServiceError, match="500"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    kept = next(folder.rglob("page-00002.json")).parent
    if damage == "page":
        (kept / "page-00002.json").write_bytes(b'{"type": "Feat')
    else:
        log = (kept / "pages.jsonl").read_text()
        (kept / "pages.jsonl").write_text(log[:-40])
    country.asked.clear()
    fetched = fetch_boundaries(
        web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"]
    )
    assert fetched.n_records == 70
    assert [p.get("cursor") for p in country.pages_of("buurten/items")] == [None, "20", "40", "60"]


def test_pages_of_more_than_a_day_ago_are_thrown_away(
    country: Any, web: Web, folder: Path, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    country.faults = [None, None, None, *[fail] * 4]
    with pytest.raises(ServiceError, match="500"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    monkeypatch.setattr(pages_module, "LONGEST_PAUSE", pages_module.LONGEST_PAUSE * 0)
    country.asked.clear()
    fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    cursors = [params.get("cursor") for params in country.pages_of("buurten/items")]
    assert cursors == [None, "20", "40", "60"]


def test_restart_with_a_cursor_that_has_expired_begins_anew(
    country: Any, web: Web, folder: Path, small_pages: None, told: list[str]
) -> None:
    country.faults = [None, None, None, *[fail] * 4]
    with pytest.raises(ServiceError, match="500"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])
    # The first page is the same, and the cursor of the third is refused.
    country.faults = [None, lambda: (400, {}, b"invalid cursor")]
    fetched = fetch_boundaries(
        web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"]
    )
    assert fetched.n_records == 70
    assert any("the next page is no longer there; starting again" in line for line in told)


def test_two_programs_do_not_fetch_the_same_at_once(country: Any, web: Web, folder: Path) -> None:
    asked = {"what": "boundaries", "year": 2024, "gemeente": ["Enschede"], "level": ["buurten"]}
    parts = part_folder(folder, asked)
    parts.mkdir(parents=True)
    with (
        FileLock(parts / "buurten-2024-of-gm0153.lock"),
        pytest.raises(DataError, match="another program is fetching buurten 2024 of GM0153"),
    ):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"], levels=["buurten"])


def test_next_page_on_another_host_is_refused(country: Any, web: Web, folder: Path) -> None:
    body = {
        "type": "FeatureCollection",
        "features": country.features["gemeenten"][:1],
        "links": [{"rel": "next", "href": "https://evil.example/steal"}],
    }
    reply = (200, {"Content-Type": "application/json"}, json.dumps(body).encode())
    country.faults = [lambda: reply]
    with pytest.raises(ServiceError, match=r"lies on evil\.example"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])


def test_answer_in_another_form_is_told_as_such(country: Any, web: Web, folder: Path) -> None:
    reply = (200, {"Content-Type": "application/json"}, b'{"type": "Error", "items": []}')
    country.faults = [lambda: reply]
    with pytest.raises(ServiceError, match="'type' is 'Error', not 'FeatureCollection'"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])


def test_full_disk_leaves_no_file(
    country: Any, web: Web, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pdok.pyogrio, "write_dataframe", full)
    with pytest.raises(OSError, match="No space left on device"):
        fetch_boundaries(web, folder, year=2024, municipalities=["Enschede"])
    assert visible(folder) == []
