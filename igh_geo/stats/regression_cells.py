"""Cells of cases and addresses made ready for a regression: checked, added up, told what counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.log_linear import Design
from igh_geo.stats.rates.exposure import LARGEST_COUNT, denominator_problems, numbers

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# What the columns of the cells that are added up are called, beside the factors.
_OWN_COLUMNS = ("stratum", "count", "exposure")


@dataclass(frozen=True)
class Cells:
    """What a regression looks at.

    Attributes
    ----------
    design : Design
        The cells that tell something.
    columns : list of tuple of str
        Factor and class of each column of the design.
    classes : list of tuple of str
        Factor and class of all that occur, sorted within the factor.
    references : list of tuple of str
    silent : list of tuple of str
        Classes that have no case where they could have had some.
    is_whole : bool
        Whether all counts are whole numbers.
    summed : pandas.DataFrame
        All cells with exposure, added up: `stratum`, the factors, `count`, `exposure`.
    """

    design: Design
    columns: list[tuple[str, str]]
    classes: list[tuple[str, str]]
    references: list[tuple[str, str]]
    silent: list[tuple[str, str]]
    is_whole: bool
    summed: pd.DataFrame

    def beside(
        self, column: tuple[str, str], estimates: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What a silent class weighs per stratum at ratio 1, what the others do, and the cases.

        Parameters
        ----------
        column : tuple of str
            Factor and class.
        estimates : ndarray of float
            Logarithm of the ratio of each column of the design.

        Returns
        -------
        tuple of ndarray of float
            Over the strata with cases in which the class and others have exposure.
        """
        factor, label = column
        weight = self.summed["exposure"].to_numpy(dtype=np.float64).copy()
        ratio = dict(zip(self.columns, np.exp(estimates), strict=True))
        silent = set(self.silent)
        for name in dict.fromkeys(factor for factor, _ in self.classes):
            own = [(name, value) for value in self.summed[name]]
            weight *= [
                0.0 if key in silent and key != column else ratio.get(key, 1.0) for key in own
            ]
        is_own = (self.summed[factor] == label).to_numpy()
        parts = pd.DataFrame(
            {
                "own": np.where(is_own, weight, 0.0),
                "rest": np.where(is_own, 0.0, weight),
                "total": self.summed["count"],
            }
        )
        sums = parts.groupby(self.summed["stratum"].to_numpy(), sort=True).sum()
        sums = sums[(sums["own"] > 0) & (sums["rest"] > 0) & (sums["total"] > 0)]
        own_sum, rest, total = (sums[name].to_numpy() for name in ("own", "rest", "total"))
        return own_sum, rest, total


def checked_cells(
    cells: pd.DataFrame,
    *,
    factors: Sequence[str],
    references: Mapping[str, str],
    strata: str | None,
    count: str,
    exposure: str,
) -> Cells:
    """Check cells, add up those that agree, and keep what tells something.

    A stratum tells something when it has cases and cells that differ. A class without any case
    in these takes no part; what is left is looked at again, for without it a stratum may hold
    one class only.

    Parameters
    ----------
    cells, factors, references, strata, count, exposure
        As `igh_geo.stats.regression.fit_rate_ratios`.

    Returns
    -------
    Cells

    Raises
    ------
    DataError
        As `igh_geo.stats.regression.fit_rate_ratios`, but for its options.
    """
    names = [*factors, count, exposure, *([strata] if strata is not None else [])]
    _check_columns(cells, factors, references, names)
    _check_values(cells, factors, references, count=count, exposure=exposure)
    if strata is not None:
        _check_strata(cells[strata])
    events = numbers(cells[count])
    stock = numbers(cells[exposure])
    has_stock = stock > 0
    is_whole = bool((events[has_stock] == np.floor(events[has_stock])).all())

    table = cells.loc[has_stock, list(factors)].astype("str")
    table["stratum"] = cells.loc[has_stock, strata] if strata is not None else 0
    table["count"], table["exposure"] = events[has_stock], stock[has_stock]
    keys = ["stratum", *factors]
    summed = table.groupby(keys, sort=True, observed=True)[["count", "exposure"]].sum()
    summed = summed.reset_index()

    kept, silent = _with_cases(summed, factors, references)
    columns = [
        (factor, label)
        for factor in factors
        for label in sorted(kept[factor].unique())
        if label != references[factor]
    ]
    if not columns:
        problem = Problem(
            "A factor has two classes with cases in one stratum at least.",
            "none has",
            "take larger areas, or a longer period",
        )
        raise DataError(str(problem))
    classes = [
        (factor, label)
        for factor in factors
        for label in sorted({*cells[factor].astype("str").unique()})
    ]
    pairs = [(factor, references[factor]) for factor in factors]
    design = _designed(kept, factors, columns)
    return Cells(design, columns, classes, pairs, silent, is_whole, summed)


