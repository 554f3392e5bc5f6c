"""The streets with most events in the workbook, as far as they may be named."""

from __future__ import annotations

from igh_geo.out.book import Book, write_table
from igh_geo.out.columns import COUNT, Word
from igh_geo.policy.publication import Publication
from igh_geo.policy.streets import REACH_M

_COLUMNS: tuple[tuple[str, float, str | None], ...] = (
    ("street", 36.0, None),
    ("area_code", 16.0, None),
    ("area_name", 30.0, None),
    ("count", 12.0, COUNT),
)


def write_streets(book: Book, publication: Publication) -> None:
    """Write a sheet with a row for every street that is told, and one for the rest of its area.

    Parameters
    ----------
    book : Book
    publication : Publication
        Without ``streets`` there is no sheet.
    """
    streets, texts = publication.streets, book.texts
    if streets is None:
        return
    sheet = book.sheet(texts("workbook.sheet.streets"))
    grey = book.format(italic=True, font_color="#595959")
    if streets.empty:
        sheet.write_string(0, 0, texts("surroundings.workbook.none"))
        return
    rest = Word(texts("surroundings.page.other_streets"))
    rows = [
        [
            rest if row["is_rest"] else str(row["name"]),
            str(row["area_code"]),
            str(row["area_name"]),
            int(row["count"]),
        ]
        for row in streets.to_dict("records")
    ]
    write_table(book, sheet, _COLUMNS, rows=rows)
    words = texts("surroundings.workbook.rule", reach_m=texts.number(REACH_M))
    sheet.write_string(len(rows) + 2, 0, words, grey)
