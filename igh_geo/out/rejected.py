"""Rows that could not be used: for who has the file, in a folder that is never sent."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from igh_geo.out.excel_text import write_excel_text
from igh_geo.out.folder import replaced_at_once

REJECTED = "rejected.csv"


def write_rejected(rejected: pd.DataFrame, folder: Path) -> Path:
    """Write rows with a fault, and why, as a table for Excel.

    Parameters
    ----------
    rejected : pandas.DataFrame
        As of ``Ledger.rejected``: the rows of the file and their ``reason``.
    folder : pathlib.Path
        A private folder, made or replaced as a whole.

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
        write_excel_text(rejected.astype("str").fillna(""), fresh / REJECTED)
    return folder / REJECTED
