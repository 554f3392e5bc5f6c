"""Understanding the columns of words: category, kind, verified or not, quality of the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.sources.events.code_lists import CodeList, apply_code_list
from igh_geo.sources.values.vocabulary import KIND_WORDS, QUALITY_WORDS, YES_NO_WORDS, translate

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Words:
    """The words of every row, and what they mean.

    Attributes
    ----------
    source, category, subcategory, kind, location_quality : pandas.Series of str
        As in the table ``incidents``; missing where a row has none that is known.
    verified : pandas.Series of boolean
    is_strange : mapping of str to numpy.ndarray of bool
        By field (``kind``, ``verified``, ``location_quality``): rows with a word that is not known.
    not_in_list : numpy.ndarray of bool
        Rows with a code that the code list does not have.
    unmapped : mapping of str to int
        Those codes, and in how many rows.
    """

    source: pd.Series
    category: pd.Series
    subcategory: pd.Series
    kind: pd.Series
    verified: pd.Series
    location_quality: pd.Series
    is_strange: Mapping[str, BoolArray]
    not_in_list: BoolArray
    unmapped: Mapping[str, int]


def read_words(
    frame: pd.DataFrame,
    mapping: Mapping[str, str],
    constants: Mapping[str, str],
    *,
    codes: CodeList | None = None,
) -> Words:
    """Understand the columns of words.

    Parameters
    ----------
    frame : pandas.DataFrame
        All values as text.
    mapping : mapping
        Column of the frame for each field that has one.
    constants : mapping
        One word for the other fields; ``source`` at least.
    codes : CodeList, optional
        Translates the categories.

    Returns
    -------
    Words
    """

    def told(field: str) -> pd.Series:
        if field in mapping:
            return frame[mapping[field]]
        return pd.Series(constants.get(field, pd.NA), index=frame.index, dtype="str")

    known = {
        "kind": translate(told("kind"), KIND_WORDS, by_first_word=True),
        "verified": translate(told("verified"), YES_NO_WORDS),
        "location_quality": translate(told("location_quality"), QUALITY_WORDS),
    }
    is_strange = {
        name: (values.isna() & told(name).notna()).to_numpy() for name, values in known.items()
    }
    category, subcategory, kind = told("category"), told("subcategory"), known["kind"]
    not_in_list = np.zeros(len(frame), dtype=bool)
    if codes is not None:
        meanings, not_in_list = apply_code_list(category, codes)
        category = meanings["category"]
        subcategory = meanings["subcategory"].fillna(subcategory)
        # What the record itself says goes before what its code usually is.
        kind = kind.fillna(meanings["kind"].mask(is_strange["kind"]))
    return Words(
        source=told("source").fillna(constants["source"]),
        category=category,
        subcategory=subcategory,
        kind=kind,
        verified=_as_boolean(known["verified"]),
        location_quality=known["location_quality"].fillna("unknown"),
        is_strange=is_strange,
        not_in_list=not_in_list,
        unmapped={str(w): int(n) for w, n in told("category")[not_in_list].value_counts().items()},
    )


def _as_boolean(words: pd.Series) -> pd.Series:
    values = (words == "yes").fillna(False).to_numpy(dtype=bool)
    return pd.Series(pd.arrays.BooleanArray(values, words.isna().to_numpy()), index=words.index)
