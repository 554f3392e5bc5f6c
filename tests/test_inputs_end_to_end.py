"""Every kind of input through the command line, as the reader of map and tables meets it."""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from igh_geo.cli.main import main

KEY = "een sleutel van meer dan zestien tekens"
BOUNDARIES = "boundaries/voorbeeldstad_2025.gpkg"
INCIDENTS = "incidents/voorbeeldstad_incidenten.csv"
SOURCES = """
[meldingen]
title = "Meldingen openbare ruimte"
regime = "avg"
purpose = "toezicht in de openbare ruimte"
legal_basis = "artikel 160 Gemeentewet"
retention_months = 600

[maanden]
title = "Overlast per maand"
regime = "open"
delivers = "counts"
category = "Overlast"
kind = "report"
boundary_year = 2025
provisional_periods = 2
"""
LENS = f"""
title = "Proef"
question = "Waar?"

[areas]
file = "{BOUNDARIES}"
layer = "buurten"
parent_layer = "wijken"

[clusters]
permutations = 999

[priorities]
draws = 1000

[grid]
permutations = 999
bandwidth_m = 300
"""
YEAR = """
[period]
from = 2025-01-01
to = 2025-12-31
"""
NUISANCE = """
categories = ["Overlast"]
kinds = ["report"]
setting = "public_space"
"""
# A word with an underscore is a key of ours, or a column of the user's; never a Dutch word.
RAW_KEY = re.compile(r"[a-z]+_[a-z_]+")


