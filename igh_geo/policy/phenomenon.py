"""Cases by what they were found in: what may be told of it, all from counts that may be told.

Rates, relative risks, ratios within areas and trends follow from told counts and from the
addresses, which are public; so they tell nothing that the counts do not. Which counts are told is
decided in `policy.phenomenon_told`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.lens import Lens
from igh_geo.policy.factors import UNKNOWN, BuildingCases, Crossing, Phenomenon
from igh_geo.policy.findings import Findings
from igh_geo.policy.phenomenon_cautions import cautions
from igh_geo.policy.phenomenon_course import season, trend
from igh_geo.policy.phenomenon_gate import AREA, TYPE
from igh_geo.policy.phenomenon_matching import told_account, told_matches
from igh_geo.policy.phenomenon_model import ratios_within
from igh_geo.policy.phenomenon_rates import factor_table, reference_of
from igh_geo.policy.phenomenon_terms import LEAST_IN_TOLD
from igh_geo.policy.phenomenon_told import ToldCases, told_cases
from igh_geo.policy.phenomenon_words import headline
from igh_geo.policy.suppression import BASE
from igh_geo.texts import Texts

TIE, NONE = "tie", "none"


def told_phenomenon(
    findings: Findings,
    told: Findings,
    hidden: Mapping[str, pd.DataFrame],
    *,
    lens: Lens,
    texts: Texts,
) -> Phenomenon | None:
    """Analyse the cases by building, as far as the audience of the lens may see it.

    Parameters
    ----------
    findings : Findings
        Reads ``buildings``, ``base``, ``geometry`` and, for the course over the months,
        ``incidents``.
    told : Findings
        The same as anybody could reckon them from told counts (`policy.told.as_told`).
    hidden : mapping of str to pandas.DataFrame
        Which counts of the areas and of each level are withheld: boolean ``current``
        (`policy.secrecy.secrets`).
    lens : Lens
        Its ``rules``, ``phenomenon`` and ``clusters.correction``.
    texts : Texts
        The language of the sentences.

    Returns
    -------
    Phenomenon or None
        None where the lens does not ask for buildings.

    Raises
    ------
    DataError
        When cases, classes and areas do not belong together.
    """
    buildings = findings.buildings
    if buildings is None:
        return None
    _check(buildings, findings)
    counts = told_cases(findings, told, hidden, lens=lens)
    areas, secret = told.base.counts["current"].astype(float), hidden[BASE]["current"]
    where = counts.where
    key = where.level if where.level in told.levels else BASE
    of_rows = areas if key == BASE else told.levels[key].counts["current"].astype(float)
    chosen = {name: reference_of(name, margin, lens) for name, margin in counts.margins.items()}
    references = {name: reference for name, reference in chosen.items() if reference is not None}
    among = _among_addresses(areas, counts)
    ratios = ratios_within(buildings, counts, among, lens=lens, references=references)
    in_told = float(areas[~secret.reindex(areas.index).astype(bool)].sum())
    if counts.n_cases and in_told < LEAST_IN_TOLD * counts.n_cases:
        ratios = ratios.of_types()
    tables = tuple(
        factor_table(
            name,
            margin,
            chosen[name],
            ratios=ratios,
            lens=lens,
        )
        for name, margin in counts.margins.items()
    )
    tells_rates = "rates" in lens.rules.shows
    by_year = next((one for one in counts.crossings if one.name == "year"), None)
    found = Phenomenon(
        tables=tables,
        crossings=counts.crossings,
        by_area=where.table,
        level=where.level,
        group_of=where.group_of,
        dominant=_dominant(where.table, of_rows, hidden[key]["current"], lens=lens),
        areas=_areas(findings, areas, secret, ratios.areas if tells_rates else None),
        model=ratios.summary if tells_rates else None,
        trend=trend(by_year, lens) if by_year is not None and tells_rates else None,
        season=None if counts.months is None else season(counts.months, lens),
        detection=counts.detection,
        n_cases=int(counts.n_cases),
        n_matched=_less(counts.n_cases, counts.n_unmatched),
        matches=told_matches(
            buildings.matches, lens.rules, tells_unmatched=counts.n_unmatched is not None
        ),
        origins=dict(buildings.origins),
        ledgers=buildings.ledgers,
        matching=told_account(
            buildings.matching,
            lens.rules,
            tells_unmatched=counts.n_unmatched is not None,
            withholds_types=bool((tables[0].rows["status"] == "withheld").any()),
        ),
        has_detection=buildings.has_detection,
    )
    names = findings.geometry["name"]
    return replace(
        found,
        headline=headline(found, lens, texts, names=names),
        cautions=cautions(found, lens, texts),
    )


def _check(buildings: BuildingCases, findings: Findings) -> None:
    """Refuse cases that are not those of the areas, for then the gate protects other counts."""
    problems = []
    cases = buildings.cases
    for factor in buildings.factors:
        strange = cases.loc[~cases[factor].isin(buildings.classes[factor]), factor]
        if len(strange):
            problems.append(
                Problem(
                    f"The {factor} of every case is one of its classes.",
                    f"{len(strange)} are not, the first is {strange.iloc[0]!r}",
                    f"use one of the keys, or '{UNKNOWN}'",
                )
            )
    held = cases[AREA].value_counts().reindex(findings.geometry.index, fill_value=0)
    counted = findings.base.counts["current"].fillna(0.0)
    differ = (held - counted).abs() > 0
    if differ.any() or int(held.sum()) != len(cases):
        problems.append(
            Problem(
                "The cases by building are those that were counted per area.",
                f"{int(differ.sum())} areas differ; {len(cases)} cases, {counted.sum():g} counted",
                "take both from the placed incidents of the current period",
            )
        )
    raise_all(problems, DataError)


def _less(whole: float, part: int | None) -> int | None:
    return None if part is None else int(whole) - part


def _among_addresses(areas: pd.Series, counts: ToldCases) -> pd.Series:
    """Cases per area without those of types that have no address in the register at all.

    Nothing is expected of these, so an area that has them would look as if it had too many.
    """
    types = counts.margins[TYPE]
    none = types.index[(types["address_years"] <= 0) & (types.index != UNKNOWN)]
    if not len(none):
        return areas
    where = counts.where
    told = where.table.cases[none].astype(float).fillna(0.0).sum(axis=1)
    is_open = (where.table.statuses[none] == "withheld").any(axis=1)
    of_place = areas.groupby(where.group_of).transform("sum")
    share = (areas / of_place.where(of_place > 0)).fillna(0.0)
    beside = share * where.group_of.map(told).astype(float).fillna(0.0)
    # What is left over lies, as far as anybody knows, where some of it is withheld.
    may_hold = where.group_of.map(is_open).astype("boolean").fillna(True).astype(bool)
    weight = areas.fillna(0.0).where(may_hold, 0.0)
    left = max(float(types.loc[none, "guess"].sum()) - float(told.sum()), 0.0)
    if weight.sum() > 0:
        beside = beside + left * weight / float(weight.sum())
    return (areas - beside).clip(lower=0.0)


def _areas(
    findings: Findings, counts: pd.Series, secret: pd.Series, found: pd.DataFrame | None
) -> pd.DataFrame:
    """Cases of every area against what its mix of building types would give."""
    assert findings.buildings is not None
    codes = findings.geometry.index
    held = findings.buildings.stock.groupby(AREA)["address_years"].sum().reindex(codes)
    status = pd.Series("shown", index=codes, dtype="str")
    status[(held.fillna(0.0) == 0) & (counts.fillna(0.0) == 0)] = "not_applicable"
    status[secret.reindex(codes).astype(bool)] = "withheld"
    status[findings.base.counts["current"].isna()] = "missing"
    is_shown = status == "shown"
    rows = pd.DataFrame({"status": status, "cases": counts.where(is_shown).astype("Float64")})
    columns = {"expected": "expected", "ratio": "ratio", "low": "ratio_low", "high": "ratio_high"}
    for name, called in columns.items():
        given = pd.Series(np.nan, index=codes) if found is None else found[name].reindex(codes)
        rows[called] = given.where(is_shown).astype("Float64")
    verdict = pd.Series(pd.NA, index=codes) if found is None else found["verdict"].reindex(codes)
    rows["verdict"] = verdict.where(is_shown).astype("str")
    return rows


def _dominant(by_area: Crossing, areas: pd.Series, secret: pd.Series, *, lens: Lens) -> pd.Series:
    """The type with most cases, where told counts alone make that certain."""
    step = lens.rules.rounding
    is_hidden = (by_area.statuses == "withheld").to_numpy()
    cases = by_area.cases.to_numpy(dtype=float, na_value=0.0)
    total = areas.where(~secret.astype(bool)).reindex(by_area.cases.index).to_numpy(dtype=float)
    # What one withheld type can have at most; rounded numbers leave half a step each.
    slack = (step - 1) * (1 + cases.shape[1]) / 2 if cases.size else 0.0
    left = np.where(is_hidden.any(axis=1), total - cases.sum(axis=1) + slack, 0.0)
    most = cases.max(axis=1, initial=0.0)
    n_most = (cases == most[:, None]).sum(axis=1)
    names = np.array([*by_area.cases.columns, TIE, NONE], dtype=object)
    at = cases.argmax(axis=1) if cases.shape[1] else np.zeros(len(cases), dtype=int)
    at = np.where(n_most > 1, len(names) - 2, at)
    at = np.where((most == 0) & (left <= 0), len(names) - 1, at)
    is_missing = (by_area.statuses == "missing").to_numpy().any(axis=1)
    is_certain = ~is_missing & ((left < most) | ((most == 0) & (left <= 0))) & ~(np.isnan(left))
    found = pd.Series(names[at], index=by_area.cases.index, dtype="str")
    return found.where(is_certain)
