"""Rows that could not be used: for who has the file, in a folder that is never sent."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from igh_geo.out.folder import replaced_at_once

REJECTED = "rejected.csv"
# A spreadsheet may run what begins so as a formula, in signs of full width too; these rows are
# untrusted.
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


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
        text = rejected.astype("str").fillna("")
        text = text.map(_no_formula).rename(columns=_no_formula)
        text.to_csv(fresh / REJECTED, sep=";", index=False, encoding="utf-8-sig")
    return folder / REJECTED


def _no_formula(cell: object) -> str:
    # The name of a column comes from the file as well.
    text = str(cell)
    is_formula = text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(("\t", "\r"))
    return f"'{text}" if is_formula else text
