"""Every address gets a type and every case its address, and each row is accounted for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from igh_geo.errors import DataError
from igh_geo.intake import Inputs, building_cases, read_buildings, read_events, read_study_areas
from igh_geo.intake.building_cases import _years
from igh_geo.lens import Lens
from igh_geo.policy.factors import BuildingCases

ADDRESSES = """adres_id;x;y;gebouwtype;bouwjaar;oppervlakte_m2;eigendom;straat;huisnummer;postcode
A1;100100;400100;tussenwoning;1930;80;koop;Dorpsstraat;1;1234 AB
A2;100110;400100;tussenwoning;1930;80;huur;Dorpsstraat;3;1234 AB
A3;100120;400100;hoekwoning;1930;95;koop;Dorpsstraat;5;1234 AB
A4;101100;400100;flat;2023;60;corporatie;Kerkweg;2;1234 CD
A5;101100;400105;flat;1975;60;corporatie;Kerkweg;4;1234 CD
A6;101100;400110;kasteel;1500;;;Kerkweg;6;1234 CD
A7;150000;450000;flat;1975;60;corporatie;Verweg;1;5678 EF
"""
HEADER = "zaaknummer;datum;soort;categorie;adres_id;straat;huisnummer;postcode;x;y;gevonden_door\n"
# The file covers the whole period, also where no case is looked at.
FENCES = "".join(
    f"F{at};{day};misdrijf;Anders;A1;;;;100100;400100;\n"
    for at, day in enumerate(("01-01-2022", "01-10-2022", "01-06-2023", "31-12-2023"))
)
AREAS = {"BU00010000": box(100_000, 400_000, 101_000, 401_000)}
AREAS["BU00010001"] = box(101_000, 400_000, 102_000, 401_000)


def found_in(
    folder: Path,
    cases: str,
    *,
    phenomenon: dict[str, object] | None = None,
    header: str = HEADER,
):
    (folder / "adressen.csv").write_text(ADDRESSES, encoding="utf-8")
    (folder / "zaken.csv").write_text(header + FENCES + cases, encoding="utf-8")
    areas = gpd.GeoDataFrame(
        {"buurtcode": list(AREAS), "buurtnaam": ["West", "Oost"]},
        geometry=list(AREAS.values()),
        crs="EPSG:28992",
    )
    areas.to_file(folder / "gebieden.gpkg", layer="buurten")
    lens = Lens.model_validate(
        {
            "name": "proef",
            "title": "Proef",
            "question": "Waar?",
            "areas": {"file": "gebieden.gpkg", "layer": "buurten", "level": "buurt"},
            "incidents": {"file": "zaken.csv", "categories": ["Hennep"]},
            "buildings": {"file": "adressen.csv"},
            "phenomenon": phenomenon or {},
            "period": {"from": dt.date(2022, 1, 1), "to": dt.date(2023, 12, 31)},
        }
    )
    inputs = Inputs(folder)
    register = read_buildings(lens, inputs)
    assert register is not None
    study = read_study_areas(lens, None, inputs)
    events = read_events(lens, study, inputs, today=dt.date(2024, 6, 1), register=register)
    return building_cases(events, study.areas, register, lens=lens), events


def kinds(found: BuildingCases) -> dict[str, str]:
    return found.cases["building_type"].to_dict()


def reasons(found: BuildingCases) -> dict[str, int]:
    aside = found.matching.set_aside
    return dict(zip(aside["reason"], aside["count"], strict=True))


def test_case_gets_the_type_of_its_address_however_it_is_told(tmp_path: Path) -> None:
    found, _ = found_in(
        tmp_path,
        "Z1;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;tip\n"
        "Z2;01-02-2022;misdrijf;Hennep;;;3;1234ab;100110;400100;politie\n"
        "Z3;01-02-2022;misdrijf;Hennep;;Dorpsstr.;5;;100120;400100;tip\n"
        "Z4;01-02-2022;misdrijf;Hennep;;;;;101099;400106;\n",
    )
    assert kinds(found) == {
        "Z1": "mid_terrace",
        "Z2": "mid_terrace",
        "Z3": "end_terrace",
        "Z4": "flat",
    }
    assert found.matches == {"id": 1, "place": 1, "postcode": 1, "street": 1}
    assert found.cases["detection"].tolist()[:3] == ["tip", "police", "tip"]
    assert found.cases["detection"].isna().tolist() == [False, False, False, True]


def test_row_without_coordinates_lies_where_its_address_lies(tmp_path: Path) -> None:
    found, events = found_in(
        tmp_path,
        "Z1;01-02-2022;misdrijf;Hennep;A5;;;;;;tip\n"
        "Z2;01-02-2022;misdrijf;Hennep;;;99;9999ZZ;;;tip\n"
        "Z3;01-02-2022;misdrijf;Hennep;;;;;;;tip\n",
    )
    assert found.cases["area_code"].to_dict() == {"Z1": "BU00010001"}
    aside = events.ledger.set_aside.set_index("reason")["count"].to_dict()
    selected = aside.pop("category_not_selected")
    assert (selected, aside) == (4, {"address_not_found": 1, "no_coordinates": 1})
    assert events.ledger.rows_in == events.ledger.placed + selected + sum(aside.values())
    assert events.incidents["location_quality"].tolist() == ["address"]


def test_case_whose_address_is_not_found_is_of_unknown_type_and_never_dropped(
    tmp_path: Path,
) -> None:
    found, _ = found_in(
        tmp_path,
        "Z1;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;tip\n"
        "Z2;01-02-2022;misdrijf;Hennep;;;77;1234AB;100500;400500;tip\n",
        phenomenon={"match_within_m": 5},
    )
    assert kinds(found) == {"Z1": "mid_terrace", "Z2": "unknown"}
    assert reasons(found) == {"address_not_found": 1}
    assert found.matching.rows_in == 2
    assert found.matching.placed == 1


def test_case_from_before_the_building_is_not_given_to_what_stands_there_now(
    tmp_path: Path,
) -> None:
    found, _ = found_in(tmp_path, "Z1;01-02-2022;misdrijf;Hennep;A4;;;;101100;400100;tip\n")
    assert kinds(found) == {"Z1": "unknown"}
    assert reasons(found) == {"case_before_building": 1}


def test_address_counts_for_the_years_that_it_stood_there(tmp_path: Path) -> None:
    found, _ = found_in(tmp_path, "Z1;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;tip\n")
    years = found.stock.groupby("building_type")["address_years"].sum()
    # Two houses during two years of 365 days; a flat of two years, and one that was built on some
    # day of 2023, which counts for half of that year.
    assert years["mid_terrace"] == pytest.approx(2 * 730 / 365.25)
    assert years["flat"] == pytest.approx((730 + 365 / 2) / 365.25)
    by_year = found.years.loc["flat"]
    assert by_year.to_dict() == pytest.approx({2022: 365 / 365.25, 2023: 1.5 * 365 / 365.25})
    assert by_year.sum() == pytest.approx(years["flat"])


def test_house_of_the_year_counts_for_the_chance_that_it_stands_within_part_of_that_year() -> None:
    built = pd.Series([2022, 2023, 2021], dtype="Int64")
    years = _years(built, dt.date(2022, 1, 1), dt.date(2022, 6, 30))
    # Of 181 days of 365: on the last the chance is 181/365, on average half of that.
    assert years * 365.25 == pytest.approx([181 * 181 / 365 / 2, 0.0, 181.0])


def test_address_outside_the_areas_is_accounted_for(tmp_path: Path) -> None:
    found, _ = found_in(tmp_path, "Z1;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;tip\n")
    account = found.ledgers[-1]
    assert account.set_aside.set_index("reason")["count"].to_dict() == {"outside_areas": 1}
    assert account.rows_in == account.placed + 1
    assert found.stock["addresses"].sum() == account.placed


def test_word_that_is_no_type_leaves_the_address_in_the_stock_as_unknown(tmp_path: Path) -> None:
    found, _ = found_in(tmp_path, "Z1;01-02-2022;misdrijf;Hennep;A6;;;;101100;400110;tip\n")
    assert found.origins == {"own": 5, "unknown": 1}
    assert kinds(found) == {"Z1": "unknown"}
    assert found.matches == {"id": 1}
    remarks = found.matching.remarks.set_index("remark")["count"].to_dict()
    assert remarks == {"type_unknown": 1}


def test_factors_are_those_that_are_asked_for_and_known(tmp_path: Path) -> None:
    one = "Z1;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;tip\n"
    every, _ = found_in(tmp_path, one)
    assert every.factors == ("building_type", "ownership", "year_class", "floor_area_class")
    assert every.cases.loc["Z1", "year_class"] == "-1944"
    assert every.cases.loc["Z1", "floor_area_class"] == "75-99"
    few, _ = found_in(tmp_path, one, phenomenon={"factors": ["year_built"]})
    assert few.factors == ("building_type", "year_class")


def test_column_of_who_found_it_that_is_not_there_is_named_with_those_that_are(
    tmp_path: Path,
) -> None:
    with pytest.raises(DataError, match=r"(?s)no column .gevonden_doo..*perhaps gevonden_door"):
        found_in(
            tmp_path,
            "Z1;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;tip\n",
            phenomenon={"detection_column": "gevonden_doo"},
        )


def test_case_of_a_type_without_addresses_is_told_as_such(tmp_path: Path) -> None:
    found, _ = found_in(
        tmp_path,
        "Z1;01-02-2022;misdrijf;Hennep;;;77;1234AB;100500;400500;tip;loods\n"
        "Z2;01-02-2022;misdrijf;Hennep;;;77;1234AB;100500;400500;tip;flat\n",
        header=HEADER.strip() + ";gebouwtype\n",
    )
    assert kinds(found) == {"Z1": "industrial", "Z2": "flat"}
    assert reasons(found) == {"no_addresses_of_type": 1, "address_not_found": 1}


def test_columns_of_an_address_can_be_named(tmp_path: Path) -> None:
    header = "zaaknummer;datum;soort;categorie;postcode;PC;nr;x;y;gevonden_door\n"
    found, _ = found_in(
        tmp_path,
        "Z1;01-02-2022;misdrijf;Hennep;9999ZZ;1234 CD;4;;;tip\n",
        header=header,
        phenomenon={"address_columns": {"postcode": "PC"}},
    )
    assert kinds(found) == {"Z1": "flat"}
    with pytest.raises(DataError, match=r"(?s)holds the number of an address.*no column 'hn'"):
        found_in(
            tmp_path,
            "Z1;01-02-2022;misdrijf;Hennep;9999ZZ;1234 CD;4;;;tip\n",
            header=header,
            phenomenon={"address_columns": {"number": "hn"}},
        )


def test_word_for_who_found_it_never_leaves_the_file(tmp_path: Path) -> None:
    found, _ = found_in(
        tmp_path,
        "Z1;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;Piet van Dijk\n"
        "Z2;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;Energieteam Oost\n"
        "Z3;01-02-2022;misdrijf;Hennep;A1;;;;100100;400100;Brandweer Brabant\n",
        phenomenon={"detections": {"energieteam oost": "grid_operator"}},
    )
    assert found.cases["detection"].tolist() == ["other", "grid_operator", "fire"]


def test_nearest_address_of_another_kind_than_the_case_says_is_not_taken(tmp_path: Path) -> None:
    found, _ = found_in(
        tmp_path,
        "Z1;01-02-2022;misdrijf;Hennep;;;;;100101;400100;tip;flat\n"
        "Z2;01-02-2022;misdrijf;Hennep;;;;;100101;400100;tip;tussenwoning\n"
        "Z3;01-02-2022;misdrijf;Hennep;A1;;;;100101;400100;tip;flat\n",
        header=HEADER.strip() + ";gebouwtype\n",
    )
    assert kinds(found) == {"Z1": "flat", "Z2": "mid_terrace", "Z3": "mid_terrace"}
    assert found.cases["is_matched"].tolist() == [False, True, True]
    assert reasons(found) == {"nearest_of_other_type": 1}
    assert found.matching.remarks.set_index("remark")["count"].to_dict() == {"type_differs": 1}
