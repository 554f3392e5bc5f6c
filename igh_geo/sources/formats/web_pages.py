"""Tables in web pages: what some systems export under the name of a spreadsheet."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_PAGE = re.compile(rb"(?i)<(?:!doctype\s+html|html|head|body|table|meta|style)\b")
_MOST_SPAN = 1000


def is_web_page(head: bytes) -> bool:
    """Whether content begins as a web page does."""
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:2000].replace(b"\0", b"")
    return text.startswith(b"<") and _PAGE.search(text) is not None


def largest_table(page: str) -> list[list[str]]:
    """Cells of the table with the most cells in a page; empty when there is none.

    Parameters
    ----------
    page : str
        A web page.

    Returns
    -------
    list of list of str
        Rows; a cell over several columns or rows is followed by empty ones.
    """
    reader = _Tables()
    reader.feed(page)
    reader.close()
    return max(reader.tables, key=lambda rows: sum(map(len, rows)), default=[])


class _Tables(HTMLParser):
    """Collects the rows of every table, those inside others too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._n_columns = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_cell()
            self._open.append([])
            self.tables.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])
            told = dict(attrs).get("colspan") or "1"
            self._n_columns = min(int(told), _MOST_SPAN) if told.isdecimal() else 1
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1]:
            # Line ends in the source of a page are blanks.
            words = ["\n" if part == "\n" else re.sub(r"\s+", " ", part) for part in self._cell]
            self._open[-1][-1] += ["".join(words).strip(), *[""] * (self._n_columns - 1)]
        self._cell = None