@dataclass(frozen=True)
class Result:
    """What a lens gave, as its readers get it."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "manifest.json").read_text("utf-8"))

    @property
    def notes(self) -> list[str]:
        return self.manifest["notes"]

    @cached_property
    def page(self) -> str:
        return html.unescape((self.folder / "map.html").read_text("utf-8"))

    @cached_property
    def data(self) -> dict[str, Any]:
        page = (self.folder / "map.html").read_text("utf-8")
        return json.loads(page.split('id="data">')[1].split("</script>")[0])

    @cached_property
    def briefing(self) -> str:
        return html.unescape((self.folder / "briefing.html").read_text("utf-8"))

    def sheet(self, name: str) -> pd.DataFrame:
        """A sheet as text and numbers, its first row as the names of the columns."""
        book = openpyxl.load_workbook(self.folder / "tables.xlsx", read_only=True)
        first, *rows = book[name].iter_rows(values_only=True)
        return pd.DataFrame(rows, columns=list(first), dtype=object)

    @property
    def account(self) -> pd.DataFrame:
        """The rows of the account: those before the first empty row."""
        rows = self.sheet("Verantwoording")
        return rows[rows["Bestand"].isna().cumsum() == 0]

    @property
    def counted(self) -> str:
        guide = self.sheet("Leeswijzer").set_index("Titel")
        return str(guide.loc["Geteld"].iloc[0])


@dataclass(frozen=True)
class Office:
    """A data folder, and what is done with it."""

    data: Path

    def load(self, file: Path, source: str, delivered: str) -> None:
        words = ["load", str(file), "--source", source, "--delivered", delivered, "--quiet"]
        assert main([*words, "--data", str(self.data)]) == 0

    def run(self, **lenses: str) -> list[Result]:
        """Run lenses: their name, and what they say besides LENS."""
        out = self.data.parent / f"maps-{'-'.join(lenses)}"
        paths = [self.data.parent / f"{name}.toml" for name in lenses]
        for path, text in zip(paths, lenses.values(), strict=True):
            path.write_text(LENS + text, encoding="utf-8")
        words = ["--data", str(self.data), "--out", str(out), "--quiet"]
        assert main(["run", *map(str, paths), *words]) == 0
        return [Result(out / name) for name in lenses]

    def write(self, rows: pd.DataFrame, name: str) -> Path:
        path = self.data / name
        path.parent.mkdir(exist_ok=True)
        rows.to_csv(path, sep=";", index=False, encoding="utf-8-sig")
        return path


@pytest.fixture(scope="module")
def office(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = tmp_path_factory.mktemp("office") / "data"
    shutil.copytree(sample_data, data)
    (data / "sources.toml").write_text(SOURCES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IGH_GEO_KEY", KEY)
        yield Office(data)


@pytest.fixture(scope="module")
def buurten(office: Office) -> gpd.GeoDataFrame:
    return gpd.read_file(office.data / BOUNDARIES, layer="buurten").sort_values("buurtcode")


@pytest.fixture(scope="module")
def export(office: Office) -> pd.DataFrame:
    """The export of the example from 2024 on."""
    rows = pd.read_csv(
        office.data / INCIDENTS, sep=";", dtype=str, encoding="utf-8-sig", keep_default_na=False
    )
    return rows[days(rows) >= "2024-01-01"].reset_index(drop=True)


def days(rows: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(rows["datum_van"], format="%d-%m-%Y", errors="coerce")


# Deliveries in the store ---------------------------------------------------------------------


DELIVERIES = {
    "week_40.csv": ("2024-01-01", "2025-10-05", "2025-10-06"),
    "week_46.csv": ("2025-09-22", "2025-11-16", "2025-11-17"),
    "week_52.csv": ("2025-11-10", "2025-12-31", "2026-01-02"),
    # A quiet week: everything in it was delivered before.
    "week_01.csv": ("2025-12-15", "2025-12-31", "2026-01-09"),
}


@pytest.fixture(scope="module")
def stored(office: Office, export: pd.DataFrame) -> Result:
    """From four deliveries that overlap; two dates in the second cannot be read."""
    for name, (first, last, delivered) in DELIVERIES.items():
        rows = export[days(export).between(first, last)].copy()
        if name == "week_46.csv":
            rows.iloc[:2, rows.columns.get_loc("datum_van")] = "onbekend"
        office.load(office.write(rows, name), "meldingen", delivered)
    (result,) = office.run(opslag=f'{YEAR}[incidents]\nsource = "meldingen"\n{NUISANCE}')
    return result


def test_foot_says_how_many_deliveries_there_were_and_of_which_day_the_last(stored):
    said = "Uit 4 leveringen, de laatste van 9 januari 2026."
    assert said in stored.page
    assert said in stored.briefing


def test_manifest_accounts_for_every_row_of_every_delivery(stored, office):
    told = stored.manifest["deliveries"]
    assert [one["file"] for one in told] == list(DELIVERIES)
    for one in told:
        content = (office.data / one["file"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
        # The last line ends in a line end, and the first is the header.
        assert one["rows_in"] == content.count(b"\n") - 1
        assert one["rows_in"] == one["placed"] + sum(row["count"] for row in one["set_aside"])
        assert one["delivered"] == DELIVERIES[one["file"]][2]
    unread = {row["reason"]: row["count"] for row in told[1]["set_aside"]}
    assert unread["unreadable_date"] == 2


def test_note_tells_how_many_rows_of_the_last_delivery_could_not_be_used(stored):
    last = stored.manifest["deliveries"][-1]
    aside = [row["count"] for row in last["set_aside"] if row["sort"] == "fault"]
    (note,) = [note for note in stored.notes if "laatste levering" in note]
    verb = "was" if sum(aside) == 1 else "waren"
    start = f"Van de {last['rows_in']:,} rijen in de laatste levering {verb} er {sum(aside)} niet "
    assert note.startswith(start.replace(",", "."))
    assert "geen coördinaten (" in note
    assert note in stored.page
    assert note in stored.briefing


def test_workbook_has_the_account_of_every_delivery_in_dutch(stored):
    account = stored.account
    assert list(account["Bestand"].unique()) == [*DELIVERIES, "meldingen"]
    second = account[account["Bestand"] == "week_46.csv"].set_index("Reden")["Aantal rijen"]
    assert second["datum is niet te lezen"] == 2
    assert not any(RAW_KEY.search(str(why)) for why in account["Reden"])


def test_records_that_were_delivered_twice_are_counted_once(stored):
    told = stored.manifest["deliveries"]
    (account,) = stored.manifest["ledger"]
    assert sum(one["placed"] for one in told) > account["rows_in"]
    assert account["rows_in"] == account["placed"] + sum(
        row["count"] for row in account["set_aside"]
    )


def test_store_gives_the_same_count_as_the_file_it_was_loaded_from(stored, with_context):
    assert stored.counted == with_context.counted
    assert stored.data["areas"]["count"] == with_context.data["areas"]["count"]


# Counts per month ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def per_month(office: Office, buurten: gpd.GeoDataFrame) -> tuple[Result, pd.DataFrame]:
    rows = [
        (code, f"{year}-{month:02}", 3 + (number + month) % 7)
        for (number, code), year, month in product(
            enumerate(buurten["buurtcode"]), (2023, 2024, 2025), range(1, 13)
        )
    ]
    table = pd.DataFrame(rows, columns=["buurtcode", "maand", "aantal"])
    office.load(office.write(table, "per_maand.csv"), "maanden", "2026-01-05")
    (result,) = office.run(
        maanden="""
        [counts]
        source = "maanden"
        category = "Overlast"
        kind = "report"

        [period]
        from = 2023-01-01
        to = 2025-12-31
        previous = "none"
        """
    )
    return result, table


def test_latest_months_are_provisional_on_the_map_in_the_briefing_and_in_the_tables(per_month):
    result, table = per_month
    assert result.manifest["provisional_from"] == "2025-11-01"
    assert result.data["monthly"]["open"] == "0" * 34 + "11"
    assert result.data["monthly"]["counts"] == table.groupby("maand")["aantal"].sum().tolist()
    note = "De cijfers vanaf november 2025 zijn voorlopig en kunnen nog stijgen."
    assert note in result.notes
    assert note in result.page
    assert note in result.briefing
    assert "Gearceerd = voorlopig." in result.briefing
    status = result.sheet("Maanden")["Status"]
    assert status.tolist() == ["definitief"] * 34 + ["voorlopig"] * 2


def test_counts_of_three_years_add_up_to_the_table(per_month):
    result, table = per_month
    assert result.counted == f"{table['aantal'].sum():,} meldingen".replace(",", ".")
    assert "Uit 1 levering, van 5 januari 2026." in result.page


# Counts of an older division -----------------------------------------------------------------


@pytest.fixture(scope="module")
def carried(office: Office, buurten: gpd.GeoDataFrame) -> Result:
    """In 2022 two buurten were one, and another was two; every old buurt has 20 and 40."""
    shape = buurten.set_index("buurtcode").geometry
    whole = shape["BU99990100"]
    left, bottom, right, top = whole.bounds
    middle = (left + right) / 2
    was = {
        "BU99990090": shape["BU99990000"].union(shape["BU99990001"]),
        "BU99990190": whole.intersection(shapely.box(left, bottom, middle, top)),
        "BU99990191": whole.intersection(shapely.box(middle, bottom, right, top)),
    }
    same = buurten[~buurten["buurtcode"].isin(["BU99990000", "BU99990001", "BU99990100"])]
    codes = [*same["buurtcode"], *was]
    old = gpd.GeoDataFrame(
        {"buurtcode": codes, "buurtnaam": [f"Oud {code}" for code in codes], "water": "NEE"},
        geometry=[*same.geometry, *was.values()],
        crs=28992,
    ).assign(jrstatcode=[f"2022{code}" for code in codes], jaar=2022)
    old.to_file(office.data / "boundaries" / "voorbeeldstad_2022.gpkg", layer="buurten")
    office.write(pd.DataFrame({"buurtcode": codes, "m24": 20, "m25": 40}), "misdrijven.csv")
    (result,) = office.run(
        indeling=f"""
        {YEAR}
        [areas.harmonise]
        file = "boundaries/voorbeeldstad_2022.gpkg"
        boundary_year = 2022
        [counts]
        file = "misdrijven.csv"
        category = "Misdrijven"
        kind = "offence"
        boundary_year = 2022
        [counts.values]
        2024 = "m24"
        2025 = "m25"
        """
    )
    return result


def test_counts_of_an_older_division_keep_their_total_and_are_flagged(carried, buurten):
    # 104 buurten now; one fewer by the merger and one more by the split: 104 in 2022.
    assert len(buurten) == 104
    assert carried.counted == "4.160 misdrijven"
    assert carried.manifest["carried_from"] == 2022
    assert carried.manifest["carried_over"] == {
        "BU99990000": "estimated",
        "BU99990001": "estimated",
        "BU99990100": "summed",
    }
    areas = carried.sheet("Buurten").set_index("Code")
    assert areas.loc[["BU99990000", "BU99990001"], "Aantal"].sum() == 40
    assert areas.loc["BU99990100", "Aantal"] == 80
    assert areas.loc["BU99990000", "Omgerekend"] == "omgerekend van de indeling van 2022: schatting"
    assert areas["Omgerekend"].fillna("").ne("").sum() == 3


def test_map_of_an_older_division_says_so_with_its_year(carried):
    assert carried.data["areas"]["carried"][:8] == "ee-----s"
    note = (
        "Aantal omgerekend van de indeling van 2022 en dus een schatting: Bagijnenhof, Grote Markt"
    )
    assert any(said.startswith(note) for said in carried.notes)
    assert note in carried.page
    assert note in carried.briefing
    assert "samengevoegde gebieden van de indeling van 2022: Zeeheldenkwartier" in carried.page


def test_list_goes_by_rate_also_where_the_rate_of_the_whole_is_withheld(carried):
    # The number of inhabitants of one area is unknown and its count is withheld: the rate of the
    # whole, beside its count, would tell it. Those of the other areas are told.
    assert "Het cijfer van het geheel is niet getoond (privacy)." in carried.page
    assert "op cijfer (gecorrigeerd voor kleine aantallen) en aantal samen" in carried.briefing
    assert "Zonder noemer" not in carried.briefing


# Figures and districts of the user's own -----------------------------------------------------


@pytest.fixture(scope="module")
def with_context(office: Office, buurten: gpd.GeoDataFrame) -> Result:
    codes = buurten["buurtcode"].tolist()
    social = pd.DataFrame({"code": codes, "bijstand": [10 + n % 9 for n in range(len(codes))]})
    social.loc[3, "bijstand"] = 0
    office.write(social.drop(index=5), "context/sociaal.csv")
    safety = pd.DataFrame({"code": codes, "pct": [f"{n % 40},5" for n in range(len(codes))]})
    office.write(safety, "context/veiligheid.csv")
    parts = sorted(buurten["wijkcode"].unique())
    named = ["Oost" if number % 2 else "West" for number in range(len(parts))]
    office.write(pd.DataFrame({"wijkcode": parts, "stadsdeel": named}), "stadsdelen.csv")
    (result,) = office.run(
        context=f"""
        {YEAR}
        [areas.districts]
        file = "stadsdelen.csv"
        [incidents]
        file = "{INCIDENTS}"
        {NUISANCE}
        [[context]]
        title = "Sociaal domein"
        file = "context/sociaal.csv"
        columns = {{ "Huishoudens met bijstand" = "bijstand" }}
        boundary_year = 2025
        [[context]]
        title = "Veiligheidsmonitor"
        file = "context/veiligheid.csv"
        columns = {{ "Voelt zich onveilig (%)" = "pct" }}
        boundary_year = 2025
        """
    )
    return result


def test_context_is_a_theme_with_a_legend_and_zero_is_no_missing_value(with_context):
    first, second = with_context.data["context"]
    assert (first["title"], first["name"]) == ("Sociaal domein", "Huishoudens met bijstand")
    assert (first["values"][3], first["status"][3]) == (0, "s")
    assert (first["values"][5], first["status"][5]) == (None, "m")
    assert second["values"][1] == 1.5
    themes = {theme["key"]: theme for theme in with_context.data["themes"]}
    legend = [label for label, _ in themes["context-1"]["classes"]]
    assert legend[0] == "0"
    # What is missing has no class, but a sign of its own.
    assert themes["context-1"]["codes"][3] == "0"
    assert themes["context-1"]["codes"][5] == "m"
    assert themes["context-2"]["name"] == "Voelt zich onveilig (%)"


def test_context_has_a_sheet_for_each_table_with_zero_and_missing_apart(with_context):
    rows = with_context.sheet("Context Sociaal domein")["Huishoudens met bijstand"]
    assert rows[3] == 0
    assert rows[5] == "Geen gegevens"
    shares = with_context.sheet("Context Veiligheidsmonitor")["Voelt zich onveilig (%)"]
    assert shares[1] == 1.5


def test_districts_of_a_list_of_wijken_have_a_sheet_that_adds_up(with_context, buurten):
    districts = with_context.sheet("Gebieden").set_index("Naam")["Aantal"]
    assert set(districts.index) == {"Oost", "West"}
    assert f"{districts.sum():,} meldingen".replace(",", ".") == with_context.counted


# Police figures, code lists and what is doubtful ----------------------------------------------

PARTS = ["1.1.1", "1.1.2", "1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.5.2", "1.6.2"]
PROPERTY = [*PARTS, "2.5.1", "2.5.2"]


@pytest.fixture(scope="module")
def side_by_side(
    office: Office, buurten: gpd.GeoDataFrame, export: pd.DataFrame
) -> tuple[Result, Result]:
    """Police figures and a doubtful export, by team; a map layer holds the teams."""
    teams = gpd.read_file(office.data / BOUNDARIES, layer="wijken")
    middle = teams.geometry.centroid.y
    teams["team"] = np.where(middle > middle.median(), "Team Noord", "Team Zuid")
    teams = teams.dissolve("team").reset_index()[["team", "geometry"]]
    teams.to_file(office.data / "boundaries" / "teams.gpkg", layer="teams")
    _write_police(office, buurten["buurtcode"])
    _write_doubtful(office, export)
    by_team = f'{YEAR}[areas.districts]\nfile = "boundaries/teams.gpkg"\n'
    police, doubtful = office.run(
        politie=f"""
        {by_team}
        [counts]
        file = "police/47022NED_proef.csv"
        category = "Vermogensdelicten"
        offence_groups = ["property"]
        kind = "offence"
        boundary_year = 2025
        """,
        twijfel=f"""
        {by_team}
        [incidents]
        file = "twijfel.csv"
        code_list = "codelijst.csv"
        {NUISANCE}
        """,
    )
    return police, doubtful


def _write_police(office: Office, codes: pd.Series) -> None:
    """The total is 100 for each buurt and month; every property offence is one."""
    months = [f"{year}MM{month:02}" for year, month in product((2024, 2025), range(1, 13))]
    cells = product(months, codes, ["0.0.0", *PROPERTY])
    lines = [
        f"{number},{offence:<6},{code:<10},{month},{100 if offence == '0.0.0' else 1}"
        for number, (month, code, offence) in enumerate(cells)
    ]
    header = "ID,SoortMisdrijf,WijkenEnBuurten,Perioden,GeregistreerdeMisdrijven_1"
    path = office.data / "police" / "47022NED_proef.csv"
    path.parent.mkdir()
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def _write_doubtful(office: Office, export: pd.DataFrame) -> None:
    """Codes for categories, 150 rows at one address, 30 default dates, and 150 rows twice."""
    chosen = export[
        export["categorie"].isin(["Overlast", "Geweld"]) & (export["soort"] == "melding")
    ]
    rows = chosen.drop_duplicates("meldingnummer").reset_index(drop=True)
    rows["feitcode"] = rows.pop("categorie").map({"Overlast": "F1", "Geweld": "F2"})
    order = rows.index[rows["feitcode"] == "F1"].to_numpy().copy()
    np.random.default_rng(6).shuffle(order)
    rows.loc[order[:150], ["x", "y"]] = ["142528,0", "508523,0"]
    rows.loc[order[150:180], "datum_van"] = "01-01-1900"
    again = rows.loc[order[180:330]]
    again = again.assign(meldingnummer="D" + again["meldingnummer"])
    office.write(pd.concat([rows, again]), "twijfel.csv")
    office.write(pd.DataFrame({"code": ["F1"], "categorie": ["Overlast"]}), "codelijst.csv")


def test_offence_group_of_the_police_is_the_sum_of_its_offences_and_never_the_total(side_by_side):
    police, _ = side_by_side
    # 104 buurten, 12 months, 11 property offences of one each.
    assert police.counted == "13.728 misdrijven"
    assert len(PROPERTY) == 11
    assert police.data["monthly"]["counts"] == [104 * 11] * 24
    (ledger,) = police.manifest["ledger"]
    (aside,) = ledger["set_aside"]
    assert (aside["reason"], aside["count"]) == ("category_not_selected", 104 * 24)


def test_index_sets_themes_side_by_side_by_team(side_by_side):
    police, doubtful = side_by_side
    index = html.unescape((police.folder.parent / "index.html").read_text("utf-8"))
    assert re.findall(r"Team (?:Noord|Zuid)", index) == ["Team Noord", "Team Zuid"]
    for result in (police, doubtful):
        counts = result.sheet("Gebieden").set_index("Naam")["Aantal"]
        for count in counts:
            assert f"{count:,}".replace(",", ".") in index
        assert result.counted.startswith(f"{counts.sum():,}".replace(",", "."))


def test_codes_outside_the_code_list_are_told_apart_from_faults(side_by_side, office):
    _, doubtful = side_by_side
    rows = pd.read_csv(office.data / "twijfel.csv", sep=";", dtype=str, encoding="utf-8-sig")
    (ledger,) = doubtful.manifest["ledger"]
    found = {row["reason"]: row["count"] for row in ledger["set_aside"]}
    assert ledger["rows_in"] == len(rows)
    assert ledger["rows_in"] == ledger["placed"] + sum(found.values())
    unmapped = f"{found['category_not_in_code_list']:,}".replace(",", ".")
    note = f"staat bij {unmapped} de code niet in de codelijst"
    assert any(note in said for said in doubtful.notes)
    # What has no coordinates either is set aside for that.
    assert 0 <= (rows["feitcode"] == "F2").sum() - found["category_not_in_code_list"] < 50


def test_default_dates_are_set_aside_and_named_in_the_note(side_by_side):
    _, doubtful = side_by_side
    (ledger,) = doubtful.manifest["ledger"]
    found = {row["reason"]: row["count"] for row in ledger["set_aside"]}
    # Of the 30 a few have no coordinates either, and are set aside for that.
    assert 25 <= found["default_date"] <= 30
    (note,) = [said for said in doubtful.notes if "niet te gebruiken" in said]
    assert "datum die een systeem invult" in note
    assert f"({found['default_date']})" in note


def test_default_address_and_records_told_twice_reach_the_page_as_notes(side_by_side):
    _, doubtful = side_by_side
    (ledger,) = doubtful.manifest["ledger"]
    remarks = {row["remark"]: row["count"] for row in ledger["remarks"]}
    at_point = f"Er staan {remarks['repeated_place']} meldingen op één punt: waarschijnlijk een"
    twice = f"Er lijken {remarks['near_duplicate']} meldingen dubbel te zijn"
    # All 150 at the address; twice are 150 less those without a place in the Netherlands.
    assert remarks["repeated_place"] == 150
    assert 140 <= remarks["near_duplicate"] <= 155
    for start in (at_point, twice):
        assert any(said.startswith(start) for said in doubtful.notes)
        assert start in doubtful.page
        assert start in doubtful.briefing


def test_no_page_or_table_shows_a_key_of_the_program(side_by_side, stored, carried):
    for result in (*side_by_side, stored, carried):
        said = [*result.notes, *result.manifest["choices"].values(), *result.manifest["limits"]]
        # Names of columns and files of the user are quoted as they are.
        plain = [re.sub(r"[\w ]+_[\w]+(?: \(|\.csv|\.gpkg)", "", text) for text in said]
        assert [text for text in plain if RAW_KEY.search(text)] == []
        assert not any(RAW_KEY.search(str(why)) for why in result.account["Reden"])
