from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.ledger import Ledger
from igh_geo.sources.counts.police import is_police_table, read_police_counts
from igh_geo.sources.formats import coded_tables

HEADER = "ID,SoortMisdrijf,WijkenEnBuurten,Perioden,GeregistreerdeMisdrijven_1\n"
# One buurt: 100 offences, of which 7 burglaries (1.1), 20 assaults and 73 others; sexual
# offences are hidden. Padded as the service pads them.
BUURT = {"0.0.0": 100, "1.1.1": 5, "1.1.2": 2, "1.4.1": None, "1.4.5": 20, "3.1.1": 73}


def row(offence: str, area: str, period: str, count: object, number: int = 0) -> str:
    return f"{number},{offence:<6},{area:<10},{period},{'' if count is None else count}\n"


def buurt(area: str = "BU99990100", period: str = "2024JJ00") -> str:
    return "".join(row(offence, area, period, count) for offence, count in BUURT.items())


def write(folder: Path, text: str, name: str = "47018NED_test.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def reasons(ledger: Ledger) -> dict[str, int]:
    summary = ledger.summary()
    assert summary.rows_in == summary.placed + summary.set_aside["count"].sum()
    return dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))


def remarks(ledger: Ledger) -> dict[str, int]:
    told = ledger.summary().remarks
    return dict(zip(told["remark"], told["count"], strict=True))


@pytest.fixture(params=["small", "large"])
def either_reader(request, monkeypatch):
    """Small text files are read by the reader of all tables, large ones in blocks."""
    if request.param == "large":
        monkeypatch.setattr(coded_tables, "_LARGE_BYTES", 0)


@pytest.mark.usefixtures("either_reader")
def test_padded_codes_are_stripped_and_the_total_is_the_default(tmp_path):
    counts, ledger = read_police_counts(write(tmp_path, HEADER + buurt()), level="buurt")
    assert list(counts.columns) == [
        *("area_code", "category", "kind", "period", "count", "is_provisional", "label")
    ]
    (only,) = counts.to_dict("records")
    assert only["area_code"] == "BU99990100"
    assert (only["category"], only["kind"], only["period"]) == ("0.0.0", "offence", "2024")
    assert only["count"] == 100
    assert reasons(ledger) == {"category_not_selected": 5}


def test_total_is_never_added_to_its_parts(tmp_path):
    # Adding up every row of a buurt gives 200, which is what a public derivative of these
    # tables did: exactly twice too high.
    path = write(tmp_path, HEADER + buurt())
    everything, _ = read_police_counts(path, level="buurt", offences=["all"])
    assert everything["count"].sum() == 100
    assert "0.0.0" not in set(everything["category"])
    with pytest.raises(DataError, match=r"counts twice[\s\S]*1\.1\.1 is part of 0\.0\.0"):
        read_police_counts(path, level="buurt", offences=["0.0.0", "1.1.1"])


def test_totals_of_areas_are_never_added_to_theirs(tmp_path):
    levels = "".join(buurt(area) for area in ("NL00", "GM9999", "WK999901", "BU99990100"))
    path = write(tmp_path, HEADER + levels)
    counts, ledger = read_police_counts(path, level="buurt", offences=["1.1.1"])
    assert counts["count"].sum() == 5
    assert reasons(ledger)["other_level"] == 18
    for level, area in {"gemeente": "GM9999", "wijk": "WK999901", "land": "NL00"}.items():
        counts, _ = read_police_counts(path, level=level)
        assert counts["area_code"].tolist() == [area]
    counts, _ = read_police_counts(path, level=None)
    assert len(counts) == 4


def test_hidden_count_is_missing_and_makes_the_sum_of_its_group_missing(tmp_path):
    own = tmp_path / "groups.toml"
    own.write_text(
        '[groups.persons]\ntitle = { nl = "Personen", en = "Persons" }\nwhy = "test"\n'
        'codes = ["1.4.1", "1.4.5"]\n[groups.burglary]\n'
        'title = { nl = "Inbraak", en = "Burglary" }\nwhy = "test"\ncodes = ["1.1.1", "1.1.2"]\n',
        "utf-8",
    )
    path = write(tmp_path, HEADER + buurt())
    counts, ledger = read_police_counts(
        path, level="buurt", groups=["persons", "burglary"], group_list=own
    )
    found = counts.set_index("category")["count"]
    assert pd.isna(found["persons"])
    assert found["burglary"] == 7
    assert remarks(ledger) == {"hidden_count": 1}
    assert counts.attrs["hidden_parts"] == 1
    assert counts.attrs["missing_sums"] == 1
    assert counts.attrs["titles"]["persons"] == {"nl": "Personen", "en": "Persons"}


