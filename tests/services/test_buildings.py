from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.addresses.buildings import read_addresses
from igh_geo.sources.services import bag, pdok
from igh_geo.sources.services.bag import fetch_buildings
from igh_geo.sources.services.web import Web

LINK = "https://api.pdok.nl/kadaster/bag/ogc/v2/collections/pand/items/{}"


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


@pytest.fixture
def bag_service(country: Any) -> Any:
    """Ten addresses in Enschede, one across the border, one withdrawn; panden to match."""
    objects, panden = [], []
    for n in range(12):
        x = 250_050.0 + 600 * n if n != 10 else 249_000.0
        status = "Verblijfsobject ingetrokken" if n == 11 else "Verblijfsobject in gebruik"
        objects.append(
            {
                "type": "Feature",
                "id": f"vbo-{n}",
                "geometry": point(x, 470_050.0),
                "properties": {
                    "identificatie": f"01530100000000{n:02}",
                    "status": status,
                    "gebruiksdoel": "woonfunctie",
                    "openbare_ruimte_naam": "Dorpsstraat",
                    "huisnummer": n + 1,
                    "huisletter": None,
                    "toevoeging": None,
                    "postcode": "7511AA",
                    "woonplaats_naam": "Enschede",
                    "pand.href": [LINK.format(f"pand-{n}"), LINK.format("pand-0")],
                },
            }
        )
        ring = [[x - 5, 470_045.0], [x + 5, 470_045.0], [x + 5, 470_055.0], [x - 5, 470_045.0]]
        panden.append(
            {
                "type": "Feature",
                "id": f"pand-{n}",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {
                    "identificatie": f"01531000000000{n:02}",
                    "status": "Pand gesloopt" if n == 3 else "Pand in gebruik",
                    "bouwjaar": 1900 + n,
                    "verblijfsobject.href": ["https://x/items/1"],
                },
            }
        )
    country.features |= {"verblijfsobject": objects, "pand": panden}
    return country


def test_buildings_of_a_municipality_lie_in_it_and_are_in_use(
    bag_service: Any, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdok, "PAGE_SIZE", 3)
    fetched = fetch_buildings(web, tmp_path, municipality="Enschede", year=2024)
    assert fetched.path.name == "bag_enschede.gpkg"
    objects = gpd.read_file(fetched.path, layer="verblijfsobject")
    panden = gpd.read_file(fetched.path, layer="pand")
    # The square of Enschede starts at 250000; number 10 lies west of it, 11 is withdrawn.
    assert objects["huisnummer"].tolist() == list(range(1, 11))
    assert len(panden) == 10
    assert fetched.left_out == {
        "verblijfsobject outside the area": 0,
        "verblijfsobject: Verblijfsobject ingetrokken": 1,
        "pand outside the area": 0,
        "pand: Pand gesloopt": 1,
    }
    again = fetch_buildings(web, tmp_path, municipality="Enschede", year=2024)
    assert (again.is_new, again.left_out) == (False, fetched.left_out)
    # Links to pages have become codes; that of the pand that was torn down is gone.
    codes = dict(zip(objects["huisnummer"], objects["pand_identificatie"], strict=True))
    assert codes[2] == "0153100000000000,0153100000000001"
    assert codes[4] == "0153100000000000"
    assert "pand.href" not in objects.columns
    told = json.loads(fetched.path.with_name("bag_enschede.gpkg.source.json").read_text())
    assert told["licence"] == "Public Domain Mark 1.0"


def test_object_on_the_border_of_two_tiles_comes_once(
    bag_service: Any, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bag, "TILE_M", 50)
    fetched = fetch_buildings(web, tmp_path, box=(250_000, 470_000, 250_100, 470_100), year=2024)
    assert len(gpd.read_file(fetched.path, layer="verblijfsobject")) == 1
    assert len(bag_service.pages_of("verblijfsobject/items")) == 4


def test_fetched_buildings_are_read_as_addresses(
    bag_service: Any, web: Web, tmp_path: Path
) -> None:
    fetched = fetch_buildings(web, tmp_path, municipality="Enschede", year=2024)
    addresses = read_addresses(fetched.path)
    assert len(addresses) == 10
    assert addresses["y"].tolist() == [470_050.0] * 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither is given"),
        ({"municipality": "Enschede", "box": (0, 300_000, 1, 300_001)}, "both are given"),
        ({"box": (6.8, 52.1, 6.9, 52.2)}, "x and y of two corners in RD"),
        ({"box": (250_100, 470_000, 250_000, 470_100)}, "lower left first"),
        ({"box": (10_000, 400_000, 10_100, 400_100)}, "no verblijfsobject in use"),
    ],
)
def test_area_that_is_none_is_refused(
    bag_service: Any, web: Web, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        fetch_buildings(web, tmp_path, year=2024, **options)
    assert list(tmp_path.glob("*.gpkg")) == []
