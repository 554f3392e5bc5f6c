"""The BAG 2.0 extract: archives in an archive, versions, three dimensions, and hostile files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import shapely

from igh_geo.errors import DataError
from igh_geo.sources.bag import extract
from igh_geo.sources.bag.extract import is_extract, read_extract
from igh_geo.sources.bag.outlines import outline
from igh_geo.sources.bag.register import read_register

SPACES = (
    'xmlns:Objecten="www.kadaster.nl/schemas/lvbag/imbag/objecten/v20200601" '
    'xmlns:gml="http://www.opengis.net/gml/3.2" '
    'xmlns:Historie="www.kadaster.nl/schemas/lvbag/imbag/historie/v20200601" '
    'xmlns:Objecten-ref="www.kadaster.nl/schemas/lvbag/imbag/objecten-ref/v20200601" '
    'xmlns:sl-bag-extract="http://www.kadaster.nl/schemas/lvbag/extract-deelbestand-lvc/v20200601" '
    'xmlns:sl="http://www.kadaster.nl/schemas/standlevering-generiek/1.0"'
)
SQUARE = "250000 470000 1.5 250010 470000 1.5 250010 470008 1.5 250000 470008 1.5 250000 470000 1.5"
HOLE = "250002 470002 1 250004 470002 1 250004 470004 1 250002 470004 1 250002 470002 1"


def document(*objects: str, before: str = "") -> str:
    inside = "".join(
        f"<sl:stand><sl-bag-extract:bagObject>{one}</sl-bag-extract:bagObject></sl:stand>"
        for one in objects
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        f"<sl-bag-extract:bagStand {SPACES}><sl:standBestand>{inside}</sl:standBestand>"
        "</sl-bag-extract:bagStand>"
    )


def voorkomen(number: int, ended: str = "") -> str:
    end = f"<Historie:eindGeldigheid>{ended}</Historie:eindGeldigheid>" if ended else ""
    return (
        "<Objecten:voorkomen><Historie:Voorkomen>"
        f"<Historie:voorkomenidentificatie>{number}</Historie:voorkomenidentificatie>{end}"
        "</Historie:Voorkomen></Objecten:voorkomen>"
    )


def dwelling(
    area: int,
    *,
    version: int = 1,
    ended: str = "",
    status: str = "Verblijfsobject in gebruik",
    place: str = '<gml:Point srsDimension="3"><gml:pos>250005.0 470004.0 0.0</gml:pos></gml:Point>',
) -> str:
    return (
        "<Objecten:Verblijfsobject>"
        "<Objecten:heeftAlsHoofdadres><Objecten-ref:NummeraanduidingRef>0153200000000001"
        "</Objecten-ref:NummeraanduidingRef></Objecten:heeftAlsHoofdadres>"
        "<Objecten:heeftAlsNevenadres><Objecten-ref:NummeraanduidingRef>0153200000000002"
        "</Objecten-ref:NummeraanduidingRef></Objecten:heeftAlsNevenadres>"
        f"{voorkomen(version, ended)}"
        '<Objecten:identificatie domein="NL.IMBAG.Verblijfsobject">0153010000000001'
        "</Objecten:identificatie>"
        f"<Objecten:geometrie><Objecten:punt>{place}</Objecten:punt></Objecten:geometrie>"
        "<Objecten:gebruiksdoel>woonfunctie</Objecten:gebruiksdoel>"
        "<Objecten:gebruiksdoel>kantoorfunctie</Objecten:gebruiksdoel>"
        f"<Objecten:oppervlakte>{area}</Objecten:oppervlakte><Objecten:status>{status}"
        "</Objecten:status><Objecten:maaktDeelUitVan>"
        "<Objecten-ref:PandRef>0153100000000001</Objecten-ref:PandRef>"
        "<Objecten-ref:PandRef>0153100000000002</Objecten-ref:PandRef>"
        "</Objecten:maaktDeelUitVan></Objecten:Verblijfsobject>"
    )


def pand(number: int, year: int, *, hole: str = "") -> str:
    interior = (
        f"<gml:interior><gml:LinearRing><gml:posList>{hole}</gml:posList></gml:LinearRing>"
        "</gml:interior>"
        if hole
        else ""
    )
    return (
        f"<Objecten:Pand><Objecten:identificatie>01531000000000{number:02}"
        "</Objecten:identificatie><Objecten:geometrie>"
        '<gml:Polygon srsName="urn:ogc:def:crs:EPSG::28992" srsDimension="3"><gml:exterior>'
        f'<gml:LinearRing><gml:posList count="5">{SQUARE}</gml:posList></gml:LinearRing>'
        f"</gml:exterior>{interior}</gml:Polygon></Objecten:geometrie>"
        f"<Objecten:oorspronkelijkBouwjaar>{year}</Objecten:oorspronkelijkBouwjaar>"
        f"<Objecten:status>Pand in gebruik</Objecten:status>{voorkomen(1)}</Objecten:Pand>"
    )


def designation(number: int, house: int, street: str = "0153300000000001") -> str:
    return (
        f"<Objecten:Nummeraanduiding><Objecten:identificatie>01532000000000{number:02}"
        f"</Objecten:identificatie><Objecten:huisnummer>{house}</Objecten:huisnummer>"
        "<Objecten:huisnummertoevoeging>hs</Objecten:huisnummertoevoeging>"
        "<Objecten:postcode>7511AA</Objecten:postcode>"
        f"<Objecten:status>Naamgeving uitgegeven</Objecten:status>{voorkomen(1)}"
        f"<Objecten:ligtAan><Objecten-ref:OpenbareRuimteRef>{street}"
        "</Objecten-ref:OpenbareRuimteRef></Objecten:ligtAan></Objecten:Nummeraanduiding>"
    )


STREET = (
    "<Objecten:OpenbareRuimte><Objecten:identificatie>0153300000000001</Objecten:identificatie>"
    "<Objecten:naam>Lange Straat</Objecten:naam><Objecten:type>Weg</Objecten:type>"
    "<Objecten:status>Naamgeving uitgegeven</Objecten:status><Objecten:ligtIn>"
    "<Objecten-ref:WoonplaatsRef>0345</Objecten-ref:WoonplaatsRef></Objecten:ligtIn>"
    f"{voorkomen(1)}</Objecten:OpenbareRuimte>"
)
TOWN = (
    "<Objecten:Woonplaats><Objecten:identificatie>0345</Objecten:identificatie>"
    "<Objecten:naam>Enschede</Objecten:naam><Objecten:status>Woonplaats aangewezen"
    f"</Objecten:status>{voorkomen(1)}</Objecten:Woonplaats>"
)


def packed(members: dict[str, str | bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return whole.getvalue()


def delivery(path: Path, **documents: str) -> Path:
    """An extract as the Kadaster delivers it: a zip per kind, in a zip."""
    members: dict[str, str | bytes] = {"Leveringsdocument-BAG-Extract.xml": "<no-bag/>"}
    for kind, text in documents.items():
        members[f"9999{kind}15092020.zip"] = packed({f"0153{kind}15092020-000001.xml": text})
    path.write_bytes(packed(members))
    return path


def whole(path: Path, *dwellings: str) -> Path:
    return delivery(
        path,
        VBO=document(*(dwellings or (dwelling(80),))),
        PND=document(pand(1, 1950), pand(2, 9999, hole=HOLE)),
        NUM=document(designation(1, 12), designation(2, 14)),
        OPR=document(STREET),
        WPL=document(TOWN),
    )


def test_extract_becomes_a_register_with_streets_and_towns(tmp_path: Path) -> None:
    register = read_register([whole(tmp_path / "extract.zip")])
    found = register.objects.loc["0153010000000001"]
    assert (found["uses"], found["street"]) == ("kantoorfunctie woonfunctie", "Lange Straat")
    assert (found["x"], found["y"], found["year_built"]) == (250_005.0, 470_004.0, 1950)
    told = register.addresses
    assert told["number"].tolist() == [12, 14]
    assert told["is_main"].tolist() == [True, False]
    assert told["suffix"].unique().tolist() == ["HS"]
    assert told["street_key"].unique().tolist() == ["langestr"]
    assert told["place_key"].unique().tolist() == ["enschede"]
    assert len(register.links) == 2
    # 10 by 8 metres, and the second with a hole of 2 by 2; heights are left out.
    assert register.panden.area.tolist() == [80.0, 76.0]
    assert not shapely.has_z(register.panden.geometry.to_numpy()).any()


def test_of_the_versions_in_an_extract_the_current_one_counts(tmp_path: Path) -> None:
    versions = [
        dwelling(10, version=1, ended="2015-01-01"),
        dwelling(30, version=3),
        dwelling(20, version=2, ended="2018-01-01"),
    ]
    register = read_register([whole(tmp_path / "extract.zip", *versions)])
    assert register.objects["floor_area_m2"].tolist() == [30.0]
    told = register.ledgers[0].set_aside
    assert dict(zip(told["reason"], told["count"], strict=True)) == {"older_version": 2}


def test_object_whose_current_version_is_withdrawn_is_gone(tmp_path: Path) -> None:
    versions = [
        dwelling(10, version=1, ended="2015-01-01"),
        dwelling(20, version=2, status="Verblijfsobject ingetrokken"),
    ]
    path = whole(tmp_path / "extract.zip", *versions)
    with pytest.raises(DataError, match="none of the 2"):
        read_register([path])


def test_inactive_and_foreign_files_are_not_read_as_in_use(tmp_path: Path) -> None:
    inside = packed({"0153IAVBO15092020-000001.xml": document(dwelling(70, version=9))})
    path = tmp_path / "extract.zip"
    path.write_bytes(
        packed(
            {
                "9999VBO15092020.zip": packed({"a.xml": document(dwelling(80))}),
                "9999Inactief15092020.zip": packed({"0153IAVBO15092020.zip": inside}),
                "9999NietBag15092020.zip": packed(
                    {"0153NBVBO15092020.zip": packed({"b.xml": document(dwelling(60, version=8))})}
                ),
                "9999InOnderzoek15092020.zip": b"not even a zip",
                "__MACOSX/._9999VBO15092020.zip": b"not a zip either",
            }
        )
    )
    register = read_register([path])
    assert register.objects["floor_area_m2"].tolist() == [80.0]
    told = register.ledgers[0].set_aside
    assert dict(zip(told["reason"], told["count"], strict=True)) == {
        "inactive": 1,
        "not_in_bag": 1,
    }


def test_part_of_an_extract_and_bare_xml_can_be_read(tmp_path: Path) -> None:
    part = tmp_path / "9999VBO15092020.zip"
    part.write_bytes(packed({"0153VBO15092020-000001.xml": document(dwelling(80))}))
    bare = tmp_path / "0153VBO.xml"
    bare.write_text(document(dwelling(80)), encoding="utf-8")
    for path in (part, bare):
        assert len(read_register([path]).objects) == 1


@pytest.mark.parametrize(
    "place",
    [
        "",
        "<gml:Point><gml:pos>ver weg</gml:pos></gml:Point>",
        "<gml:Point><gml:pos>0 0 0</gml:pos></gml:Point>",
        "<gml:Polygon><gml:exterior><gml:posList>1 2 3</gml:posList></gml:exterior></gml:Polygon>",
    ],
)
def test_object_of_an_extract_without_a_place_is_set_aside(tmp_path: Path, place: str) -> None:
    with pytest.raises(DataError, match="none of the 1"):
        read_register([whole(tmp_path / "extract.zip", dwelling(80, place=place))])


def test_object_drawn_as_a_surface_gets_a_point_inside(tmp_path: Path) -> None:
    place = (
        '<gml:Polygon srsDimension="3"><gml:exterior><gml:LinearRing>'
        f"<gml:posList>{SQUARE}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )
    found = read_register([whole(tmp_path / "extract.zip", dwelling(80, place=place))]).objects
    assert 250_000 < found["x"].iloc[0] < 250_010
    assert 470_000 < found["y"].iloc[0] < 470_008


@pytest.mark.parametrize(
    ("dimension", "count", "text", "wanted"),
    [
        (2, 0, "1 2", "POINT (1 2)"),
        (0, 0, "1 2 3", "POINT (1 2)"),
        (0, 5, "0 0 9 4 0 9 4 4 9 0 4 9 0 0 9", "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))"),
        (0, 0, "0 0 4 0 4 4 0 0", "POLYGON ((0 0, 4 0, 4 4, 0 0))"),
    ],
)
def test_positions_are_read_in_two_and_three_dimensions(
    dimension: int, count: int, text: str, wanted: str
) -> None:
    assert shapely.equals(outline([(True, dimension, count, text)]), shapely.from_wkt(wanted))


@pytest.mark.parametrize(
    "rings", [[], [(True, 2, 0, "")], [(True, 2, 0, "1 nan")], [(True, 3, 0, "1 2 3 4")]]
)
def test_what_is_no_shape_is_none(rings: list[tuple[bool, int, int, str]]) -> None:
    assert outline(rings) is None


# Files that are meant to do harm, or are damaged.

LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "before", [LAUGHS, OUTSIDE, "<!DOCTYPE x>", f"<!-- {'a' * 70_000} -->" + LAUGHS]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declarations_of_its_own_are_refused(tmp_path: Path, before: str, encoding: str) -> None:
    text = document(dwelling(80), before=before).replace("UTF-8", encoding)
    path = tmp_path / "9999VBO.zip"
    path.write_bytes(packed({"a.xml": text.encode(encoding)}))
    with pytest.raises(DataError, match="has a DOCTYPE"):
        read_extract(path)


def test_extract_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "FREE_BYTES", 1_000_000)
    blanks = document(dwelling(80)).replace(
        "<sl:standBestand>", "<sl:standBestand>" + " " * 9_000_000
    )
    path = tmp_path / "bomb.zip"
    path.write_bytes(packed({"9999VBO.zip": packed({"a.xml": blanks})}))
    with pytest.raises(DataError, match="would be larger"):
        read_extract(path)


def test_archives_without_end_are_not_followed(tmp_path: Path) -> None:
    content = packed({"a.xml": document(dwelling(80))})
    for _ in range(6):
        content = packed({"9999VBO.zip": content})
    path = tmp_path / "deep.zip"
    path.write_bytes(content)
    with pytest.raises(DataError, match="without any object"):
        read_extract(path)


@pytest.mark.parametrize(
    "strange",
    [
        ('encoding="UTF-8"', 'encoding="klingon"'),
        ("</Objecten:oppervlakte>", "<script>x</script></Objecten:oppervlakte>"),
    ],
    ids=["unknown encoding", "element inside a field"],
)
def test_what_no_extract_has_is_a_message_and_no_traceback(
    tmp_path: Path, strange: tuple[str, str]
) -> None:
    text = document(dwelling(80))
    assert strange[0] in text
    path = tmp_path / "extract.xml"
    path.write_text(text.replace(*strange), encoding="utf-8")
    with pytest.raises(DataError, match="can be opened"):
        read_extract(path)


@pytest.mark.parametrize("cut", [200, 1_000, -1])
def test_extract_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "extract.xml"
    path.write_text(document(dwelling(80), dwelling(90))[:cut], encoding="utf-8")
    with pytest.raises(DataError, match="can be opened"):
        read_extract(path)


def test_extract_with_a_damaged_archive_inside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "extract.zip"
    path.write_bytes(packed({"9999VBO15092020.zip": b"PK nothing"}))
    with pytest.raises(DataError, match="can be opened"):
        read_extract(path)


def test_name_inside_an_archive_writes_nothing_outside(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "extract.zip"
    inner = packed({"../../evil.xml": document(dwelling(80))})
    path.write_bytes(packed({"../9999VBO.zip": inner}))
    assert len(read_register([path]).objects) == 1
    assert [found.name for found in tmp_path.rglob("*")] == ["in", "extract.zip"]


def test_zipped_shapefile_with_its_description_is_no_extract(tmp_path: Path) -> None:
    path = tmp_path / "streets.zip"
    path.write_bytes(packed({"a.shp": b"", "a.shx": b"", "a.shp.xml": "<metadata/>"}))
    assert not is_extract(path)
    assert is_extract(whole(tmp_path / "extract.zip"))


@pytest.mark.real
def test_real_extract_is_a_register(real_data: Path) -> None:
    path = real_data / "buildings" / "bag2_extract_xml_sample.zip"
    register = read_register([path])
    # Read by eye in the sample: VBO 2 current, LIG 2, STA 2 with two side addresses.
    assert register.objects["kind"].value_counts().to_dict() == {
        "verblijfsobject": 2,
        "ligplaats": 2,
        "standplaats": 2,
    }
    one = register.objects.loc["0221010000330226"]
    assert (one["street"], one["floor_area_m2"], one["year_built"]) == ("Kosterstraat", 223.0, 1585)
    assert len(register.addresses) == 10
    assert set(register.addresses["place_key"]) == {"doesburg"}
    placed = {summary.source.rsplit(": ")[-1]: summary.placed for summary in register.ledgers}
    assert (placed["pand"], placed["openbareruimte"], placed["woonplaats"]) == (2, 198, 1)
    not_bag = register.ledgers[4].set_aside.set_index("reason")["count"]
    assert not_bag["not_in_bag"] == 1
