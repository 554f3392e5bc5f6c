"""The register: what is read of every form in which buildings and addresses come."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from igh_geo.errors import DataError
from igh_geo.ledger import LedgerSummary
from igh_geo.sources.bag.register import Register, read_register
from igh_geo.tables import BUILDING_TYPES, OWNERSHIPS

X, Y = 250_000.0, 470_000.0


def vbo(n: int) -> str:
    return f"NL.IMBAG.Verblijfsobject.01530100000000{n:02}"


def num(n: int) -> str:
    return f"NL.IMBAG.Nummeraanduiding.01532000000000{n:02}"


def pnd(n: int) -> str:
    return f"NL.IMBAG.Pand.01531000000000{n:02}"


def bare(text: str) -> str:
    return text.rsplit(".", 1)[-1]


def an_object(n: int, **told: Any) -> dict[str, Any]:
    """A row of a full GeoPackage: object n at address n in pand n."""
    return {
        "gebruiksdoel": "{woonfunctie}",
        "oppervlakte": 80 + n,
        "hoofdadresnummeraanduidingref": num(n),
        "nevenadresnummeraanduidingref": None,
        "pandref": f"{{{pnd(n)}}}",
        "identificatie": vbo(n),
        "status": "Verblijfsobject in gebruik",
        "voorkomenidentificatie": 1,
        "eindgeldigheid": None,
        "tijdstipinactief": None,
    } | told


def a_pand(n: int, **told: Any) -> dict[str, Any]:
    return {
        "oorspronkelijkbouwjaar": 1900 + n,
        "identificatie": pnd(n),
        "status": "Pand in gebruik",
    } | told


def square(n: int, side_m: float = 8.0) -> shapely.Geometry:
    x = X + 20 * n
    return shapely.box(x - side_m / 2, Y - side_m / 2, x + side_m / 2, Y + side_m / 2)


def write_gpkg(
    path: Path,
    objects: Sequence[dict[str, Any]],
    panden: Sequence[dict[str, Any]],
    *,
    shapes: Sequence[Any] | None = None,
    points: Sequence[Any] | None = None,
) -> Path:
    places = points or [shapely.Point(X + 20 * n, Y) for n in range(len(objects))]
    gpd.GeoDataFrame(
        pd.DataFrame(objects, dtype=object), geometry=list(places), crs="EPSG:28992"
    ).to_file(path, layer="verblijfsobject")
    if panden:
        outlines = shapes or [square(n) for n in range(len(panden))]
        gpd.GeoDataFrame(
            pd.DataFrame(panden, dtype=object), geometry=list(outlines), crs="EPSG:28992"
        ).to_file(path, layer="pand")
    return path


def write_designations(path: Path, numbers: Sequence[int], **told: str) -> Path:
    lines = ["huisnummer,huisletter,huisnummertoevoeging,postcode,openbareruimteref,identificatie"]
    street = "NL.IMBAG.Openbareruimte.0153300000000001"
    lines += [f"{n + 1},,{told.get(str(n), '')},7511 aa,{street},{num(n)}" for n in numbers]
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def ledger(register: Register, ends: str) -> LedgerSummary:
    return next(summary for summary in register.ledgers if summary.source.endswith(ends))


def aside(summary: LedgerSummary) -> dict[str, int]:
    return dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))


def remarks(summary: LedgerSummary) -> dict[str, int]:
    return dict(zip(summary.remarks["remark"], summary.remarks["count"], strict=True))


def adds_up(register: Register) -> bool:
    return all(s.rows_in == s.placed + int(s.set_aside["count"].sum()) for s in register.ledgers)


def write_csv(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# GeoPackage of PDOK, in full.


def test_full_geopackage_and_addresses_beside_it_become_one_register(tmp_path: Path) -> None:
    objects = [
        an_object(0),
        an_object(
            1,
            gebruiksdoel="{woonfunctie,winkelfunctie}",
            nevenadresnummeraanduidingref=f"{{{num(7)},{num(8)}}}",
            pandref=f"{{{pnd(1)},{pnd(0)}}}",
        ),
    ]
    path = write_gpkg(tmp_path / "bag.gpkg", objects, [a_pand(0), a_pand(1)])
    register = read_register([path, write_designations(tmp_path / "num.csv.gz", [0, 1, 7, 8])])
    found = register.objects
    assert found.index.tolist() == [bare(vbo(0)), bare(vbo(1))]
    assert found["uses"].tolist() == ["woonfunctie", "winkelfunctie woonfunctie"]
    assert found["floor_area_m2"].tolist() == [80.0, 81.0]
    assert found["kind"].unique().tolist() == ["verblijfsobject"]
    assert found[["x", "y"]].to_numpy().tolist() == [[X, Y], [X + 20, Y]]
    assert found[["type", "ownership", "street", "floors"]].isna().all(axis=None)
    told = register.addresses
    assert told["number"].tolist() == [1, 2, 8, 9]
    assert told["is_main"].tolist() == [True, True, False, False]
    assert told["object_id"].tolist() == [bare(vbo(0))] + [bare(vbo(1))] * 3
    assert told["postcode"].unique().tolist() == ["7511AA"]
    assert told["street_key"].unique().tolist() == ["#0153300000000001"]
    assert register.links.to_numpy().tolist() == [
        [bare(vbo(0)), bare(pnd(0))],
        [bare(vbo(1)), bare(pnd(1))],
        [bare(vbo(1)), bare(pnd(0))],
    ]
    assert register.panden.crs.to_epsg() == 28992
    assert register.panden["year_built"].tolist() == [1900, 1901]
    assert (register.has_types, register.has_ownership, register.notes) == (False, False, ())
    assert adds_up(register)


@pytest.mark.parametrize(
    ("status", "reason", "gone"),
    [
        ("Verblijfsobject ingetrokken", "object_withdrawn", "withdrawn"),
        ("VERBLIJFSOBJECT  INGETROKKEN", "object_withdrawn", "withdrawn"),
        ("Niet gerealiseerd verblijfsobject", "object_never_built", "never_built"),
        ("Verblijfsobject ten onrechte opgevoerd", "entered_by_mistake", "entered_by_mistake"),
        ("Verblijfsobject gevormd", "object_not_yet_in_use", "not_yet_in_use"),
    ],
)
def test_object_that_is_not_in_use_is_told_as_gone_with_its_address(
    tmp_path: Path, status: str, reason: str, gone: str
) -> None:
    objects = [an_object(0), an_object(1, status=status), an_object(2, status=status)]
    path = write_gpkg(tmp_path / "bag.gpkg", objects, [a_pand(0)])
    # Of the third no address is known: its identification alone must do.
    register = read_register([path, write_designations(tmp_path / "num.csv", [0, 1])])
    assert register.objects.index.tolist() == [bare(vbo(0))]
    assert register.gone["object_id"].tolist() == [bare(vbo(1)), bare(vbo(2))]
    assert register.gone["reason"].tolist() == [gone, gone]
    assert register.gone["number"].tolist() == [2, 0]
    assert register.gone["postcode"].tolist() == ["7511AA", ""]
    assert list(register.gone.columns) == [*register.addresses.columns, "reason"]
    assert register.gone["number"].dtype == register.addresses["number"].dtype == np.int64
    assert aside(ledger(register, "verblijfsobject")) == {reason: 2}
    assert aside(ledger(register, "num.csv")) == {reason: 1}
    # Right as it is, and not what is counted.
    assert ledger(register, "verblijfsobject").faulty == 0
    assert adds_up(register)


@pytest.mark.parametrize(
    "status",
    [
        "Verblijfsobject buiten gebruik",
        "Verbouwing verblijfsobject",
        "verblijfsobject IN GEBRUIK (niet ingemeten)",
        None,
    ],
)
def test_object_that_stands_is_in_use(tmp_path: Path, status: str | None) -> None:
    objects = [an_object(0, status=status), an_object(1)]
    register = read_register([write_gpkg(tmp_path / "bag.gpkg", objects, [a_pand(0)])])
    assert len(register.objects) == 2
    assert "unknown_status" not in remarks(ledger(register, "verblijfsobject"))


def test_address_that_went_to_another_object_is_not_gone(tmp_path: Path) -> None:
    objects = [
        an_object(0, status="Verblijfsobject ingetrokken"),
        an_object(1, hoofdadresnummeraanduidingref=num(0)),
    ]
    path = write_gpkg(tmp_path / "bag.gpkg", objects, [])
    register = read_register([path, write_designations(tmp_path / "num.csv", [0])])
    assert register.addresses[["number", "object_id"]].to_numpy().tolist() == [[1, bare(vbo(1))]]
    assert register.gone[["number", "object_id"]].to_numpy().tolist() == [[0, bare(vbo(0))]]


def test_of_several_versions_and_repeated_rows_one_counts(tmp_path: Path) -> None:
    objects = [
        an_object(0, oppervlakte=10, eindgeldigheid="2019-01-01"),
        an_object(0, oppervlakte=20, voorkomenidentificatie=2),
        an_object(0, oppervlakte=30, voorkomenidentificatie=3),
        an_object(0, oppervlakte=40, voorkomenidentificatie=3),
        an_object(1, tijdstipinactief="2020-01-01"),
        an_object(2, identificatie="onbekend"),
    ]
    register = read_register([write_gpkg(tmp_path / "bag.gpkg", objects, [])])
    assert register.objects["floor_area_m2"].tolist() == [30.0]
    summary = (
        ledger(register, "verblijfsobject") if len(register.ledgers) > 1 else (register.ledgers[0])
    )
    assert aside(summary) == {
        "older_version": 2,
        "duplicate_id": 1,
        "inactive": 1,
        "no_bag_id": 1,
    }
    assert adds_up(register)


def test_object_without_a_place_is_set_aside(tmp_path: Path) -> None:
    points = [shapely.Point(X, Y), None, shapely.Point()]
    path = write_gpkg(tmp_path / "bag.gpkg", [an_object(n) for n in range(3)], [], points=points)
    register = read_register([path])
    assert len(register.objects) == 1
    assert aside(register.ledgers[0]) == {"no_place": 2}


def test_object_in_seven_panden_has_the_year_of_the_largest(tmp_path: Path) -> None:
    refs = "{" + ",".join(pnd(n) for n in range(7)) + "}"
    shapes = [square(n, 5.0 + (n == 4)) for n in range(7)]
    panden = [a_pand(n) for n in range(7)]
    path = write_gpkg(tmp_path / "bag.gpkg", [an_object(0, pandref=refs)], panden, shapes=shapes)
    register = read_register([path])
    assert len(register.links) == 7
    assert register.objects["year_built"].tolist() == [1904]


def test_pand_that_is_gone_or_elsewhere_gives_no_link_and_no_year(tmp_path: Path) -> None:
    objects = [an_object(0), an_object(1), an_object(2, pandref=None, gebruiksdoel=None)]
    panden = [a_pand(0, status="Pand gesloopt"), a_pand(9), a_pand(8, oorspronkelijkbouwjaar=9999)]
    register = read_register([write_gpkg(tmp_path / "bag.gpkg", objects, panden)])
    assert register.links.empty
    assert register.objects["year_built"].isna().all()
    assert {note.key: note.count for note in register.notes} == {"register.pand_not_in_files": 2}
    assert register.panden["year_built"].isna().tolist() == [False, True]
    told = remarks(ledger(register, "verblijfsobject"))
    assert told == {"no_pand": 3, "no_use": 1, "object_without_address": 3}
    assert remarks(ledger(register, ": pand")) == {"implausible_year_built": 1}
    assert aside(ledger(register, ": pand")) == {"object_withdrawn": 1}


def test_empty_layer_is_noted(tmp_path: Path) -> None:
    path = write_gpkg(tmp_path / "bag.gpkg", [an_object(0)], [])
    empty = gpd.GeoDataFrame(
        {"identificatie": pd.Series(dtype="str")}, geometry=[], crs="EPSG:28992"
    )
    empty.to_file(path, layer="pand")
    register = read_register([path])
    assert len(register.objects) == 1
    assert register.panden.empty
    notes = {note.key: note.example for note in register.notes}
    assert notes == {"register.empty_layer": "bag.gpkg: pand", "register.no_panden": ""}


def test_addresses_of_no_object_and_without_a_number_are_set_aside(tmp_path: Path) -> None:
    path = write_gpkg(tmp_path / "bag.gpkg", [an_object(0)], [])
    designations = write_designations(tmp_path / "num.csv", [0, 5])
    with designations.open("a", encoding="utf-8") as file:
        file.write(f",,,7511AA,NL.IMBAG.Openbareruimte.0153300000000001,{num(0)[:-2]}06\n")
        file.write("3,,,7511AA\n")
    register = read_register([path, designations])
    assert aside(ledger(register, "num.csv")) == {
        "no_object": 1,
        "no_house_number": 1,
        "wrong_number_of_fields": 1,
    }
    assert len(register.addresses) == 1


def test_addresses_without_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nummeraanduidingen, and no verblijfsobjecten"):
        read_register([write_designations(tmp_path / "num.csv", [0, 1])])


def test_file_that_is_no_register_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="hold neither"):
        read_register([write_csv(tmp_path / "other.csv", "a;b\n1;2\n")])


def test_register_in_which_nothing_is_in_use_is_refused(tmp_path: Path) -> None:
    objects = [an_object(0, status="Verblijfsobject ingetrokken")]
    with pytest.raises(DataError, match="none of the 1 in"):
        read_register([write_gpkg(tmp_path / "bag.gpkg", objects, [])])


# GeoPackage light, as `igh-geo fetch buildings` writes it, and replies of services.

LIGHT = {
    "with underscores": (
        *("openbare_ruimte_naam", "huisnummer", "huisletter", "toevoeging", "postcode"),
        *("woonplaats_naam", "pand_identificatie", "bouwjaar"),
    ),
    "without underscores": (
        *("openbareruimtenaam", "huisnummer", "huisletter", "huisnummertoevoeging", "postcode"),
        *("woonplaats", "pandidentificatie", "oorspronkelijkbouwjaar"),
    ),
}


@pytest.mark.parametrize("names", LIGHT.values(), ids=LIGHT)
def test_light_geopackage_has_addresses_in_the_rows_of_objects(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    path = tmp_path / "bag-light.gpkg"
    points = [shapely.Point(X + 20 * n, Y) for n in range(4)]
    # The codes say what each is: 01 object, 02 berth, 03 pitch, 10 pand.
    for layer, code, at in (
        ("verblijfsobject", "01", slice(0, 2)),
        ("ligplaats", "02", slice(2, 3)),
        ("standplaats", "03", slice(3, 4)),
    ):
        rows = range(4)[at]
        told = {
            "identificatie": [f"0153{code}00000000{n:02}" for n in rows],
            "status": ["Plaats aangewezen" if code != "01" else "Verblijfsobject in gebruik"]
            * len(rows),
            "gebruiksdoel": ["woonfunctie,kantoorfunctie"] * len(rows),
            **{
                names[n]: [value] * len(rows)
                for n, value in enumerate(
                    ("'s-Gravenweg", 12, "a", "2", None, "Den Haag", "0153100000000000", 1931)
                )
            },
        }
        shapes = points[at] if code == "01" else [point.buffer(5) for point in points[at]]
        gpd.GeoDataFrame(told, geometry=shapes, crs="EPSG:28992").to_file(path, layer=layer)
    gpd.GeoDataFrame(
        {"identificatie": ["0153100000000000"], "bouwjaar": [1931]},
        geometry=[square(0)],
        crs="EPSG:28992",
    ).to_file(path, layer="pand")
    register = read_register([path])
    assert register.objects["kind"].tolist() == [
        *("verblijfsobject", "verblijfsobject", "ligplaats", "standplaats"),
    ]
    assert register.objects["year_built"].tolist() == [1931] * 4
    assert register.objects["street"].unique().tolist() == ["'s-Gravenweg"]
    assert register.objects["uses"].unique().tolist() == ["kantoorfunctie woonfunctie"]
    assert np.allclose(register.objects["x"], [X + 20 * n for n in range(4)], atol=1)
    told = register.addresses
    # An address without a postcode stays.
    assert told["postcode"].tolist() == [""] * 4
    assert told[["number", "suffix", "place_key"]].drop_duplicates().to_numpy().tolist() == [
        [12, "A2", "sgravenhage"]
    ]
    assert len(register.links) == 4


def test_reply_of_a_service_in_degrees_is_read_in_metres(tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [6.8937, 52.2215]},
            "properties": {
                "identificatie": "0153010000000001",
                "status": "Verblijfsobject in gebruik",
                "gebruiksdoel": "woonfunctie",
                "openbare_ruimte_naam": "Langestraat",
                "huisnummer": 24,
                "postcode": "7511HC",
                "woonplaats_naam": "Enschede",
                "hoofdadres_identificatie": "0153200000000001",
                "pand.href": ["https://api.pdok.nl/x/items/1"],
            },
        }
    ]
    path = tmp_path / "items.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    register = read_register([path])
    assert register.objects.index.tolist() == ["0153010000000001"]
    assert register.addresses["address_id"].tolist() == ["0153200000000001"]
    # RDNAPTRANS: Enschede's centre lies about here.
    assert 257_000 < register.objects["x"].iloc[0] < 259_000
    assert 470_000 < register.objects["y"].iloc[0] < 473_000


# Lists of the user's own.

HEAD = (
    "adres_id;x;y;gebouwtype;eigendom;bouwjaar;oppervlakte_m2;bouwlagen;straat;huisnummer;postcode"
)


def own_list(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    return write_csv(tmp_path / "woningen.csv", "\n".join([head, *rows]) + "\n")


def test_own_list_stands_alone_with_its_own_numbers_and_words(tmp_path: Path) -> None:
    path = own_list(
        tmp_path,
        "VB0007;250000;470000;Galerijflat;Sociale huur;1968;72 m2;9;Sint Jansstraat;12a;7511 AA",
        "VB0008;250010;470000;2-onder-1-kap;KOOP;1005;;;St. Jansstr.;14;7511AA",
        "VB0009;250020;470000;ruimteschip;kraakpand;2001;85,5;;Sint Jansstraat;16;",
        ";250030;470000;;;;;;Sint Jansstraat;18;7511AA",
    )
    register = read_register([path])
    found = register.objects
    assert found.index.tolist() == ["VB0007", "VB0008", "VB0009", "#5"]
    assert found["kind"].unique().tolist() == ["address"]
    assert found["type"].fillna("-").tolist() == ["flat", "semi_detached", "-", "-"]
    assert found["ownership"].tolist() == ["corporation", "owner_occupied", "unknown", "unknown"]
    assert found["year_built"].fillna(0).tolist() == [1968, 0, 2001, 0]
    assert found["floor_area_m2"].fillna(0).tolist() == [72.0, 0.0, 85.5, 0.0]
    assert found["floors"].fillna(0).tolist() == [9.0, 0.0, 0.0, 0.0]
    assert register.addresses["suffix"].tolist() == ["A", "", "", ""]
    assert register.addresses["street_key"].unique().tolist() == ["stjansstr"]
    assert (register.has_types, register.has_ownership) == (True, True)
    summary = register.ledgers[0]
    assert remarks(summary) == {
        "implausible_year_built": 1,
        "unknown_building_word": 1,
        "unknown_ownership_word": 1,
    }
    rows = dict(zip(summary.remarks["remark"], summary.remarks["first_row"], strict=True))
    assert rows["unknown_building_word"] == 4


def test_words_of_the_user_come_before_those_that_are_known(tmp_path: Path) -> None:
    path = own_list(
        tmp_path,
        "1;250000;470000;Type B;X1;;;;Dorpsstraat;1;7511AA",
        "2;250010;470000;flat;koop;;;;Dorpsstraat;3;7511AA",
    )
    register = read_register(
        [path],
        types={"type b": "maisonette", "FLAT": "flat_high", "kasteel": "detached"},
        ownerships={"x1": "private_rent"},
    )
    assert register.objects["type"].tolist() == ["maisonette", "flat_high"]
    assert register.objects["ownership"].tolist() == ["private_rent", "owner_occupied"]
    notes = {note.key: (note.count, note.example) for note in register.notes}
    assert notes["register.type_word_unused"] == (1, "kasteel")


def test_columns_of_the_user_come_before_those_that_are_recognised(tmp_path: Path) -> None:
    head = "nr_intern;x;y;gebouwtype;categorie;straat;huisnummer"
    path = own_list(tmp_path, "A1;250000;470000;flat;loods;Dorpsstraat;1", head=head)
    register = read_register([path], columns={"id": "nr_intern", "type": "categorie"})
    assert register.objects["type"].to_dict() == {"A1": "industrial"}


def test_list_with_a_row_per_address_keeps_side_addresses(tmp_path: Path) -> None:
    # As NLExtract writes bagadres-full.csv.
    head = (
        "openbareruimte;huisnummer;huisletter;huisnummertoevoeging;postcode;woonplaats;"
        "nummeraanduiding;verblijfsobjectgebruiksdoel;oppervlakteverblijfsobject;"
        "verblijfsobjectstatus;object_id;object_type;nevenadres;pandid;pandbouwjaar;x;y"
    )
    tail = "woonfunctie;90;Verblijfsobject in gebruik;0153010000000001;VBO"
    path = own_list(
        tmp_path,
        f"Langestraat;1;;;7511AA;Enschede;0153200000000001;{tail};f;0153100000000001;1930;250000;470000",
        f"Walstraat;2;a;;7511AB;Enschede;0153200000000002;{tail};t;0153100000000001;1930;250000;470000",
        f"Walstraat;2;a;;7511AB;Enschede;0153200000000002;{tail};t;0153100000000002;1930;250000;470000",
        head=head,
    )
    register = read_register([path])
    assert register.objects["kind"].to_dict() == {"0153010000000001": "verblijfsobject"}
    assert register.objects["year_built"].tolist() == [1930]
    told = register.addresses
    assert told["address_id"].tolist() == ["0153200000000001", "0153200000000002"]
    assert told["is_main"].tolist() == [True, False]
    assert told["suffix"].tolist() == ["", "A"]
    assert aside(register.ledgers[0]) == {"duplicate_id": 2}


@pytest.mark.parametrize("layer", ["pand", "bag:pand", "pand_actueel", "BAG_Panden"])
def test_layer_of_panden_is_known_by_its_name(tmp_path: Path, layer: str) -> None:
    path = write_gpkg(tmp_path / "bag.gpkg", [an_object(0)], [])
    told = pd.DataFrame([a_pand(0)])
    gpd.GeoDataFrame(told, geometry=[square(0)], crs="EPSG:28992").to_file(path, layer=layer)
    assert len(read_register([path]).panden) == 1


def test_column_with_names_of_streets_can_be_chosen(tmp_path: Path) -> None:
    head = "id;x;y;straat;naam;huisnummer"
    path = own_list(tmp_path, "1;250000;470000;00012;Dorpsstraat;1", head=head)
    register = read_register([path], columns={"street": "naam"})
    assert register.objects["street"].tolist() == ["Dorpsstraat"]
    assert register.addresses["street_key"].tolist() == ["dorpsstr"]


def test_lost_leading_zeros_and_prefixes_make_one_identification(tmp_path: Path) -> None:
    head = "vbo_id;x;y;straat;huisnummer"
    path = own_list(
        tmp_path,
        "3010000125985;250000;470000;Molenstraat;16",
        "NL.IMBAG.Verblijfsobject.0003010000125991;250010;470000;Kniestraat;15",
        "0003020000125991.0;250020;470000;Diep;1",
        "5,18E+14;250030;470000;Diep;3",
        "0003010000125985;250000;470000;Molenstraat;16",
        head=head,
    )
    register = read_register([path])
    assert register.objects.index.tolist() == [
        *("0003010000125985", "0003010000125991", "0003020000125991", "5,18E+14"),
    ]
    assert register.objects["kind"].tolist() == [
        *("verblijfsobject", "verblijfsobject", "ligplaats", "address"),
    ]
    assert aside(register.ledgers[0]) == {"duplicate_id": 1}


def test_list_with_addresses_in_one_line_is_read(tmp_path: Path) -> None:
    head = "id;x;y;adres"
    row = "1;250000;470000;Dorpsstraat 12A-2, 7511 AA Enschede"
    register = read_register([own_list(tmp_path, row, head=head)])
    told = register.addresses.iloc[0]
    assert (told["street"], told["number"], told["suffix"]) == ("Dorpsstraat", 12, "A2")
    assert (told["postcode"], told["place_key"]) == ("7511AA", "enschede")


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_list_is_the_same_in_every_form_of_table(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame(
        {
            "vbo_id": [153010000000001, 153010000000002],
            "x": [250_000.0, 250_010.5],
            "y": [470_000, 470_000],
            "woningtype": ["Maisonnette", "garagebox"],
            "huisnummer": [1, 3],
            "postcode": ["7511AA", None],
        }
    )
    path = tmp_path / f"lijst{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_excel(path, index=False)
    register = read_register([path])
    assert register.objects["type"].to_dict() == {
        "0153010000000001": "maisonette",
        "0153010000000002": "garage",
    }
    assert register.objects["x"].tolist() == [250_000.0, 250_010.5]


def test_own_list_adds_to_objects_of_the_bag(tmp_path: Path) -> None:
    bag = write_gpkg(
        tmp_path / "bag.gpkg", [an_object(n) for n in range(4)], [a_pand(n) for n in range(4)]
    )
    addresses = write_designations(tmp_path / "num.csv", [0, 1, 2, 3])
    head = "vbo_id;gebouwtype;eigendom;bouwjaar;huisnummer;postcode"
    path = own_list(
        tmp_path,
        f"{bare(vbo(0))};flat;huur;1999;;",
        f"{bare(num(1))};loods;;;;",
        ";hoekwoning;koop;;3;7511 AA",
        f"{bare(vbo(0))};villa;koop;;;",
        f"{bare(vbo(33))};villa;koop;;;",
        head=head,
    )
    register = read_register([bag, addresses, path])
    found = register.objects
    assert found["type"].fillna("-").tolist() == ["flat", "industrial", "end_terrace", "-"]
    assert found["ownership"].tolist() == ["rent", "unknown", "owner_occupied", "unknown"]
    # What the list does not say stays as the register has it.
    assert found["year_built"].tolist() == [1999, 1901, 1902, 1903]
    assert aside(ledger(register, "woningen.csv")) == {"duplicate_id": 1, "not_in_register": 1}
    assert adds_up(register)


# What is refused.


def test_names_of_owners_are_refused_and_never_repeated(tmp_path: Path) -> None:
    rows = [f"{n};250{n:03};470000;flat;P. Jansen {n};;;;Dorpsstraat;{n};" for n in range(1, 9)]
    with pytest.raises(DataError, match="8 of 8 filled rows hold 8 different words") as error:
        read_register([own_list(tmp_path, *rows)])
    assert "Jansen" not in str(error.value)
    assert "form of ownership" in str(error.value)


def test_many_different_words_for_ownership_are_refused(tmp_path: Path) -> None:
    told = ["koop"] * 79 + [f"Jansen {n}" for n in range(21)]
    rows = [f"{n};250{n:03};470000;flat;{word};;;;A;{n + 1};" for n, word in enumerate(told)]
    with pytest.raises(DataError, match="21 of 100 filled rows hold 21 different words"):
        read_register([own_list(tmp_path, *rows)])


@pytest.mark.parametrize(
    "name", ["eigenaar", "Eigenaarsnaam", "naam_eigenaar", "naam", "bsn", "kvk_nummer", "huurder"]
)
def test_column_of_persons_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    head = f"id;x;y;{name};straat;huisnummer"
    path = own_list(tmp_path, "1;250000;470000;koop;Dorpsstraat;1", head=head)
    with pytest.raises(DataError, match="never by who owns or lives"):
        read_register([path], columns={"ownership": name})


def test_column_of_owners_that_nobody_asked_for_is_never_read(tmp_path: Path) -> None:
    head = "id;x;y;eigenaar;naam;straat;huisnummer"
    path = own_list(tmp_path, "1;250000;470000;P. Jansen;Jansen;Dorpsstraat;1", head=head)
    register = read_register([path])
    assert not register.has_ownership
    for frame in (register.objects, register.addresses, register.gone):
        assert not frame.astype("str").apply(lambda c: c.str.contains("Jansen")).any(axis=None)


def test_column_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    path = own_list(tmp_path, "1;250000;470000;flat;koop;;;;Dorpsstraat;1;")
    with pytest.raises(DataError, match=r"no column 'gebouwtypen'[\s\S]*perhaps gebouwtype"):
        read_register([path], columns={"type": "gebouwtypen"})
    with pytest.raises(DataError, match="nothing called 'soort'"):
        read_register([path], columns={"soort": "gebouwtype"})
    with pytest.raises(DataError, match="stands for something that is known"):
        read_register([path], types={"flat": "skyscraper"})


def test_list_without_places_is_refused(tmp_path: Path) -> None:
    path = own_list(tmp_path, "1;Dorpsstraat;1", head="adres_id;straat;huisnummer")
    with pytest.raises(DataError, match="with a place each"):
        read_register([path])


# Properties.


def test_order_of_rows_and_files_does_not_matter(tmp_path: Path) -> None:
    objects = [an_object(n) for n in range(6)]
    points = [shapely.Point(X + n, Y) for n in range(6)]
    panden = [a_pand(n) for n in range(6)]
    first = write_gpkg(tmp_path / "a.gpkg", objects, panden, points=points)
    second = write_gpkg(tmp_path / "b.gpkg", objects[::-1], panden, points=points[::-1])
    designations = write_designations(tmp_path / "num.csv", range(6))
    one = read_register([first, designations])
    other = read_register([designations, second])
    pd.testing.assert_frame_equal(one.objects, other.objects.loc[one.objects.index])
    key = ["object_id", "address_id"]
    pd.testing.assert_frame_equal(
        one.addresses.sort_values(key, ignore_index=True),
        other.addresses.sort_values(key, ignore_index=True),
    )


# Real files.


@pytest.mark.real
def test_real_geopackage_adds_up_and_every_object_has_its_address(real_data: Path) -> None:
    folder = real_data / "buildings"
    register = read_register(
        [
            folder / "denhaag_voorburg_bag_2022.gpkg",
            folder / "denhaag_voorburg_nummeraanduiding_2022.csv.gz",
        ]
    )
    assert adds_up(register)
    # Counted in the file by SQL: 31,293 less 1,057 withdrawn and 546 formed; 15,380 less 74 by
    # mistake and 5 being built.
    assert (len(register.objects), len(register.panden)) == (29_690, 15_301)
    assert register.gone["reason"].value_counts().to_dict() == {
        "withdrawn": 1_057,
        "not_yet_in_use": 546,
    }
    assert set(register.addresses["object_id"]) == set(register.objects.index)
    assert set(register.links["pand_id"]) <= set(register.panden.index)
    assert register.links["object_id"].value_counts().max() <= 7
    assert register.objects["year_built"].notna().mean() > 0.99
    assert (register.objects["uses"] != "").all()
    assert register.addresses["number"].dtype == np.int64


@pytest.mark.real
@pytest.mark.slow
def test_real_geopackage_agrees_with_reading_it_by_hand(real_data: Path) -> None:
    """A peer: geopandas and a merge, without any of the register's code."""
    folder = real_data / "buildings"
    path = folder / "denhaag_voorburg_bag_2022.gpkg"
    register = read_register([path])
    by_hand = gpd.read_file(path, layer="verblijfsobject", ignore_geometry=False)
    by_hand["id"] = by_hand["identificatie"].str.rsplit(".", n=1).str[-1]
    by_hand = by_hand[~by_hand["status"].str.contains("ingetrokken|gevormd", regex=True)].set_index(
        "id"
    )
    assert set(by_hand.index) == set(register.objects.index)
    ordered = by_hand.loc[register.objects.index]
    assert np.allclose(ordered.geometry.x, register.objects["x"], atol=1e-6)
    assert (ordered["oppervlakte"] == register.objects["floor_area_m2"]).all()
    pairs = by_hand["pandref"].str.strip("{}").str.split(",").explode().str.rsplit(".", n=1).str[-1]
    known = pairs[pairs.isin(register.panden.index)]
    assert len(known) == len(register.links)
    assert set(zip(known.index, known, strict=True)) == set(
        register.links.itertuples(index=False, name=None)
    )


