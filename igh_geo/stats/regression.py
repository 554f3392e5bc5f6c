"""Rate ratios of what something is, compared among addresses of one area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, special

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.stats.clusters.inference import Correction, adjust
from igh_geo.stats.dispersion import dispersion as dispersion_of
from igh_geo.stats.log_linear import (
    NOTHING_KNOWN,
    Design,
    Fit,
    dependent,
    fit,
    fit_negative_binomial,
)
from igh_geo.stats.rates.exposure import numbers
from igh_geo.stats.rates.intervals import confidence_problems
from igh_geo.stats.rates.relative import verdicts
from igh_geo.stats.regression_cells import Cells, checked_cells

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
ModelName = Literal["poisson", "quasi_poisson", "negative_binomial"]

OVERDISPERSED_AT = 0.05
_MODELS = ("auto", *get_args(ModelName))
# No ratio is looked for beyond this: a one with seventeen zeros, or that of nothing.
_LARGEST_LOG_RATIO = 40.0


@dataclass(frozen=True)
class RateModel:
    """Rate ratios within strata, and how they were found.

    Attributes
    ----------
    name : {"poisson", "quasi_poisson", "negative_binomial"}
        Quasi: the Poisson ratios, their intervals widened by the root of `dispersion`.
    ratios : pandas.DataFrame
        Index (factor, class), classes sorted: `ratio`, `low`, `high`, `p`, `p_adjusted`
        (Float64), `verdict` (text: reference, higher, lower, unclear; missing where not
        compared). A reference has ratio 1 and no interval.
    dispersion : float
        What the variance was multiplied by: 1 for a Poisson; for a negative binomial on average
        over the cases expected.
    dispersion_p : float or None
        Of the test of the Poisson model against more variation; None where the counts are not
        whole numbers, so that nothing can be tested.
    alpha : float
        Variance of the rates between cells around the model (negative binomial); else 0.
    n_strata : int
        Strata that tell something: with cases, and addresses of several classes.
    n_events : float
        Cases in these.
    expected : pandas.Series
        On the index of the cells (Float64): cases when all strata were alike and only the
        factors differed, scaled to add up to the cases of the cells with exposure that have one;
        0 without exposure, missing where a class has no ratio.
    """

    name: ModelName
    ratios: pd.DataFrame
    dispersion: float
    dispersion_p: float | None
    alpha: float
    n_strata: int
    n_events: float
    expected: pd.Series


def fit_rate_ratios(
    cells: pd.DataFrame,
    *,
    factors: Sequence[str],
    references: Mapping[str, str],
    strata: str | None,
    count: str = "count",
    exposure: str = "exposure",
    model: Literal["auto", "poisson", "quasi_poisson", "negative_binomial"] = "auto",
    dispersion: float | None = None,
    correction: Correction = "bh",
    confidence: float = 0.95,
) -> RateModel:
    """Estimate how many times the rate of the reference each class has, within strata.

    Counts are log-linear: exposure × an effect per stratum × a ratio per class of each factor.
    With areas as strata, classes are compared with the reference among addresses of one area,
    so that a type is not blamed for the area it stands in. The ratios are the same in all
    areas by assumption; that they are not shows as over-dispersion.

    With "auto" the Poisson model is tested against rates that vary more than by chance
    (`igh_geo.stats.dispersion.dispersion`, p < 0.05). If so, rates vary between cells as a gamma
    distribution (negative binomial), or, where that cannot be fitted, intervals are widened
    (quasi-Poisson).

    Parameters
    ----------
    cells : pandas.DataFrame
        A row per stratum and combination of classes (or finer: rows that agree are added up),
        with the columns named below. Counts are zero or more and need not be whole: the Poisson
        model looks at their totals per stratum and class only, so a table filled by
        `igh_geo.stats.margins.fit_margins` gives the same ratios and intervals as the true one.
        Rows without exposure take no part; the caller accounts for their cases.
    factors : sequence of str
        Columns with classes, as text.
    references : mapping of str to str
        For each factor the class that others are compared with.
    strata : str or None
        Column with the strata; None compares all together.
    count, exposure : str
        Columns with cases and with address-years or another denominator.
    model : {"auto", "poisson", "quasi_poisson", "negative_binomial"}
        "auto" and "negative_binomial" need whole counts, for more than totals is looked at.
    dispersion : float or None
        For "quasi_poisson": what to multiply the variance by, 1 or more, in place of what these
        counts show. It is needed where they are not whole.
    correction : {"bh", "by", "none"}
        Correction for multiple testing, over the classes of each factor.
    confidence : float
        Level of the intervals.

    Returns
    -------
    RateModel
        A class without cases where it could have had some has ratio 0, from 0 to the ratio at
        which none at all has a probability of half of 1 - `confidence`, the other ratios as
        fitted (with one stratum and two classes this is the exact limit). A class is missing
        where no stratum with cases tells it from others, or where its ratio has no maximum
        because others have no case beside it.

    Raises
    ------
    DataError
        Columns that are absent, a factor named stratum, count or exposure; counts or exposures
        that cannot be; classes or strata that are missing; a reference that is no class, or has no
        case in strata that tell something; a factor of which no class can be told from stratum and
        other factors; counts that are not whole where whole ones are needed; options out of range.

    References
    ----------
    Breslow, N. E. and Day, N. E. (1987). Statistical Methods in Cancer Research, vol. II, ch. 4.
    Cameron, A. C. and Trivedi, P. K. (2013). Regression Analysis of Count Data, 2nd ed.
    """
    table = checked_cells(
        cells,
        factors=factors,
        references=references,
        strata=strata,
        count=count,
        exposure=exposure,
    )
    _check_options(model, dispersion, confidence, is_whole=table.is_whole)
    design = table.design
    has_none, left_out = dependent(design)
    _check_told_apart(table, has_none)
    kept = design.without(left_out)
    name, found, inflation, p_value, alpha = _chosen(kept, table, model, dispersion)

    estimates = np.zeros(design.size)
    errors = np.full(estimates.size, np.nan)
    is_known = ~has_none
    inside = np.flatnonzero(~left_out)
    estimates[inside] = found.coefficients
    errors[inside] = np.sqrt(found.variances * (inflation if name == "quasi_poisson" else 1.0))
    is_known[inside[~found.is_bounded]] = False
    is_known &= ~(errors**2 > NOTHING_KNOWN)

    ratios = _ratio_table(table, estimates, errors, is_known, confidence=confidence)
    silent = {
        column: _without_cases(table, column, estimates, inflation, confidence=confidence)
        for column in table.silent
    }
    for label, (high, p) in silent.items():
        ratios.loc[label, ["ratio", "low", "high", "p"]] = [0.0, 0.0, high, p]
    ratios["p_adjusted"] = ratios.groupby(level="factor", sort=False)["p"].transform(
        lambda p: adjust(p, correction)
    )
    is_reference = np.array([references[factor] == label for factor, label in ratios.index])
    ratios["verdict"] = verdicts(
        ratios["p_adjusted"],
        numbers(ratios["ratio"]) > 1.0,
        is_reference=is_reference,
        confidence=confidence,
    )
    return RateModel(
        name=name,
        ratios=ratios,
        dispersion=inflation,
        dispersion_p=p_value,
        alpha=alpha,
        n_strata=design.n_strata,
        n_events=float(design.count.sum()),
        expected=_expected(cells, ratios["ratio"], factors, count=count, exposure=exposure),
    )


def _chosen(
    design: Design, table: Cells, model: str, given: float | None
) -> tuple[ModelName, Fit, float, float | None, float]:
    poisson = fit(design)
    tested = dispersion_of(design, poisson) if table.is_whole else None
    p_value = None if tested is None else tested.p
    is_wide = p_value is not None and p_value < OVERDISPERSED_AT
    if model == "poisson" or (model == "auto" and not is_wide):
        return "poisson", poisson, 1.0, p_value, 0.0
    if model != "quasi_poisson":
        varying = fit_negative_binomial(design, poisson)
        if varying is not None:
            found, alpha = varying
            mean = found.expected
            inflation = 1.0 + alpha * float((mean**2).sum() / mean.sum())
            return "negative_binomial", found, inflation, p_value, alpha
    ratio = given if given is not None else tested.ratio if tested is not None else 1.0
    return "quasi_poisson", poisson, max(1.0, ratio), p_value, 0.0


def _ratio_table(
    table: Cells,
    estimates: FloatArray,
    errors: FloatArray,
    is_known: BoolArray,
    *,
    confidence: float,
) -> pd.DataFrame:
    z = special.ndtri((1.0 + confidence) / 2.0)
    known = np.where(is_known, estimates, np.nan)
    errors = np.where(is_known, errors, np.nan)
    columns = {
        "ratio": np.exp(known),
        "low": np.exp(known - z * errors),
        "high": np.exp(known + z * errors),
        "p": 2.0 * special.ndtr(-np.abs(known) / errors),
    }
    index = pd.MultiIndex.from_tuples(table.columns, names=["factor", "class"])
    found = pd.DataFrame(columns, index=index)
    ratios = found.reindex(pd.MultiIndex.from_tuples(table.classes, names=index.names))
    ratios = ratios.astype("Float64")
    ratios.loc[pd.MultiIndex.from_tuples(table.references), "ratio"] = 1.0
    return ratios


def _without_cases(
    table: Cells,
    column: tuple[str, str],
    estimates: FloatArray,
    inflation: float,
    *,
    confidence: float,
) -> tuple[float, float]:
    """Highest ratio of a class without cases, and p, from how likely none at all is.

    Of the cases of a stratum each falls outside the class with a probability that follows from
    the ratios; over-dispersed cases count as fewer.
    """
    own, rest, total = table.beside(column, estimates)

    def log_none(log_ratio: float) -> float:
        return -float((total * np.log1p(np.exp(log_ratio) * own / rest)).sum()) / inflation

    tail = np.log((1.0 - confidence) / 2.0)
    if log_none(_LARGEST_LOG_RATIO) > tail:
        return np.nan, min(1.0, 2.0 * float(np.exp(log_none(0.0))))
    bounds = (-_LARGEST_LOG_RATIO, _LARGEST_LOG_RATIO)
    log_high = optimize.brentq(lambda ratio: log_none(ratio) - tail, *bounds, xtol=1e-10)
    return float(np.exp(log_high)), min(1.0, 2.0 * float(np.exp(log_none(0.0))))


def _check_options(
    model: str, dispersion: float | None, confidence: float, *, is_whole: bool
) -> None:
    problems = confidence_problems(confidence)
    if model not in _MODELS:
        problems.append(
            Problem(f"A model is one of {', '.join(_MODELS)}.", f"model={model!r}", "use auto")
        )
    if dispersion is not None and not (
        np.isfinite(dispersion) and dispersion >= 1 and model == "quasi_poisson"
    ):
        problems.append(
            Problem(
                "A dispersion that is given is 1 or more, and for a quasi-Poisson model.",
                f"dispersion={dispersion}, model={model!r}",
                "leave it out, or name the model",
            )
        )
    needs_whole = model in ("auto", "negative_binomial")
    needs_whole |= model == "quasi_poisson" and dispersion is None
    if needs_whole and not is_whole:
        problems.append(
            Problem(
                "Over-dispersion is found in whole counts only.",
                f"some counts are not whole, and model={model!r}",
                "use poisson, or quasi_poisson with the dispersion of the true counts",
            )
        )
    raise_all(problems, DataError)


def _check_told_apart(table: Cells, has_none: BoolArray) -> None:
    factors = [factor for factor, _ in table.columns]
    lost = [
        factor
        for factor in dict.fromkeys(factors)
        if all(has_none[at] for at, name in enumerate(factors) if name == factor)
    ]
    if lost:
        problem = Problem(
            "The classes of a factor differ within strata, and from those of the other factors.",
            f"those of {', '.join(map(repr, lost))} follow from the rest",
            "leave one of the factors out, or take larger areas",
        )
        raise DataError(str(problem))


def _expected(
    cells: pd.DataFrame, ratio: pd.Series, factors: Sequence[str], *, count: str, exposure: str
) -> pd.Series:
    weight = np.nan_to_num(numbers(cells[exposure]))
    for factor in factors:
        of_class = ratio.xs(factor, level="factor")
        weight = weight * numbers(cells[factor].astype("str").map(of_class))
    is_known = ~np.isnan(weight)
    has_stock = numbers(cells[exposure]) > 0
    events = numbers(cells[count])[is_known & has_stock].sum()
    whole = weight[is_known].sum()
    scaled = weight * (events / whole) if whole > 0 else np.full(weight.size, np.nan)
    return pd.Series(pd.array(scaled, dtype="Float64"), index=cells.index, name="expected")
