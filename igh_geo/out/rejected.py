"""Rows that could not be used: for who has the file, in a folder that is never sent."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from igh_geo.out.excel_text import write_excel_text
from igh_geo.out.folder import replaced_at_once
from igh_geo.texts import Texts

REJECTED = "rejected.csv"


def write_rejected(rejected: pd.DataFrame, folder: Path, *, language: str = "nl") -> Path:
    """Write rows with a fault, and why, as a table for Excel.

    Parameters
    ----------
    rejected : pandas.DataFrame
        As of ``Ledger.rejected``: the rows of the file and their ``reason``.
    folder : pathlib.Path
        A private folder, made or replaced as a whole.
    language : {"nl", "en"}
        Of the reasons.

    Returns
    -------
    pathlib.Path
        The file ``rejected.csv`` in it.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    with replaced_at_once(folder, sign=REJECTED) as fresh:
        words = Texts(language).section("reason")
        text = rejected.astype("str").fillna("")
        text["reason"] = [words.get(reason, reason) for reason in text["reason"]]
        write_excel_text(text, fresh / REJECTED)
        # For who made it, and nobody else on the machine.
        (fresh / REJECTED).chmod(0o600)
    return folder / REJECTED
