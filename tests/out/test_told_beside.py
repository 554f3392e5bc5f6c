"""Context, carried-over counts, provisional months and deliveries on every page and table."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from igh_geo.out.book import headers_of
from igh_geo.out.briefing import render as render_briefing
from igh_geo.out.layers import write_layers
from igh_geo.out.manifest import write_manifest
from igh_geo.out.map.classes import class_of, spread_limits
from igh_geo.out.map.context import context_columns, context_themes
from igh_geo.out.map.page import map_page
from igh_geo.out.map.payload import payload
from igh_geo.out.map.symbols import symbols
from igh_geo.out.map.themes import default_theme, themes
from igh_geo.out.workbook import render as render_workbook
from igh_geo.policy.findings import Delivery
from igh_geo.policy.publication import ContextTable, Publication
from igh_geo.texts import Texts

NL = Texts("nl")
HOSTILE = "<script>alert(1)</script> {{7*7}} =1+1"


@pytest.fixture(scope="module")
def rich(publication: Publication) -> Publication:
    """The example with everything told beside the counts."""
    areas = publication.areas.copy()
    kinds = pd.Series(pd.NA, index=areas.index, dtype="str")
    kinds.iloc[[2, 18, 19]], kinds.iloc[44] = "estimated", "summed"
    rng = np.random.default_rng(4)
    n = len(areas)
    table = pd.DataFrame(
        {"WOZ": rng.normal(320, 60, n).round(), HOSTILE: rng.normal(0, 40, n).round(1)},
        index=areas.index,
    ).astype("Float64")
    statuses = pd.DataFrame("shown", index=table.index, columns=table.columns, dtype="str")
    table.iloc[7, 0] = 0.0
    for row, status in ((5, "withheld"), (30, "missing"), (13, "not_applicable")):
        table.iloc[row], statuses.iloc[row] = pd.NA, status
    return replace(
        publication,
        areas=areas.assign(carried_over=kinds),
        carried_from=2022,
        provisional_from=dt.date(2025, 10, 1),
        context=(ContextTable("Sociaal domein", table, statuses),),
        deliveries=(
            Delivery("week_45.csv", dt.date(2026, 11, 10), "aa"),
            Delivery("week_46.csv", dt.date(2026, 11, 17), "bb"),
        ),
    )


# Class limits --------------------------------------------------------------------------------


@given(
    values=hnp.arrays(
        float, st.integers(1, 60), elements=st.floats(-1e6, 1e6).map(lambda v: round(v, 2))
    )
)
def test_limits_of_context_rise_and_leave_no_class_empty(values: np.ndarray) -> None:
    limits = spread_limits(values)
    assert limits == sorted(set(limits))
    assert set(class_of(values, limits)) == set(range(len(limits) + 1))


def test_limits_suit_values_that_lie_close_together_far_from_zero() -> None:
    years = np.arange(1930.0, 2020.0)
    limits = spread_limits(years)
    assert len(limits) == 4
    # 89 years apart: steps of one year, as a fiftieth of that allows.
    assert all(limit == round(limit) and 1930 < limit < 2020 for limit in limits)


def test_limits_of_marks_have_one_decimal_and_no_trace_of_division() -> None:
    limits = spread_limits(np.array([6.1, 6.2, 6.8, 7.0, 7.3, 7.9, 8.4, 8.8, 5.2, 5.9]))
    assert limits == [float(f"{limit:.2f}") for limit in limits]
    assert len(limits) == 4


# The map -------------------------------------------------------------------------------------


def test_every_context_figure_is_a_theme_with_a_legend_of_its_own(rich: Publication) -> None:
    made = context_themes(rich, NL)
    assert [theme.name for theme in made] == ["WOZ", HOSTILE]
    assert [theme.key for theme in made] == ["context-1", "context-2"]
    for theme in made:
        assert theme.group == "context"
        assert len(theme.codes) == len(rich.areas)
        assert {symbol for _, symbol in theme.classes} <= set(symbols())
        assert "Sociaal domein" in theme.explain


def test_context_is_drawn_with_zero_as_zero_and_missing_as_missing(rich: Publication) -> None:
    woz = context_themes(rich, NL)[0]
    assert woz.classes[0] == ("0", "zero")
    assert [woz.codes[row] for row in (7, 5, 30, 13)] == ["0", "w", "m", "~"]


def test_zero_among_negative_figures_is_one_of_their_classes(rich: Publication) -> None:
    balance = context_themes(rich, NL)[1]
    assert "zero" not in {symbol for _, symbol in balance.classes}
    assert balance.classes[0][0].startswith("minder dan −")


def test_context_without_any_figure_is_off_and_says_why(rich: Publication) -> None:
    (table,) = rich.context
    empty = replace(
        table, figures=table.figures.assign(WOZ=pd.array([pd.NA] * 48, dtype="Float64"))
    )
    theme = context_themes(replace(rich, context=(empty,)), NL)[0]
    assert theme.reason.startswith("Niet beschikbaar")


def test_context_of_one_value_has_one_class(rich: Publication) -> None:
    (table,) = rich.context
    figures = table.figures.assign(WOZ=table.figures["WOZ"].where(table.figures["WOZ"].isna(), 3.0))
    theme = context_themes(replace(rich, context=(replace(table, figures=figures),)), NL)[0]
    assert [label for label, _ in theme.classes] == ["alle waarden"]


def test_page_never_opens_with_context(rich: Publication) -> None:
    made = [*themes(rich, NL), *context_themes(rich, NL)]
    assert default_theme(rich, made) == "rate_smoothed"


def test_withheld_context_is_not_in_the_data_of_the_page(rich: Publication) -> None:
    woz = context_columns(rich)[0]
    assert woz["values"][5] is None
    assert woz["status"][5] == "w"
    assert woz["status"][30] == "m"
    assert woz["values"][7] == 0


def test_names_of_context_stay_text_in_the_page(rich: Publication) -> None:
    page = map_page(rich)
    assert "<script>alert(1)" not in page
    assert "{{7*7}}" not in page
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))
    assert data["context"][1]["name"] == HOSTILE


def test_page_says_per_area_how_its_count_was_carried_over(rich: Publication) -> None:
    told = payload(rich, NL)
    assert [told["areas"]["carried"][row] for row in (0, 2, 44)] == ["-", "e", "s"]
    assert told["carried_words"] == {
        "e": "omgerekend van de indeling van 2022: schatting",
        "s": "opgeteld uit gebieden van de indeling van 2022",
    }


def test_page_without_context_or_conversion_is_as_it_was(publication: Publication) -> None:
    told = payload(publication, NL)
    assert told["context"] == []
    assert told["areas"]["carried"] == ""
    assert set(told["monthly"]["open"]) == {"0"}


def test_months_from_the_provisional_one_on_are_open(rich: Publication) -> None:
    assert payload(rich, NL)["monthly"]["open"] == "0" * 33 + "111"
    half = replace(rich, provisional_from=dt.date(2025, 11, 15))
    assert payload(half, NL)["monthly"]["open"] == "0" * 34 + "11"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "Uit 2 leveringen, de laatste van 17 november 2026."),
        ("en", "From 2 deliveries, the last of 17 November 2026."),
    ],
)
def test_page_and_briefing_say_from_which_deliveries_they_are(
    rich: Publication, example, language: str, said: str
) -> None:
    told = replace(rich, lens=example.example_lens(language=language))
    assert said in map_page(told)
    assert said in render_briefing(told)


def test_one_delivery_is_told_in_the_singular(rich: Publication) -> None:
    assert "Uit 1 levering, van 17 november 2026." in map_page(
        replace(rich, deliveries=rich.deliveries[1:])
    )


# The briefing --------------------------------------------------------------------------------


def test_provisional_months_are_hatched_in_the_briefing_and_explained(rich: Publication) -> None:
    page = render_briefing(rich)
    assert page.count('fill="url(#m-now)"') == 3
    assert "Gearceerd = voorlopig." in page
    plain = render_briefing(replace(rich, provisional_from=None))
    assert "m-now" not in plain
    assert "voorlopig" not in plain


# The workbook --------------------------------------------------------------------------------


def sheet(publication: Publication, name: str) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(publication)))
    return [list(row) for row in book[name].iter_rows(values_only=True)]


def test_context_has_a_sheet_with_a_row_for_every_area(rich: Publication) -> None:
    rows = sheet(rich, "Context Sociaal domein")
    assert rows[0] == ["Code", "Naam", "WOZ", HOSTILE]
    assert len(rows) == 1 + len(rich.areas)
    assert rows[1 + 7][2] == 0
    assert rows[1 + 5][2] == "Niet getoond (privacy)"
    assert rows[1 + 30][2] == "Geen gegevens"
    assert rows[1 + 13][2] == "Niet van toepassing"
    guide = [row[:2] for row in sheet(rich, "Leeswijzer")]
    assert ["Context Sociaal domein", NL("workbook.sheet_means.context")] in guide
    assert ["Leveringen", "Uit 2 leveringen, de laatste van 17 november 2026."] in guide


def test_carried_over_counts_are_told_in_a_column_that_others_do_not_have(
    rich: Publication, publication: Publication
) -> None:
    rows = sheet(rich, "Buurten")
    column = rows[0].index("Omgerekend")
    assert rows[1 + 2][column] == "omgerekend van de indeling van 2022: schatting"
    assert rows[1][column] in (None, "")
    assert "Omgerekend" not in sheet(publication, "Buurten")[0]


def test_months_say_which_are_provisional(rich: Publication, publication: Publication) -> None:
    rows = sheet(rich, "Maanden")
    assert rows[0][3] == "Status"
    assert [row[3] for row in rows[-4:]] == ["definitief", *["voorlopig"] * 3]
    assert len(sheet(publication, "Maanden")[0]) == 3


def test_headers_are_told_apart_where_capitals_do_not() -> None:
    assert headers_of(["WOZ", "woz", "", "WOZ 2", " "]) == ["WOZ", "woz 2", "-", "WOZ 2 2", "- 2"]


def test_two_tables_of_one_title_have_a_sheet_each(rich: Publication) -> None:
    twice = replace(rich, context=rich.context * 2)
    assert len(sheet(twice, "Context Sociaal domein 2")) == 1 + len(rich.areas)


# Layers and manifest -------------------------------------------------------------------------


def test_layers_hold_context_and_how_counts_were_carried_over(
    rich: Publication, tmp_path: Path
) -> None:
    path = tmp_path / "layers.gpkg"
    write_layers(rich, path)
    layer = gpd.read_file(path, layer="gebieden")
    assert layer["context_woz"].iloc[7] == 0
    assert layer["context_woz"].iloc[[5, 30]].isna().all()
    assert layer["context_status_label"].iloc[5] == "Niet getoond (privacy)"
    assert layer["context_status"].iloc[30] == "shown"
    assert "context_script_alert_1_script_7_7_1_1" in layer.columns
    assert layer["carried_over"].iloc[2] == "estimated"
    assert layer["carried_over_label"].iloc[44] == "opgeteld uit gebieden van de indeling van 2022"


def test_layers_without_conversion_or_context_have_no_such_columns(
    publication: Publication, tmp_path: Path
) -> None:
    path = tmp_path / "layers.gpkg"
    write_layers(publication, path)
    columns = gpd.read_file(path, layer="gebieden").columns
    assert not [name for name in columns if name.startswith(("context", "carried"))]


def test_manifest_names_deliveries_conversion_and_context(
    rich: Publication, tmp_path: Path
) -> None:
    moment = dt.datetime(2026, 1, 12, 9, tzinfo=dt.UTC)
    write_manifest(rich, tmp_path, inputs={}, timings={}, started=moment)
    told = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert told["deliveries"][1] == {
        "file": "week_46.csv",
        "delivered": "2026-11-17",
        "sha256": "bb",
    }
    assert told["provisional_from"] == "2025-10-01"
    assert told["carried_from"] == 2022
    assert told["carried_over"][rich.areas.index[44]] == "summed"
    assert told["context"] == [{"title": "Sociaal domein", "figures": ["WOZ", HOSTILE]}]
