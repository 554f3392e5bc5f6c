from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.out.index import render, row_level, write_index
from igh_geo.policy.publication import Publication


def named(publication: Publication, name: str, title: str = "") -> Publication:
    lens = publication.lens.model_copy(update={"name": name, "title": title or name.title()})
    return replace(publication, lens=lens)


def without_districts(publication: Publication) -> Publication:
    return replace(publication, levels={"wijk": publication.levels["wijk"]})


def elsewhere(publication: Publication) -> Publication:
    table = publication.levels["wijk"].copy()
    table.index = pd.Index([f"WK0001{i:02d}" for i in range(len(table))])
    return replace(publication, levels={"wijk": table})


def withheld(publication: Publication, district: str) -> Publication:
    table = publication.levels["district"].copy()
    table.loc[district, ["status", "rate_status", "previous_status"]] = "withheld"
    numbers = ["count", "rate", "ci_low", "ci_high", "smr", "expected", "previous"]
    table.loc[district, numbers] = np.nan
    return replace(publication, levels={**publication.levels, "district": table})


def rows_of(page: str) -> list[list[str]]:
    """Cells of all tables as a reader sees them."""
    body = re.findall(r"<tr[^>]*>\s*<th scope=\"row\">.*?</tr>", page, flags=re.DOTALL)
    return [
        [
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)
        ]
        for row in body
    ]


def matrices(publications: Sequence[Publication]) -> int:
    return render(publications).count("<table>")


def test_rows_are_the_districts_and_the_whole_comes_first(publication: Publication) -> None:
    rows = rows_of(render([named(publication, "inbraak"), named(publication, "overlast")]))
    assert [row[0] for row in rows] == ["Geheel", "Noord", "Zuid"]
    assert all(len(row) == 3 for row in rows)


def test_cell_gives_rate_interval_count_comparison_and_change(publication: Publication) -> None:
    cell = rows_of(render([publication]))[1][1]
    row = publication.levels["district"].loc["Noord"]
    assert cell.startswith(f"{row['rate']:.1f}".replace(".", ","))
    assert f"{row['count']:.0f} meldingen" in cell
    assert "keer zo veel als gemiddeld" in cell
    assert f"was {row['previous']:.0f}; kan toeval zijn" in cell
    assert "× 1,06 (0,85 tot 1,27)" in cell


def test_level_is_the_district_then_the_wijk_then_nothing(publication: Publication) -> None:
    assert row_level([without_districts(publication), publication]) == "district"
    assert row_level([without_districts(publication)]) == "wijk"
    assert row_level([replace(publication, levels={})]) is None


def test_publication_without_levels_gives_one_row_for_the_whole(publication: Publication) -> None:
    rows = rows_of(render([replace(publication, levels={})]))
    assert [row[0] for row in rows] == ["Geheel"]


def test_themes_of_different_places_come_in_tables_of_their_own(publication: Publication) -> None:
    wijken = without_districts(publication)
    assert matrices([wijken, named(wijken, "other")]) == 1
    assert matrices([wijken, elsewhere(publication)]) == 2
    assert matrices([publication, wijken]) == 2


def test_many_themes_are_split_over_tables_that_fit_on_paper(publication: Publication) -> None:
    themes = [named(publication, f"thema{i}") for i in range(12)]
    assert matrices(themes) == 3


def test_withheld_district_has_a_word_and_no_number(publication: Publication) -> None:
    rows = rows_of(render([withheld(publication, "Noord")]))
    assert rows[1] == ["Noord", "Niet getoond (privacy)"]


def test_district_that_a_theme_does_not_know_lies_outside_it(publication: Publication) -> None:
    levels = {**publication.levels, "district": publication.levels["district"].drop("Zuid")}
    rows = rows_of(render([publication, replace(named(publication, "b"), levels=levels)]))
    assert rows[2][2] == "Valt buiten dit thema"


def test_zero_is_written_as_zero(publication: Publication) -> None:
    table = publication.levels["district"].copy()
    table.loc["Noord", ["count", "rate", "ci_low", "smr"]] = 0.0
    levels = {**publication.levels, "district": table}
    cell = rows_of(render([replace(publication, levels=levels)]))[1][1]
    assert cell.startswith("0 ")
    assert "0 waar er ongeveer 327 te verwachten zijn" in cell


