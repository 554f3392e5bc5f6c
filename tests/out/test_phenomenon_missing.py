"""What the results of a phenomenon say where something is missing, withheld, endless or rounded."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from igh_geo.ledger import REMARK_COLUMNS, SUMMARY_COLUMNS, LedgerSummary
from igh_geo.out.layers import write_layers
from igh_geo.out.map.by_type import type_themes
from igh_geo.out.map.page import map_page
from igh_geo.out.phenomenon.page import render
from igh_geo.out.phenomenon.small_maps import small_maps
from igh_geo.out.phenomenon.tables import factor_table
from igh_geo.out.workbook import render as render_workbook
from igh_geo.policy import wording
from igh_geo.policy.factors import Phenomenon
from igh_geo.policy.phenomenon_cautions import cautions
from igh_geo.policy.phenomenon_words import headline
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

DUTCH = Texts("nl")


@pytest.fixture(scope="module")
def found(phenomenon_publication: Publication) -> Phenomenon:
    assert phenomenon_publication.phenomenon is not None
    return phenomenon_publication.phenomenon


def words(page: str) -> str:
    """What a reader of the page reads, drawings and tags left out."""
    seen = re.sub(r"<(style|title)[^>]*>.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", seen))


def without_reference(found: Phenomenon) -> Phenomenon:
    """The same where no class has a case that may be told."""
    numbers = [
        name
        for name in found.tables[0].rows.columns
        if name.startswith(("ratio", "within_", "full", "p_adj", "remains")) or name == "within"
    ]
    tables = []
    for table in found.tables:
        rows = table.rows.copy()
        words = ["verdict", "within_verdict"]
        rows[[name for name in numbers if name not in words]] = np.nan
        rows[words] = pd.NA
        rows[words] = rows[words].astype("str")
        tables.append(replace(table, rows=rows, reference=""))
    return replace(found, tables=tuple(tables), model=None, n_matched=None, matching=None)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_result_stands_where_nothing_can_be_compared(
    phenomenon_publication: Publication, found: Phenomenon, tmp_path: Path, language: str
) -> None:
    lens = phenomenon_publication.lens.model_copy(update={"language": language})
    nothing = without_reference(found)
    texts = Texts(language)
    nothing = replace(
        nothing, headline=headline(nothing, lens, texts), cautions=cautions(nothing, lens, texts)
    )
    publication = replace(phenomenon_publication, lens=lens, phenomenon=nothing)
    page = words(render(publication))
    said = "niet met elkaar te vergelijken" if language == "nl" else "cannot be compared"
    assert said in page
    assert not re.search(r"\b(nan|None|inf)\b|&lt;NA", page)
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(publication)))
    sheet = book[texts("by_type.sheet.types")]
    assert texts("by_type.column.reference") not in [cell.value for cell in sheet[1]]
    assert map_page(publication)
    write_layers(publication, tmp_path / "layers.gpkg")
    assert wording.references(nothing, lens, texts) == {}


def test_class_without_cases_has_a_limit_that_cannot_be_estimated_and_no_endless_number(
    phenomenon_publication: Publication, found: Phenomenon
) -> None:
    table = found.tables[0]
    rows = table.rows.copy()
    for name in ("ratio", "within", "full"):
        rows.loc["above_shop", [name, f"{name}_low"]] = 0.0
        rows[f"{name}_high"] = rows[f"{name}_high"].astype("Float64")
        rows.loc["above_shop", f"{name}_high"] = pd.NA if name == "full" else np.inf
    case = replace(found, tables=(replace(table, rows=rows), *found.tables[1:]))
    publication = replace(phenomenon_publication, phenomenon=case)
    page = words(render(publication))
    assert "Woning boven winkel 0,0 keer (0,0 tot niet te schatten)" in page
    assert "bovengrens niet te schatten" in page
    assert not re.search(r"\b(nan|None|inf)\b|∞", render(publication))
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(publication)))
    cells = [cell for row in book["Gebouwtypen"].iter_rows(values_only=True) for cell in row]
    assert "Niet te schatten" in cells
    assert not [cell for cell in cells if str(cell).lower() in ("inf", "nan")]


def test_page_says_how_many_rows_of_the_file_were_used_and_why_others_were_not(
    phenomenon_publication: Publication,
) -> None:
    aside = pd.DataFrame(
        [("address_not_found", "fault", 37, 3), ("outside_period", "selection", 6, 9)],
        columns=SUMMARY_COLUMNS,
    )
    account = LedgerSummary("zaken.csv", 150, 107, aside, pd.DataFrame(columns=REMARK_COLUMNS))
    publication = replace(phenomenon_publication, ledger=(account,))
    page = words(render(publication))
    assert (
        "Van de 150 rijen in het bestand zijn er 107 gebruikt; de andere niet, het vaakst om: "
        "adres niet gevonden (37); buiten de gekozen periode (6)."
    ) in page
    assert "Rijen van het bestand (150)" in page


def test_page_with_rounded_numbers_says_so(phenomenon_publication: Publication) -> None:
    assert "afgerond" not in words(render(phenomenon_publication))
    lens = phenomenon_publication.lens.model_copy(update={"audience": "public"})
    assert f"afgerond op veelvouden van {lens.rules.rounding}" in words(
        render(replace(phenomenon_publication, lens=lens))
    )


def test_hatching_of_a_small_map_is_that_of_the_theme(
    phenomenon_publication: Publication, found: Phenomenon
) -> None:
    themes = {theme.key: theme for theme in type_themes(phenomenon_publication, DUTCH)}
    maps = small_maps(phenomenon_publication, DUTCH)
    assert maps is not None
    n_compared = 0
    for key, drawing in maps.maps:
        theme = themes.get(f"type-{key}")
        if theme is None or theme.reason:
            continue
        hatched = re.search(r'<g fill="url\(#p-unsure\)">(.*?)</g>', str(drawing))
        drawn_so = set(re.findall(r'#a(\d+)"', hatched[1])) if hatched else set()
        # A zero is white, and is not hatched on a small map.
        rates = found.by_area.rates[key].reindex(phenomenon_publication.areas.index)
        doubted = {
            str(at) for at, flag in enumerate(theme.uncertain) if flag == "1" and rates.iloc[at] > 0
        }
        assert drawn_so == doubted, key
        n_compared += 1
    assert n_compared


def test_table_without_ratios_within_areas_has_no_empty_column_for_them(found: Phenomenon) -> None:
    table = found.tables[1]
    full = factor_table(table, DUTCH, caption="", area="buurt")
    assert "Binnen een buurt" in full.head
    others = table.rows.index != table.reference
    rows = table.rows.copy()
    rows.loc[others, "within"] = np.nan
    bare = factor_table(replace(table, rows=rows), DUTCH, caption="", area="buurt")
    assert "Binnen een buurt" not in bare.head
    assert {len(cells) + 1 for _, cells in bare.rows} == {len(bare.head)}
