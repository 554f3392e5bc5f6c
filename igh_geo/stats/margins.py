"""Tables that have given totals and otherwise the shape of a stock: iterative proportional fit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.rates.exposure import LARGEST_COUNT, denominator_problems, numbers

FloatArray = npt.NDArray[np.float64]

_ROUNDS = 20_000
_CLOSE = 1e-11
# Totals of rounded or estimated counts may differ by so much of the whole.
_SAME_WHOLE = 1e-6


def fit_margins(exposure: pd.DataFrame, *, rows: pd.Series, columns: pd.Series) -> pd.DataFrame:
    """Fill a table from its totals: counts per row and column, spread as the exposure is.

    The answer is exposure × row effect × column effect with the given totals: what a Poisson
    model with an effect per row and per column expects. That model knows counts by their totals
    alone, so it finds in the filled table the same ratios and intervals as in the true one.

    Parameters
    ----------
    exposure : pandas.DataFrame
        Address-years, or another denominator, of every row and column: zero or more. A cell with
        zero stays zero.
    rows, columns : pandas.Series
        Total count of every row and column, on the labels of the table in any order; zero or
        more, whole or not. Both add up to the same number.

    Returns
    -------
    pandas.DataFrame
        float64, with the labels of `exposure`.

    Raises
    ------
    DataError
        All at once: labels that differ or repeat, totals or exposures that are negative, missing
        or infinite, totals that do not add up alike, a total above zero without exposure; or
        totals that no table with these empty cells can have.

    References
    ----------
    Deming, W. E. and Stephan, F. F. (1940). Ann. Math. Stat. 11, 427-444.
    Birch, M. W. (1963). J. R. Stat. Soc. B 25, 220-233.
    """
    raise_all(
        [
            *_label_problems(exposure.index, rows, name="row"),
            *_label_problems(exposure.columns, columns, name="column"),
        ],
        DataError,
    )
    n_rows, n_columns = exposure.shape
    cells = pd.DataFrame(
        {
            "row": exposure.index.repeat(n_columns),
            "column": exposure.columns.take(np.tile(np.arange(n_columns), n_rows)),
            "exposure": exposure.to_numpy(dtype=object).ravel(),
        },
        index=exposure.index.repeat(n_columns),
    )
    totals = {"row": rows, "column": columns}
    fitted = fit_totals(cells, totals=totals).to_numpy().reshape(n_rows, n_columns)
    return pd.DataFrame(fitted, index=exposure.index, columns=exposure.columns)


def fit_totals(
    cells: pd.DataFrame, *, totals: Mapping[str, pd.Series], exposure: str = "exposure"
) -> pd.Series:
    """Fill cells from the totals of any number of columns, spread as the exposure is.

    As `fit_margins`, for more than two sorts of totals: one per area, type, ownership and so on.

    Parameters
    ----------
    cells : pandas.DataFrame
        A row per cell: a column for each key of `totals`, and the exposure.
    totals : mapping of str to pandas.Series
        For each column the total count of each of its values; all add up to the same number.
    exposure : str
        Column with the exposure: zero or more.

    Returns
    -------
    pandas.Series
        Counts (float64, named "count") on the index of `cells`.

    Raises
    ------
    DataError
        As `fit_margins`; no totals at all, columns that are absent or missing somewhere, a value
        of a column without a total, or the other way round with a total above zero.
    """
    _check_columns(cells, [*totals, exposure], n_totals=len(totals))
    problems = _total_problems(cells, totals)
    problems += denominator_problems(cells[exposure], name="exposure")
    stock = numbers(cells[exposure])
    if np.isnan(stock).any():
        problems.append(
            Problem(
                "Every cell has an exposure.",
                f"{int(np.isnan(stock).sum())} have none",
                "write 0 where there are no addresses",
            )
        )
    raise_all(problems, DataError)
    coded: list[npt.NDArray[np.intp]] = []
    wanted: list[npt.NDArray[np.float64]] = []
    for name, total in totals.items():
        codes, labels = pd.factorize(cells[name])
        target = numbers(total.reindex(labels))
        # Sums may differ in the last digits of an estimate: the first is the whole.
        if wanted and target.sum() > 0:
            target = target * float(wanted[0].sum() / target.sum())
        of_stock = np.bincount(codes, weights=stock, minlength=len(labels))
        missed = (target > 0) & (of_stock <= 0)
        if missed.any():
            problems.append(
                Problem(
                    "A total above zero has exposure to be spread over.",
                    f"{int(missed.sum())} of {name!r} have none, the first is"
                    f" {labels[missed][0]!r}",
                    "leave its cases out and account for them",
                )
            )
        coded.append(codes)
        wanted.append(target)
    raise_all(problems, DataError)
    return pd.Series(_rake(stock, coded, wanted), index=cells.index, name="count")


def _rake(
    stock: FloatArray, coded: list[npt.NDArray[np.intp]], wanted: list[FloatArray]
) -> FloatArray:
    whole = float(wanted[0].sum()) if wanted else 0.0
    fitted = stock.copy()
    for _ in range(_ROUNDS):
        furthest = 0.0
        for codes, target in zip(coded, wanted, strict=True):
            found = np.bincount(codes, weights=fitted, minlength=target.size)
            furthest = max(furthest, float(np.abs(found - target).max(initial=0.0)))
            factor = np.divide(target, found, out=np.zeros_like(target), where=found > 0)
            fitted *= factor[codes]
        if furthest <= _CLOSE * max(whole, 1.0):
            return fitted
    problem = Problem(
        "There is a table with these totals and these empty cells.",
        f"after {_ROUNDS} rounds a total is off by {furthest:g}",
        "check that the totals come from the same cases",
    )
    raise DataError(str(problem))


def _label_problems(labels: pd.Index, total: pd.Series, *, name: str) -> list[Problem]:
    if labels.is_unique and total.index.is_unique and set(labels) == set(total.index):
        return []
    unknown = labels.symmetric_difference(total.index)
    evidence = f"the first that differs is {unknown[0]!r}" if len(unknown) else "a label repeats"
    return [
        Problem(
            f"Every {name} of the table has one total.",
            f"{len(labels)} labels, {len(total)} totals; {evidence}",
            "reindex the totals to the labels",
        )
    ]


def _check_columns(cells: pd.DataFrame, names: list[str], *, n_totals: int) -> None:
    absent = [name for name in names if name not in cells.columns]
    problems = []
    if not n_totals:
        problems.append(
            Problem("There are totals to fill cells from.", "none are given", "give one sort")
        )
    if absent:
        problems.append(
            Problem("The cells have the columns named.", f"absent: {absent}", "name others")
        )
    raise_all(problems, DataError)


def _total_problems(cells: pd.DataFrame, totals: Mapping[str, pd.Series]) -> list[Problem]:
    problems = []
    sums = {}
    for name, total in totals.items():
        values = numbers(total)
        is_wrong = ~((values >= 0) & (values <= LARGEST_COUNT))
        if is_wrong.any() or not total.index.is_unique:
            problems.append(
                Problem(
                    "A total is a number of zero or more, one for each label.",
                    f"{int(is_wrong.sum())} of {name!r} are not,"
                    f" {int(total.index.duplicated().sum())} repeat",
                    "estimate a total that is withheld, and merge what repeats",
                )
            )
            continue
        sums[name] = float(values.sum())
        if cells[name].isna().any():
            problems.append(
                Problem(
                    "Every cell has a value that it counts for.",
                    f"{int(cells[name].isna().sum())} have no {name!r}",
                    "make what is not known a class of its own",
                )
            )
            continue
        absent = pd.Index(cells[name].unique()).difference(total.index)
        beyond = total.index[values > 0].difference(pd.Index(cells[name].unique()))
        if len(absent) or len(beyond):
            first = [*absent, *beyond][0]
            problems.append(
                Problem(
                    "Cells and totals name the same things.",
                    f"{len(absent) + len(beyond)} of {name!r} differ, the first is {first!r}",
                    "give every value a total, 0 where nothing happened",
                )
            )
    if sums and max(sums.values()) - min(sums.values()) > _SAME_WHOLE * max(*sums.values(), 1.0):
        told = ", ".join(f"{name} {value:g}" for name, value in sums.items())
        problems.append(
            Problem(
                "All totals add up to the same number.",
                told,
                "scale the estimated ones to the whole",
            )
        )
    return problems