@pytest.mark.real
def test_real_reply_of_the_wfs_is_a_register(real_data: Path) -> None:
    register = read_register([real_data / "buildings" / "pdok_bag_wfs_reply_sample.geojson"])
    assert register.objects["year_built"].tolist() == [2002, 1925, 2006, 1910]
    assert register.objects["uses"].iloc[3] == "winkelfunctie woonfunctie"
    assert register.addresses["postcode"].tolist() == ["9901KB", "9901AD", "", "9901AG"]
    assert register.addresses["suffix"].tolist() == ["", "", "G1", ""]


def test_sample_town_is_a_register_with_types(sample_data: Path) -> None:
    register = read_register([sample_data / "buildings" / "voorbeeldstad_woningen.csv"])
    assert register.has_types
    assert register.objects["type"].notna().all()
    assert set(register.objects["type"]) <= set(BUILDING_TYPES)
    assert set(register.objects["ownership"].dropna()) <= set(OWNERSHIPS)
    assert adds_up(register)


def test_outlines_in_degrees_and_geoparquet_are_read_in_metres(tmp_path: Path) -> None:
    objects = gpd.GeoDataFrame(
        pd.DataFrame([an_object(n) for n in range(2)]),
        geometry=[shapely.Point(X + 20 * n, Y) for n in range(2)],
        crs="EPSG:28992",
    )
    panden = gpd.GeoDataFrame(
        pd.DataFrame([a_pand(n) for n in range(2)]),
        geometry=[square(n) for n in range(2)],
        crs="EPSG:28992",
    )
    objects.to_parquet(tmp_path / "objecten.parquet")
    panden.to_crs("EPSG:4326").to_file(tmp_path / "gebouwen.geojson")
    register = read_register([tmp_path / "objecten.parquet", tmp_path / "gebouwen.geojson"])
    assert register.objects[["x", "y"]].to_numpy().tolist() == [[X, Y], [X + 20, Y]]
    assert np.allclose(register.panden.area, 64.0, atol=0.1)
    centres = register.panden.geometry.centroid
    assert np.allclose(centres.x, [X, X + 20], atol=0.5)
    assert register.objects["year_built"].tolist() == [1900, 1901]


def test_status_that_a_list_invents_is_not_kept(tmp_path: Path) -> None:
    head = "id;x;y;status;straat;huisnummer"
    path = own_list(
        tmp_path,
        "1;250000;470000;bewoond door Jansen;Dorpsstraat;1",
        "2;250010;470000;Verblijfsobject in gebruik;Dorpsstraat;3",
        "3;250020;470000;gesloopt;Dorpsstraat;5",
        head=head,
    )
    register = read_register([path])
    assert register.objects["status"].fillna("-").tolist() == ["-", "Verblijfsobject in gebruik"]
    assert register.gone["reason"].tolist() == ["withdrawn"]
    assert register.gone["number"].tolist() == [5]


def test_empty_layer_of_objects_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "bag.gpkg"
    empty = {"identificatie": pd.Series(dtype="str"), "status": pd.Series(dtype="str")}
    gpd.GeoDataFrame(empty, geometry=[], crs="EPSG:28992").to_file(path, layer="verblijfsobject")
    with pytest.raises(DataError, match="none of the 0"):
        read_register([path])
