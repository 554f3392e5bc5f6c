"""Tables of StatLine as OData gives them: observations, and what their measures are called.

Version 3 has a row per area and a column per measure (``AantalInwoners_5``), version 4 a row per
area and measure (``Measure``, ``Value``). Beside the figures come tables that only explain them.
"""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from igh_geo.errors import DataError, Problem
from igh_geo.sources.areas.layouts import MEASURES, PERIODS
from igh_geo.sources.columns import find
from igh_geo.sources.formats.files import read_table

log = logging.getLogger(__name__)

_REGIONS = ("wijken_en_buurten", "regios", "region")
_EXPLAINING = ("key", "identifier")
_LISTS_OF_MEASURES = ("MeasureCodes", "DataProperties")
_SUFFIXES = (".csv", ".json")


def is_observations(frame: pd.DataFrame) -> bool:
    """Whether a table has a row per area and measure (OData v4)."""
    columns = [str(name) for name in frame.columns]
    return all(find(columns, words) is not None for words in (("measure",), ("value",), _REGIONS))


def refuse_explanation(frame: pd.DataFrame, file: str) -> None:
    """Refuse a table of StatLine that explains figures and holds none.

    Raises
    ------
    DataError
        For a list of codes (``Key`` or ``Identifier`` with ``Title`` and ``Description``), of
        measures, or of tables.
    """
    columns = [str(name) for name in frame.columns]
    has_codes = find(columns, _EXPLAINING) is not None
    if not has_codes or find(columns, ["title"]) is None or find(columns, ["description"]) is None:
        return
    problem = Problem(
        "The table holds figures.",
        f"{file} explains a table of StatLine ({', '.join(columns[:6])}) and has no figures itself",
        "take the figures: TypedDataSet of OData v3, Observations of v4, or the export of StatLine",
    )
    raise DataError(str(problem))


def widen(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """A row per area and a column per measure, from observations.

    Parameters
    ----------
    frame : pandas.DataFrame
        All text: ``Measure``, ``Value`` (or ``StringValue``), ``WijkenEnBuurten`` and perhaps
        ``Perioden``.
    path : pathlib.Path
        Where the table came from: a list of measures is looked for beside it, of the same table
        (``85984NED_MeasureCodes.csv``). Without one the few measures are named that this package
        knows, the others keep their code.

    Returns
    -------
    pandas.DataFrame
        The codes of the areas in the first column, then the periods where there are any, then a
        column per measure under its title, with its code where two share a title.

    Raises
    ------
    DataError
        When an area has two different values of one measure in one period.
    """
    columns = [str(name) for name in frame.columns]
    region, measure, value = (
        str(find(columns, words)) for words in (_REGIONS, ("measure",), ("value",))
    )
    text = find(columns, ["string_value"])
    period = find(columns, PERIODS)
    keys = [region] if period is None else [region, period]
    rows = frame[[*keys, measure]].assign(_value=frame[value])
    if text is not None:
        rows["_value"] = rows["_value"].fillna(frame[text])
    rows = rows.drop_duplicates()
    repeated = rows[rows.duplicated([*keys, measure])]
    if len(repeated):
        problem = Problem(
            "An area has one value of a measure.",
            f"{len(repeated)} have several in {path.name}, the first is measure "
            f"{repeated[measure].iloc[0]} of {str(repeated[region].iloc[0]).strip()}",
            "fetch the table again, with one period and without overlapping pages",
        )
        raise DataError(str(problem))
    # Every cell is there once: nothing to aggregate, and a row without any value stays.
    wide = rows.pivot(index=keys, columns=measure, values="_value")  # noqa: PD010
    wide.columns = pd.Index(_titles(list(map(str, wide.columns)), path), dtype="str")
    return wide.reset_index()


def _titles(codes: list[str], path: Path) -> list[str]:
    told = MEASURES | _read_titles(path)
    titles = [told.get(code.strip(), code.strip()) for code in codes]
    return [
        title if titles.count(title) == 1 else f"{title} [{code.strip()}]"
        for title, code in zip(titles, codes, strict=True)
    ]


def _read_titles(path: Path) -> dict[str, str]:
    """Titles of measures by their code, from the list beside the observations."""
    # Everything before the first underscore is the number of the table.
    table = path.stem.split("_")[0]
    for name in _LISTS_OF_MEASURES:
        for suffix in _SUFFIXES:
            beside = path.with_name(f"{table}_{name}{suffix}")
            if not beside.is_file():
                continue
            listed = read_table(beside).frame
            columns = [str(column) for column in listed.columns]
            code, title = find(columns, ("identifier", "key")), find(columns, ["title"])
            if code is None or title is None:
                continue
            log.info("%s: measures are named by %s", path.name, beside.name)
            known = listed[[code, title]].dropna()
            return dict(zip(known[code].str.strip(), known[title].str.strip(), strict=True))
    return {}