def test_theme_without_denominator_gives_counts_and_says_so(publication: Publication) -> None:
    rate = publication.lens.rate.model_copy(update={"denominator": "none"})
    counts = replace(
        publication,
        lens=publication.lens.model_copy(update={"rate": rate}),
        total=replace(publication.total, rate=None, ci_low=None, ci_high=None),
    )
    page = render([counts])
    assert "aantal meldingen" in page
    assert rows_of(page)[0][1].startswith("793")


def test_rate_that_is_withheld_is_called_so_and_one_that_cannot_be_is_not(
    publication: Publication,
) -> None:
    table = publication.levels["district"].copy()
    table.loc["Noord", ["rate", "ci_low", "ci_high", "smr"]] = np.nan
    for status, words in (
        ("withheld", "cijfer niet getoond (privacy)"),
        ("not_applicable", "zonder noemer geen cijfer"),
    ):
        table.loc["Noord", "rate_status"] = status
        levels = {**publication.levels, "district": table}
        assert words in rows_of(render([replace(publication, levels=levels)]))[1][1]


def test_rate_of_the_whole_that_is_withheld_is_called_so(publication: Publication) -> None:
    total = replace(publication.total, rate=None, ci_low=None, ci_high=None)
    cell = rows_of(render([replace(publication, total=total)]))[0][1]
    assert "meldingen; cijfer niet getoond (privacy)" in cell


def test_pages_for_paper_are_linked_where_they_are(
    publication: Publication, tmp_path: Path
) -> None:
    lens = named(publication, "inbraak")
    write_index([lens], tmp_path / "index.html")
    assert "map.pdf" not in (tmp_path / "index.html").read_text(encoding="utf-8")
    (tmp_path / "inbraak").mkdir()
    (tmp_path / "inbraak" / "map.pdf").write_bytes(b"%PDF")
    write_index([lens], tmp_path / "index.html")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<a href="inbraak/map.pdf">Kaart als PDF</a>' in page
    assert "map.png" not in page


def test_links_lead_to_the_folder_of_the_lens(publication: Publication) -> None:
    page = render([named(publication, "hennep kwekerijen & meer")])
    for file in ("map.html", "briefing.html", "tables.xlsx"):
        assert f'href="hennep%20kwekerijen%20%26%20meer/{file}"' in page


def test_values_from_data_are_text_and_never_markup(publication: Publication) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}'s =1+1"
    table = publication.levels["district"].assign(name=hostile)
    odd = replace(
        named(publication, "x", hostile), levels={**publication.levels, "district": table}
    )
    page = render([odd])
    assert "<script" not in page
    assert "{{7*7}}" in page
    assert "&lt;script&gt;" in page


def test_page_asks_for_nothing(publication: Publication) -> None:
    page = render([publication])
    assert "default-src 'none'" in page
    assert "src=" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_same_publications_give_the_same_bytes(publication: Publication, tmp_path: Path) -> None:
    write_index([publication], tmp_path / "a.html")
    write_index([publication], tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_no_publications_raise_with_a_remedy() -> None:
    with pytest.raises(ValueError, match="run a lens first"):
        render([])


def test_themes_of_two_languages_come_in_the_language_of_the_first(
    publication: Publication,
) -> None:
    english = publication.lens.model_copy(update={"name": "b", "language": "en"})
    theirs = replace(publication, lens=english, noun="records")
    page = render([publication, theirs])
    assert "records" not in page
    assert rows_of(page)[1][2].replace("registraties", "meldingen") == rows_of(page)[1][1]
    assert page.count("per 1.000 woningen") == 2
    page = render([theirs, publication])
    assert "meldingen" not in page
    assert "registraties" not in page
    assert page.count("per 1,000 dwellings") == 2


@pytest.mark.browser
def test_index_fits_its_paper_and_asks_for_nothing(
    publication: Publication, browser: Any, tmp_path: Path
) -> None:
    file = tmp_path / "index.html"
    write_index([named(publication, f"thema{i}") for i in range(5)], file)
    asked: list[str] = []
    said: list[str] = []
    # 277 mm of A4 landscape between its margins, at 96 pixels an inch.
    context = browser.new_context(offline=True, viewport={"width": 1047, "height": 718})
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width <= 1047
    assert asked == [file.as_uri()]
    assert said == []
