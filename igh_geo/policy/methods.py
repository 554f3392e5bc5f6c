"""Which statistics a result rests on: with which parameters, from which source, in which words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from igh_geo.lens import Lens
from igh_geo.policy.findings import Findings
from igh_geo.policy.wording import denominator, noun
from igh_geo.texts import Texts


@dataclass(frozen=True)
class Method:
    """One step of how a result was made.

    Attributes
    ----------
    statistic : str
        Its name, for the manifest ("gi_star").
    words : str
        What it is, in the language of the lens.
    source : str
        Where it was published; empty for what is a rule of our own.
    parameters : dict of str to object
        What it was computed with, as plain numbers and words.
    """

    statistic: str
    words: str
    source: str = ""
    parameters: dict[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The words, with their source."""
        return f"{self.words} [{self.source}]" if self.source else self.words


def methods(
    findings: Findings, lens: Lens, texts: Texts, *, tells_funnel: bool = True
) -> tuple[Method, ...]:
    """Every statistic of a result, in the order in which it was made.

    Parameters
    ----------
    findings : Findings
        What was computed, and with what.
    lens : Lens
    texts : Texts
        The language of the sentences.
    tells_funnel : bool
        Whether the limits of the funnel are told; they are not where the overall rate is withheld.
    """
    return (
        *_rates(findings, lens, texts, tells_funnel=tells_funnel),
        *_changes(findings, texts),
        *_clusters(findings, lens, texts),
        *_cells(findings, lens, texts),
        *_ranks(lens, texts),
        *_hours(findings, lens, texts),
        *_privacy(findings, lens, texts),
    )


def _method(texts: Texts, statistic: str, *, key: str = "", **parameters: object) -> Method:
    """A step; its sentence is filled in with its parameters, numbers as a reader writes them."""
    told = {name: _told(texts, name, value) for name, value in parameters.items()}
    source = f"policy.source.{statistic}"
    return Method(
        statistic=statistic,
        words=texts(f"policy.method.{key or statistic}", **told),
        source=texts(source) if texts.has(source) else "",
        parameters=parameters,
    )


def _told(texts: Texts, name: str, value: object) -> object:
    if isinstance(value, (int, float)) and name != "seed":
        return texts.plain(value)
    word = f"policy.{name}.{value}"
    return texts(word) if texts.has(word) else value


def _rates(findings: Findings, lens: Lens, texts: Texts, *, tells_funnel: bool) -> Iterator[Method]:
    things, rate = noun(lens, texts), lens.rate
    if rate.denominator == "none":
        yield _method(texts, "count", things=things)
        return
    yield _method(
        texts,
        "rate",
        key=("rate" if rate.multiplier != 1 else "rate_per_one") + "_year" * rate.per_year,
        things=things,
        per=rate.multiplier,
        unit=denominator(lens, texts),
        days=lens.period.days,
    )
    yield _method(texts, f"smoothed_{rate.prior}")
    yield _method(texts, "reliability")
    limits = findings.base.funnel
    if limits is not None and tells_funnel:
        phi = round(limits.inflation, 1)
        key = "funnel" if phi > 1 else "funnel_not_widened"
        yield _method(texts, "funnel", key=key, phi=phi, n_areas=limits.n_areas)


def _changes(findings: Findings, texts: Texts) -> Iterator[Method]:
    if findings.previous is not None:
        yield _method(texts, "change")


def _clusters(findings: Findings, lens: Lens, texts: Texts) -> Iterator[Method]:
    clusters, options = findings.clusters, lens.clusters
    if clusters.gi is None:
        return
    yield _method(
        texts,
        f"clusters_{clusters.variable}",
        permutations=options.permutations,
        correction=options.correction,
        seed=options.seed,
        neighbours=_neighbours(clusters.neighbours, texts),
    )
    if clusters.moran is not None:
        drawn = clusters.moran_permutations
        yield _method(texts, "global_moran", permutations=drawn, seed=options.seed)


def _neighbours(found: Mapping[str, Any], texts: Texts) -> str:
    """Which areas are neighbours, in words."""
    rule, options = found["method"], found["parameters"]
    distance_m = options.get("band_m") or options.get("tolerance_m")
    key = f"{rule}_tolerance" if options.get("tolerance_m") else rule
    distance = texts.number(distance_m, int((distance_m or 0) % 1 != 0 and (distance_m or 0) < 10))
    said = texts(f"policy.neighbours.{key}", k=texts.number(options.get("k")), m=distance)
    if found["island_policy"] == "nearest" and found["islands"]:
        said += texts("policy.neighbours.islands")
    return said


def _cells(findings: Findings, lens: Lens, texts: Texts) -> Iterator[Method]:
    grid = findings.grid
    if grid is None or not lens.rules.shows_cells:
        return
    yield _method(
        texts,
        "cells",
        cell_m=grid.cell_m,
        permutations=lens.grid.permutations,
        correction=lens.clusters.correction,
        seed=lens.clusters.seed,
    )
    key = "density_corrected" if lens.grid.edge_correction else "density"
    yield _method(texts, "density", key=key, bandwidth_m=grid.bandwidth_m)
    spread = grid.concentration
    if spread is not None and spread.n_events:
        yield _method(
            texts,
            "concentration",
            simulations=spread.simulations,
            seed=spread.seed,
            things=noun(lens, texts),
        )


def _ranks(lens: Lens, texts: Texts) -> Iterator[Method]:
    if "rank" in lens.rules.shows:
        yield _method(texts, "rank", draws=lens.priorities.draws, seed=lens.clusters.seed)


def _hours(findings: Findings, lens: Lens, texts: Texts) -> Iterator[Method]:
    if "hours" not in lens.rules.shows:
        return
    if findings.incidents is not None and findings.times_known:
        yield _method(texts, "hours")


def _privacy(findings: Findings, lens: Lens, texts: Texts) -> Iterator[Method]:
    if not lens.rules.withholds:
        return
    grid = findings.grid
    is_checked = findings.base.areas["size"].notna().all() and (
        grid is None or grid.cells["addresses"].notna().all()
    )
    yield _method(
        texts,
        "privacy",
        key="privacy" if is_checked else "privacy_unchecked",
        most=lens.rules.minimum_count - 1,
        addresses=lens.rules.minimum_addresses,
    )
