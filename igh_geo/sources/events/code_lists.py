"""Code lists of the user's own: from the codes of a system to categories."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import Problem, raise_all
from igh_geo.sources.columns import find
from igh_geo.sources.formats.files import read_table
from igh_geo.sources.values.vocabulary import KIND_WORDS, translate

CODE_LIST_SPELLINGS: dict[str, tuple[str, ...]] = {
    "code": ("code", "feitcode", "incidentcode", "meldingcode", "waarde", "van", "from", "key"),
    "category": ("category", "categorie", "hoofdcategorie", "naar", "to", "thema"),
    "subcategory": ("subcategory", "subcategorie", "subthema"),
    "kind": ("kind", "soort", "soort_registratie"),
}
MEANINGS = ("category", "subcategory", "kind")
ANY = "*"


@dataclass(frozen=True)
class CodeList:
    """Meanings of codes.

    Attributes
    ----------
    file : str
        Name of its file.
    meanings : pandas.DataFrame
        Index: codes without case and spaces around, the last sign ``*`` for all that begin so.
        Columns ``category``, ``subcategory`` and ``kind``, missing where the list gives none.
    """

    file: str
    meanings: pd.DataFrame = field(repr=False)

    @property
    def tells_kind(self) -> bool:
        """Whether every code has a kind."""
        return bool(self.meanings["kind"].notna().all())


def read_code_list(path: Path) -> CodeList:
    """Read a code list.

    Parameters
    ----------
    path : pathlib.Path
        A table with the columns ``code`` and ``category``, and if wanted ``subcategory`` and
        ``kind``, in any format of `read_table`. A code that ends in ``*`` stands for all codes
        that begin so (``1.1.*``); the longest goes first, a whole code before all. Upper and
        lower case are the same; points and leading zeros count.

    Returns
    -------
    CodeList

    Raises
    ------
    DataError
        When a column is missing, a code has no category or two meanings, or a kind is unknown.
    """
    raw = read_table(path)
    found = {
        name: find([str(c) for c in raw.frame.columns], spellings)
        for name, spellings in CODE_LIST_SPELLINGS.items()
    }
    columns = ", ".join(map(str, raw.frame.columns))
    raise_all(
        [
            Problem(
                f"A code list has a column '{name}'.",
                f"{path.name} has {columns}",
                f"call the column with the {name} '{name}'",
            )
            for name in ("code", "category")
            if found[name] is None
        ]
    )
    table = pd.DataFrame(
        {
            name: raw.frame[column]
            if column is not None
            else pd.Series(pd.NA, index=raw.frame.index, dtype="str")
            for name, column in found.items()
        }
    ).assign(row=raw.row)
    told = table["kind"]
    table["kind"] = translate(told, KIND_WORDS, by_first_word=True)
    is_odd_kind = told.notna() & table["kind"].isna()
    table["code"] = _bare(table["code"])
    table = table.drop_duplicates(["code", *MEANINGS])
    raise_all(_faults(table, told[is_odd_kind], path.name))
    return CodeList(path.name, table.set_index("code")[list(MEANINGS)])


def apply_code_list(
    words: pd.Series, code_list: CodeList
) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Give every code its meaning.

    Parameters
    ----------
    words : pandas.Series of str
        Codes; missing values allowed.
    code_list : CodeList

    Returns
    -------
    meanings : pandas.DataFrame of str
        ``category``, ``subcategory`` and ``kind`` on the same index, missing where the list gives
        none.
    is_unknown : numpy.ndarray of bool
        There is a code and the list does not have it.
    """
    position, different = pd.factorize(words)
    codes = _bare(pd.Series(different, dtype="str"))
    exact = {code: n for n, code in enumerate(code_list.meanings.index)}
    beginnings = sorted((c for c in exact if c.endswith(ANY)), key=len, reverse=True)
    which = [_meaning_of(code, exact, beginnings) for code in codes]
    # Position -1 (a missing word) picks the last, which has no meaning.
    number = np.array([*which, -1], dtype=np.int64)[position]
    meanings = pd.DataFrame(
        {name: code_list.meanings[name].array.take(number, allow_fill=True) for name in MEANINGS},
        index=words.index,
    )
    return meanings, words.notna().to_numpy() & (number < 0)


def _meaning_of(code: str, exact: dict[str, int], beginnings: list[str]) -> int:
    if code in exact:
        return exact[code]
    fitting = (exact[begin] for begin in beginnings if code.startswith(begin[: -len(ANY)]))
    return next(fitting, -1)


def _bare(codes: pd.Series) -> pd.Series:
    bare: pd.Series = codes.str.strip().str.casefold()
    return bare


def _faults(table: pd.DataFrame, odd_kinds: pd.Series, file: str) -> list[Problem]:
    problems = []
    for name in ("code", "category"):
        rows = table.loc[table[name].isna(), "row"]
        if len(rows):
            problems.append(
                Problem(
                    f"Every row of a code list has a {name}.",
                    f"{file}: {len(rows)} have none, the first is row {rows.iloc[0]}",
                    "complete the row, or remove it",
                )
            )
    repeated = table.loc[table["code"].notna() & table["code"].duplicated(keep=False)]
    if len(repeated):
        code = repeated["code"].iloc[0]
        rows = repeated.loc[repeated["code"] == code, "row"].tolist()
        problems.append(
            Problem(
                "A code has one meaning.",
                f"{file}: {repeated['code'].nunique()} codes have more; the first is {code!r}, "
                f"in rows {', '.join(map(str, rows))}",
                "keep one of the rows",
            )
        )
    if len(odd_kinds):
        known = ", ".join(dict.fromkeys(KIND_WORDS.values()))
        problems.append(
            Problem(
                "Every kind of a code list is known.",
                f"{file}: {odd_kinds.iloc[0]!r} is not one",
                f"use one of {known}",
            )
        )
    return problems