def test_zero_that_stands_for_a_hidden_count_is_missing(tmp_path):
    rows = [
        row(offence, f"BU9999010{n}", "2024JJ00", 0) for n in range(3) for offence in ("1.4.1",)
    ] + [row("1.4.2", f"BU9999010{n}", "2024JJ00", 0) for n in range(3)]
    path = write(tmp_path, HEADER + "".join(rows))
    counts, ledger = read_police_counts(path, level="buurt", offences=["1.4.1", "1.4.2"])
    by_offence = counts.groupby("category")["count"]
    # Nobody was killed there: a zero. Sexual offences are hidden per buurt: no zero.
    assert by_offence.sum()["1.4.2"] == 0
    assert by_offence.count().to_dict() == {"1.4.1": 0, "1.4.2": 3}
    assert remarks(ledger) == {"hidden_as_zero": 3}


def test_zero_of_a_whole_municipality_and_year_stays_zero(tmp_path):
    path = write(tmp_path, HEADER + row("1.4.1", "GM9999", "2024JJ00", 0))
    counts, _ = read_police_counts(path, level="gemeente", offences=["1.4.1"])
    assert counts["count"].tolist() == [0]


@pytest.mark.usefixtures("either_reader")
def test_rows_that_cannot_be_counted_are_set_aside_with_their_reason(tmp_path):
    text = (
        HEADER
        + row("1.1.1", "BU99990100", "2024JJ00", 5)
        + row("1.1.1", "BU99990100", "2024JJ00", 5)
        + row("1.1.1", "BU99990101", "2024JJ00", "veel")
        + row("1.1.1", "BU99990102", "2024JJ00", -1)
        + row("1.1.1", "BU99990102", "2024JJ00", 8)
        + row("1.1.1", "BU99990103", "ooit", 8)
        + row("1.1.1", "", "2024JJ00", 8)
        + row("", "BU99990104", "2024JJ00", 8)
        + row("Hennep", "BU99990104", "2024JJ00", 8)
        + row("1.1.1", "GM9999", "2024JJ00", 8)
        + "1,2,3\n"
    )
    path = write(tmp_path, text)
    counts, ledger = read_police_counts(path, level="buurt", offences=["1.1.1"])
    assert reasons(ledger) == {
        "wrong_number_of_fields": 1,
        "no_code": 1,
        "no_category": 1,
        "unknown_offence": 1,
        "unreadable_period": 1,
        "other_level": 1,
        "unreadable_count": 2,
        "duplicate_code": 1,
    }
    found = counts.set_index("area_code")["count"]
    assert found["BU99990100"] == 5
    assert pd.isna(found["BU99990101"])
    assert found["BU99990102"] == 8
    assert ledger.summary().set_aside.set_index("reason")["first_row"]["duplicate_code"] == 3


@pytest.mark.usefixtures("either_reader")
def test_statline_export_with_titles_and_codes_of_areas_is_read(tmp_path):
    text = (
        "\ufeffGeregistreerde misdrijven; soort misdrijf\n"
        '"Soort misdrijf";"Perioden";"Wijken en buurten";'
        '"Regiocode (gemeente, wijk, buurt) (code)";"Geregistreerde misdrijven (aantal)"\n'
        '"1.1.1 Diefstal/inbraak woning";"2024*";"Centrum";"BU99990100";"   5"\n'
        '"2.6.10 Bestrijdingsmiddelen";"2024*";"Centrum";"BU99990100";"   1"\n'
        '"1.4.1 Zedenmisdrijf";"2024*";"Centrum";"BU99990100";"."\n'
        '"Totaal misdrijven";"2023";"Centrum";"BU99990100";"   120"\n'
        '"Bron: Politie"\n'
    )
    path = write(tmp_path, text)
    counts, ledger = read_police_counts(path, level="buurt", offences=["1.1.1", "1.4.1"])
    assert counts["count"].tolist() == [5, pd.NA]
    assert counts["is_provisional"].tolist() == [True, True]
    assert reasons(ledger) == {"wrong_number_of_fields": 1, "category_not_selected": 2}


def test_areas_by_name_are_refused_because_names_are_shared(tmp_path):
    text = '"Soort misdrijf";"Perioden";"Wijken en buurten";"Geregistreerde misdrijven (aantal)"\n'
    path = write(tmp_path, text + '"Totaal misdrijven";"2023";"Centrum";"4"\n')
    with pytest.raises(DataError, match=r"names such as 'Centrum'[\s\S]*codes of the regions"):
        read_police_counts(path, level="buurt")


