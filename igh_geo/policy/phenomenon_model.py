"""Is it the building, or the area that it stands in: ratios within areas, from told counts.

Of counts a Poisson model with an effect per class and per area sees the totals alone (Birch,
1963). So where counts are withheld a table is made that has the told totals and otherwise the
shape of the addresses, and what the model finds in it is what anybody could find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from igh_geo.errors import DataError
from igh_geo.lens import Lens
from igh_geo.policy.factors import UNKNOWN, BuildingCases, ModelSummary
from igh_geo.policy.phenomenon_gate import AREA, TYPE
from igh_geo.policy.phenomenon_told import ToldCases
from igh_geo.stats.margins import fit_totals
from igh_geo.stats.mix import area_ratios
from igh_geo.stats.regression import OVERDISPERSED_AT, RateModel, fit_rate_ratios

# Classes that are withheld, taken together: what these have is what the others leave over.
TOGETHER = "*"
# Steps in which the trace of withheld counts in the width of intervals is told.
DISPERSION_STEP = 0.1


@dataclass(frozen=True)
class Ratios:
    """Ratios among addresses of one area.

    Attributes
    ----------
    within : dict of str to pandas.DataFrame
        Per factor, index: class; ``ratio``, ``low``, ``high``, ``verdict``. A factor without a
        model is not here.
    full : dict of str to pandas.DataFrame
        The same from one model with all factors; empty where there is none.
    summary : ModelSummary or None
        Of the model of building types.
    areas : pandas.DataFrame or None
        Index: the areas with addresses; ``expected`` from the building types of an area, of all
        its cases, also those whose address was not found; ``ratio``, ``low``, ``high``. None
        without a model.
    """

    within: dict[str, pd.DataFrame]
    full: dict[str, pd.DataFrame]
    summary: ModelSummary | None
    areas: pd.DataFrame | None

    def of_types(self) -> Ratios:
        """The same without the factors beside the building type."""
        return replace(
            self,
            within={name: table for name, table in self.within.items() if name == TYPE},
            full={name: table for name, table in self.full.items() if name == TYPE},
        )


@dataclass(frozen=True)
class _Source:
    """Where the counts of the cells come from."""

    buildings: BuildingCases
    counts: ToldCases
    areas: pd.Series
    lens: Lens
    references: Mapping[str, str]

    @property
    def withholds(self) -> bool:
        return self.lens.rules.withholds

    def cells(self, factors: Sequence[str]) -> pd.DataFrame:
        """Cases and address-years per area and classes, as far as may be told."""
        return self.told_cells(factors) if self.withholds else self.true_cells(factors)

    def true_cells(self, factors: Sequence[str]) -> pd.DataFrame:
        """The cases as they were found."""
        keys = [AREA, *factors]
        stock, cases = self.buildings.stock, self.buildings.cases
        # Nobody knows among which addresses the others belong.
        is_known = (cases[list(factors)] != UNKNOWN).all(axis=1)
        cases = cases[cases["is_matched"].astype(bool) | is_known]
        exposure = stock.groupby(keys, sort=True)["address_years"].sum()
        count = cases.groupby(keys, sort=True).size().astype(float)
        cells = pd.concat({"count": count, "exposure": exposure}, axis=1).fillna(0.0)
        return cells[cells["exposure"] > 0].sort_index().reset_index()

    def told_cells(self, factors: Sequence[str]) -> pd.DataFrame:
        """Cases as anybody would spread them over the addresses, from told totals."""
        stock = self.buildings.stock
        labels = {factor: self._labels(factor) for factor in factors}
        named = {factor: stock[factor].map(labels[factor]) for factor in factors}
        cells = stock[[AREA, "address_years"]].assign(**named)
        keys = [AREA, *factors]
        held = cells.groupby(keys, sort=True)["address_years"].sum().rename("exposure")
        cells = held[held > 0].reset_index()
        totals = {factor: self._total(factor, labels[factor], cells) for factor in factors}
        totals[AREA] = self.areas.reindex(pd.Index(cells[AREA].unique())).fillna(0.0)
        whole = float(totals[factors[0]].sum())
        for name, total in totals.items():
            together = float(total.sum())
            totals[name] = total * (whole / together) if together > 0 else total
        return cells.assign(count=fit_totals(cells, totals=totals).to_numpy())

    def _labels(self, factor: str) -> pd.Series:
        margin = self.counts.margins[factor]
        names = pd.Series(margin.index, index=margin.index, dtype=object)
        return names.where(margin["status"] == "shown", TOGETHER)

    def _total(self, factor: str, labels: pd.Series, cells: pd.DataFrame) -> pd.Series:
        guess = self.counts.margins[factor]["guess"].copy()
        if UNKNOWN in guess.index:
            # Of these no address was found, so they are among none of the cells.
            free = float(self.counts.margins[factor]["free"].astype(float)[UNKNOWN])
            guess[UNKNOWN] = max(guess[UNKNOWN] - free, 0.0)
        summed = guess.groupby(labels).sum()
        return summed.reindex(pd.Index(cells[factor].unique())).fillna(0.0)

    def dispersion(self) -> float:
        """How much wider than chance, from the true counts: in steps, and 1 where none is seen."""
        if self.lens.phenomenon is None or self.lens.phenomenon.model == "poisson":
            return 1.0
        try:
            found = fit_rate_ratios(
                self.true_cells([TYPE]),
                factors=[TYPE],
                references={TYPE: self.references[TYPE]},
                strata=AREA,
                model="quasi_poisson",
            )
        except DataError:
            return 1.0
        if found.dispersion_p is None or found.dispersion_p >= OVERDISPERSED_AT:
            return 1.0
        steps = np.ceil(round(found.dispersion / DISPERSION_STEP, 9))
        return max(1.0, round(float(steps) * DISPERSION_STEP, 1))


def ratios_within(
    buildings: BuildingCases,
    counts: ToldCases,
    areas: pd.Series,
    *,
    lens: Lens,
    references: Mapping[str, str],
) -> Ratios:
    """Compare classes with their reference among addresses of one area.

    Parameters
    ----------
    buildings : BuildingCases
        Its cases are looked at where nothing is withheld; its addresses always.
    counts : ToldCases
        What is told of every class.
    areas : pandas.Series
        Cases per area as told, or as anybody would guess them.
    lens : Lens
        ``phenomenon.model``, ``clusters.correction`` and ``rules``.
    references : mapping of str to str
        Per factor that is told the class that others are compared with.

    Returns
    -------
    Ratios
        Without a model of a factor where one area, one class or too few cases leave nothing to
        compare. Where counts are withheld it is the Poisson model, with intervals as much wider
        as the true counts ask, in steps of a tenth: nothing else of these is in it.
    """
    source = _Source(buildings, counts, areas, lens, references)
    wider = source.dispersion() if source.withholds and TYPE in references else None
    found = {factor: _fitted(source, [factor], wider) for factor in references}
    models = {factor: pair for factor, pair in found.items() if pair is not None}
    factors = [factor for factor in buildings.factors if factor in references]
    whole = _fitted(source, factors, wider) if len(factors) > 1 else None
    by_type = models.get(TYPE)
    return Ratios(
        within={factor: _of(model, factor) for factor, (_, model) in models.items()},
        full={} if whole is None else {factor: _of(whole[1], factor) for factor in factors},
        summary=None if by_type is None else _summary(by_type[1], source),
        areas=None if by_type is None else _areas(*by_type, areas, lens=lens),
    )


def _fitted(
    source: _Source, factors: Sequence[str], wider: float | None
) -> tuple[pd.DataFrame, RateModel] | None:
    """Cells and the model of these."""
    asked = source.lens.phenomenon.model if source.lens.phenomenon is not None else "auto"
    model: Literal["auto", "poisson", "quasi_poisson", "negative_binomial"] = asked
    if wider is not None:
        model = "poisson" if wider == 1.0 else "quasi_poisson"
    try:
        cells = source.cells(factors)
        if cells[AREA].nunique() < 2:
            # One area has no other that its buildings could be mistaken for.
            return None
        fitted = fit_rate_ratios(
            cells,
            factors=factors,
            references={factor: source.references[factor] for factor in factors},
            strata=AREA,
            model=model,
            dispersion=wider if model == "quasi_poisson" else None,
            correction=source.lens.clusters.correction,
        )
    except DataError:
        # Too few cases, or classes that nothing tells apart: there is no such ratio to tell.
        return None
    return cells, fitted


def _areas(cells: pd.DataFrame, model: RateModel, counts: pd.Series, *, lens: Lens) -> pd.DataFrame:
    """All cases of every area, wherever in it, against those expected."""
    expected = model.expected.astype(float).fillna(0.0)
    whole = expected.groupby(cells[AREA]).transform("sum")
    share = (expected / whole.where(whole > 0)).fillna(0.0)
    every = cells.assign(every=share * cells[AREA].map(counts).astype(float).fillna(0.0))
    correction = lens.clusters.correction
    return area_ratios(every, model, strata=AREA, count="every", correction=correction)


def _of(model: RateModel, factor: str) -> pd.DataFrame:
    rows = pd.DataFrame(model.ratios.xs(factor, level="factor"))
    return rows.drop(index=TOGETHER, errors="ignore")


def _summary(model: RateModel, source: _Source) -> ModelSummary:
    return ModelSummary(
        name=model.name,
        dispersion=float(model.dispersion),
        dispersion_p=None if source.withholds else model.dispersion_p,
        n_areas=int(model.n_strata),
        n_cases=round(model.n_events),
    )