def _with_cases(
    summed: pd.DataFrame, factors: Sequence[str], references: Mapping[str, str]
) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Cells that tell something, of classes with cases among these; and the other classes."""
    silent: list[tuple[str, str]] = []
    kept = summed
    while True:
        kept = _telling(kept)
        mute = [
            (factor, str(label))
            for factor in factors
            for label, cases in kept.groupby(factor, sort=True)["count"].sum().items()
            if cases <= 0
        ]
        _check_references(kept, mute, references)
        if not mute:
            return kept, silent
        silent += mute
        for factor, label in mute:
            kept = kept[kept[factor] != label]


def _designed(kept: pd.DataFrame, factors: Sequence[str], columns: list[tuple[str, str]]) -> Design:
    stratum, _ = pd.factorize(kept["stratum"], sort=True)
    number = {column: at for at, column in enumerate(columns)}
    codes = [
        [number.get((factor, label), len(columns)) for label in kept[factor]] for factor in factors
    ]
    return Design(
        count=kept["count"].to_numpy(dtype=np.float64),
        exposure=kept["exposure"].to_numpy(dtype=np.float64),
        stratum=stratum.astype(np.int64),
        codes=np.array(codes, dtype=np.int64).T,
        n_strata=int(stratum.max()) + 1,
        size=len(columns),
    )


def _telling(cells: pd.DataFrame) -> pd.DataFrame:
    per_stratum = cells.groupby("stratum", sort=False)["count"]
    return cells[(per_stratum.transform("sum") > 0) & (per_stratum.transform("size") > 1)]


def _check_columns(
    cells: pd.DataFrame, factors: Sequence[str], references: Mapping[str, str], names: list[str]
) -> None:
    absent = [name for name in names if name not in cells.columns]
    without = [factor for factor in factors if factor not in references]
    problems = []
    if absent:
        problems.append(
            Problem("The cells have the columns named.", f"absent: {absent}", "name others")
        )
    if without or not factors:
        problems.append(
            Problem(
                "There is a factor, and each has a reference.",
                f"{len(factors)} factors, without a reference: {without}",
                "name for each the class that others are compared with",
            )
        )
    if len(set(names)) < len(names):
        problems.append(
            Problem("Every column is named once.", f"named: {names}", "leave out what repeats")
        )
    reserved = [factor for factor in factors if factor in _OWN_COLUMNS]
    if reserved:
        problems.append(
            Problem(
                f"No factor is named {', '.join(_OWN_COLUMNS)}.",
                f"there is {reserved}",
                "rename the column",
            )
        )
    raise_all(problems, DataError)


def _check_values(
    cells: pd.DataFrame,
    factors: Sequence[str],
    references: Mapping[str, str],
    *,
    count: str,
    exposure: str,
) -> None:
    events = numbers(cells[count])
    problems = denominator_problems(cells[exposure], name="exposure")
    is_wrong = ~((events >= 0) & (events <= LARGEST_COUNT))
    if is_wrong.any():
        first = cells.index[is_wrong][0]
        problems.append(
            Problem(
                "A count in a regression is a number of zero or more.",
                f"{int(is_wrong.sum())} are not, the first at {first!r}",
                "fill a table with withheld counts from its totals (fit_margins)",
            )
        )
    for factor in factors:
        missing = int(cells[factor].isna().sum())
        if missing:
            problems.append(
                Problem(
                    "Every cell has a class of every factor.",
                    f"{missing} have none of {factor!r}",
                    "make what is not known a class of its own",
                )
            )
        elif references[factor] not in set(cells[factor].astype("str")):
            problems.append(
                Problem(
                    "The reference of a factor is one of its classes.",
                    f"{references[factor]!r} is not among those of {factor!r}",
                    "name a class that occurs, with many addresses",
                )
            )
    raise_all(problems, DataError)


def _check_strata(strata: pd.Series) -> None:
    is_missing = strata.isna().to_numpy()
    if is_missing.any():
        problem = Problem(
            "Every cell has a stratum.",
            f"{int(is_missing.sum())} have none, the first at {strata.index[is_missing][0]!r}",
            "leave them out and account for their cases, or give them an area",
        )
        raise DataError(str(problem))


def _check_references(
    kept: pd.DataFrame, mute: list[tuple[str, str]], references: Mapping[str, str]
) -> None:
    for factor, label in references.items():
        if factor in kept.columns and (
            (factor, label) in mute or not (kept[factor] == label).any()
        ):
            problem = Problem(
                "The reference has a case in an area where there are other classes as well.",
                f"{label!r} of {factor!r} has none",
                "compare with a class that has more cases",
            )
            raise DataError(str(problem))