def test_answers_of_the_service_in_json_are_read_as_the_table_is(tmp_path):
    records = [
        {
            "ID": 0,
            "SoortMisdrijf": f"{offence:<6}",
            "WijkenEnBuurten": "BU99990100",
            "Perioden": "2024JJ00",
            "GeregistreerdeMisdrijven_1": count,
        }
        for offence, count in BUURT.items()
    ]
    path = tmp_path / "47018NED.json"
    path.write_text(json.dumps({"odata.metadata": "...", "value": records}), "utf-8")
    assert is_police_table(path)
    counts, _ = read_police_counts(path, level="buurt", offences=["all"])
    from_text, _ = read_police_counts(
        write(tmp_path, HEADER + buurt()), level="buurt", offences=["all"]
    )
    pd.testing.assert_frame_equal(counts, from_text)


def test_parquet_with_numbers_is_read_as_the_table_is(tmp_path):
    frame = pd.DataFrame(
        {
            "SoortMisdrijf": list(BUURT),
            "RegioS": "BU99990100",
            "Perioden": "2024JJ00",
            "GeregistreerdeMisdrijven_1": pd.Series(list(BUURT.values()), dtype="float"),
        }
    )
    path = tmp_path / "47013NED.parquet"
    frame.to_parquet(path)
    counts, _ = read_police_counts(path, level="buurt", offences=["1.4.1", "1.4.5"])
    assert counts["count"].tolist() == [pd.NA, 20]


def test_status_in_the_list_of_periods_tells_what_is_provisional(tmp_path):
    write(
        tmp_path,
        '"Key","Title","Description","Status"\n"2022JJ00","2022","","Definitief"\n'
        '"2023JJ00","2023","","NaderVoorlopig"\n',
        "47018NED_Perioden.csv",
    )
    text = HEADER + "".join(buurt(period=f"{year}JJ00") for year in (2022, 2023, 2024))
    counts, _ = read_police_counts(write(tmp_path, text), level="buurt")
    by_period = counts.set_index("period")["is_provisional"]
    # 2024 came after the list was made, so nothing says that it is final.
    assert by_period.to_dict() == {"2022": False, "2023": True, "2024": True}


def test_status_of_a_period_holds_however_the_table_writes_it(tmp_path):
    write(
        tmp_path,
        '"Key","Title","Status"\n"2024MM02","2024 februari","Definitief"\n'
        '"2024MM03","2024 maart","Voorlopig"\n',
        "47022NED_Perioden.csv",
    )
    text = HEADER + buurt(period="2024 februari") + buurt(period="2024 maart")
    path = write(tmp_path, text, "47022NED_test.csv")
    by_period = read_police_counts(path, level="buurt")[0].set_index("period")["is_provisional"]
    assert by_period.to_dict() == {"2024-02": False, "2024-03": True}


def test_boundary_year_is_told_or_stands_beside_the_table_or_is_the_newest(tmp_path):
    path = write(tmp_path, HEADER + buurt(period="2022JJ00") + buurt(period="2023JJ00"))
    year = {"level": "buurt"}
    assert read_police_counts(path, **year)[0].attrs["boundary_year"] == 2023
    write(tmp_path, '"Wijken en buurten (indeling 2024)",2019\n', "47018NED_DataProperties.csv")
    counts, _ = read_police_counts(path, **year)
    assert (counts.attrs["boundary_year"], counts.attrs["boundary_year_from"]) == (2024, "metadata")
    counts, _ = read_police_counts(path, **year, boundary_year=2021)
    assert (counts.attrs["boundary_year"], counts.attrs["boundary_year_from"]) == (2021, "told")


def test_periods_and_municipalities_are_chosen_while_reading(tmp_path):
    text = HEADER + "".join(
        buurt(area, period)
        for area in ("BU99990100", "BU88880100")
        for period in ("2023JJ00", "2024JJ00", "2024MM03")
    )
    path = write(tmp_path, text)
    counts, ledger = read_police_counts(
        path, level="buurt", periods=["2024"], areas_prefix="GM9999"
    )
    assert counts[["area_code", "period"]].to_numpy().tolist() == [["BU99990100", "2024"]]
    assert reasons(ledger)["outside_areas"] == 18
    assert reasons(ledger)["outside_period"] == 2
    with pytest.raises(DataError, match=r"has no 2022[\s\S]*2023, 2024, 2024-03"):
        read_police_counts(path, level="buurt", periods=["2022"])


