"""The account of the rows of one input, as rows of a sheet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from igh_geo.ledger import LedgerSummary
from igh_geo.texts import Texts

# What became of the rows that a run reads, and of those that a delivery brought to the store.
USED = {name: name for name in ("read", "placed", "fault", "selection", "remark")}
STORED = {
    "read": "read",
    "placed": "stored",
    "fault": "fault_then",
    "selection": "selection_then",
    "remark": "stored_remark",
}


def rows_of_account(
    ledger: LedgerSummary, texts: Texts, *, named: Mapping[str, str], source: str
) -> list[list[object]]:
    """Rows of the account of one input; what is not known by a word is told by its key.

    Parameters
    ----------
    ledger : LedgerSummary
    texts : Texts
    named : mapping of str to str
        USED or STORED: what became of a row, by its key in ``workbook.account.*``.
    source : str
        What the input is called in the first column.

    Returns
    -------
    list of list
        Source, what became of the rows, why, how many, and the first of them.
    """

    def line(what: str, why: str, count: int, first_row: object = "") -> list[object]:
        words = texts(why) if texts.has(why) else why.partition(".")[2]
        return [source, texts(f"workbook.account.{named[what]}"), words, count, first_row]

    return [
        line("read", "", ledger.rows_in),
        line("placed", "", ledger.placed),
        *(
            line(row["sort"], f"reason.{row['reason']}", row["count"], _first_row(row))
            for row in ledger.set_aside.to_dict("records")
        ),
        *(
            line("remark", f"remark.{row['remark']}", row["count"], _first_row(row))
            for row in ledger.remarks.to_dict("records")
        ),
    ]


def _first_row(row: Mapping[Hashable, Any]) -> object:
    """Number of the first row; empty where no row may be pointed at."""
    return "" if row["first_row"] is None else row["first_row"]