def test_year_and_its_months_stay_apart(tmp_path):
    path = write(tmp_path, HEADER + buurt() + buurt(period="2024MM03"))
    counts, _ = read_police_counts(path, level="buurt")
    assert sorted(counts["period"]) == ["2024", "2024-03"]


def test_map_layer_is_no_table_of_the_police_whatever_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(coded_tables, "_MOST_JSON_BYTES", 10)
    layer = write(
        tmp_path,
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
        '{"buurtcode": "BU99990100", "cr_jaar": 2024}, "geometry": null}]}',
        "areas.json",
    )
    assert not is_police_table(layer)
    assert not is_police_table(tmp_path / "areas.gpkg")
    table = write(tmp_path, '{"value": [{"SoortMisdrijf": "0.0.0 "}]}', "47018NED.json")
    with pytest.raises(DataError, match=r"at most 0 MB[\s\S]*CSV or Parquet"):
        is_police_table(table)


def test_level_that_the_table_does_not_have_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"level 'wijk'[\s\S]*begin with BU"):
        read_police_counts(write(tmp_path, HEADER + buurt()), level="wijk")


@pytest.mark.usefixtures("either_reader")
def test_separator_at_the_end_of_every_row_is_no_column(tmp_path):
    rows = buurt().replace("\n", ",\n")
    counts, ledger = read_police_counts(write(tmp_path, HEADER + rows), level="buurt")
    assert counts["count"].tolist() == [100]
    assert reasons(ledger) == {"category_not_selected": 5}


@pytest.mark.usefixtures("either_reader")
@pytest.mark.parametrize("end", ["", '7,1.1.1",BU99990107,2024JJ00,4\n'], ids=["open", "closed"])
def test_stray_quote_is_an_error_and_no_lost_rows(tmp_path, end):
    text = HEADER + buurt() + '7,"1.1.1 ,BU99990105,2024JJ00,4\n' + buurt("BU99990106") * 3 + end
    with pytest.raises(DataError, match="quote"):
        read_police_counts(write(tmp_path, text), level="buurt")


def test_table_without_the_columns_of_the_police_names_each(tmp_path):
    path = write(tmp_path, "buurtcode,aantal\nBU99990100,4\n")
    assert not is_police_table(path)
    with pytest.raises(DataError, match=r"2 problems[\s\S]*SoortMisdrijf[\s\S]*Perioden"):
        read_police_counts(path, level="buurt")


@pytest.mark.real
def test_first_rows_of_the_yearly_table(real_data):
    path = real_data / "police/47018NED_first_1000_rows.csv"
    counts, ledger = read_police_counts(path, level="gemeente")
    assert counts.set_index("period")["count"]["2024"] == 576
    assert reasons(ledger) == {"other_level": 987}
    assert counts.attrs["boundary_year"] == 2024
    # The list of periods beside it ends in 2023.
    assert counts.loc[counts["is_provisional"], "period"].tolist() == ["2024"]


@pytest.mark.real
def test_wijken_of_a_municipality_add_up_to_it(real_data):
    path = real_data / "police/47018NED_first_1000_rows.csv"
    wijken, _ = read_police_counts(path, level="wijk", periods=["2024"], areas_prefix="GM1680")
    assert wijken["count"].sum() == 576


@pytest.mark.real
def test_national_series_per_month_has_groups_and_hides_what_is_only_known_per_year(real_data):
    path = real_data / "police/47022NED_national_monthly.csv"
    with pytest.raises(DataError, match="national series says nothing per area"):
        read_police_counts(path, level="buurt")
    groups = ["property", "violence", "nuisance_vandalism", "subversive"]
    summed, _ = read_police_counts(path, level="land", groups=groups, periods=["2023-01"])
    raw = pd.read_csv(path)
    violence = raw["crime_type_code"].str.match(r"1\.4\.[2-7]") & (raw["date"] == "2023-01-01")
    assert summed.set_index("category")["count"]["violence"] == raw.loc[violence, "frequency"].sum()
    hidden, ledger = read_police_counts(path, level="land", offences=["1.4.1"])
    assert hidden["count"].isna().all()
    assert remarks(ledger) == {"hidden_as_zero": 144}


@pytest.mark.real
def test_no_month_adds_up_to_more_than_its_total(real_data):
    path = real_data / "police/47022NED_national_monthly.csv"
    total, _ = read_police_counts(path, level="land")
    parts, _ = read_police_counts(path, level="land", offences=["all"])
    sums = parts.groupby("period")["count"].sum()
    shortfall = total.set_index("period")["count"] - sums
    # What is missing are the offences that are hidden per month: some 1,600 of 65,000.
    assert shortfall.between(1000, 2000).all()
