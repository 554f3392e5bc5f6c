"""What everybody can reckon from the counts that are told, in place of what was found.

Rates, smoothed rates, ranks, tests and limits of chance rest on all counts together, and each is
an equation in the withheld ones, however it is rounded. So they are computed again, from the told
counts, with for the withheld ones an estimate that every reader can make: what the told totals
leave over, shared out. What follows from told counts alone tells nothing more than these do
("post-processing"; Dwork and Roth, 2014, "The Algorithmic Foundations of Differential Privacy",
section 2.1, for the argument, which holds for any protection).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.clustering import cluster_areas
from igh_geo.policy.findings import AreaClusters, Findings, Level
from igh_geo.policy.levels import WHOLE, base_level, denominators, sum_level
from igh_geo.policy.precision import multiples
from igh_geo.policy.remarks import cluster_notes
from igh_geo.policy.secrecy import group_of
from igh_geo.policy.suppression import BASE
from igh_geo.rd import FloatArray
from igh_geo.texts import Texts

# Both levels are fitted in turn; nested ones are right after one turn.
TURNS = 100
NOTES_ON_TESTS = (
    "too_few_areas",
    "islands",
    "tested_equal_risk",
    "tested_gamma_poisson",
    "cannot_reach",
    "will_not_help",
    "nothing_found",
)


def as_told(
    findings: Findings, hidden: Mapping[str, pd.DataFrame], lens: Lens, *, texts: Texts
) -> Findings:
    """The findings as anybody could compute them from the counts that are told.

    Parameters
    ----------
    findings : Findings
    hidden : mapping of str to pandas.DataFrame
        What is withheld, from `policy.secrecy.secrets`.
    lens : Lens
        Its ``rules``; ``rate`` and ``clusters``, for the methods are the same.
    texts : Texts
        For the notes on the tests.

    Returns
    -------
    Findings
        With other counts, rates, changes, ranks, funnels and tests of areas, groups and the
        whole; all else is as it was. Of an area that has a withheld count in its neighbourhood
        the tests are those that were found. The same findings where nothing is withheld or rounded.
        A count of a withheld area is an estimate here, and is not told.
    """
    is_hidden = any(bool(table.to_numpy().any()) for table in hidden.values())
    if not is_hidden and lens.rules.rounding == 1:
        return findings
    areas = findings.geometry
    counts = told_counts(findings, hidden, lens)
    days = None
    if findings.previous is not None:
        start, end = findings.previous
        days = (lens.period.days, (end - start).days + 1)
    base = base_level(areas, counts[BASE], lens, days=days)

    def summed(name: str, level: Level) -> Level:
        found, _ = sum_level(
            areas,
            counts[BASE],
            lens,
            group=group_of(findings, name),
            names=level.areas["name"],
            days=days,
            totals=counts[name],
            guessed=hidden[BASE]["current"].astype(bool),
        )
        return found

    reckoned = cluster_areas(areas, counts[BASE]["current"], base.areas["denominator"], lens=lens)
    clusters = _as_found_beside_secrets(reckoned, findings.clusters, hidden[BASE]["current"], lens)
    about_tests = cluster_notes(areas, clusters, lens, texts=texts)
    others = [note for note in findings.notes if note[0] not in NOTES_ON_TESTS]
    return replace(
        findings,
        base=base,
        levels={name: summed(name, level) for name, level in findings.levels.items()},
        whole=summed(WHOLE, findings.whole),
        clusters=clusters,
        notes=(*others, *about_tests) if findings.notes else findings.notes,
    )


def _as_found_beside_secrets(
    reckoned: AreaClusters, found: AreaClusters, secret: pd.Series, lens: Lens
) -> AreaClusters:
    """Where a neighbourhood holds a withheld count: what was found, not what a guess would give.

    A hotspot must not follow from an estimate. Of these areas the gate tells the class alone.
    The class of an exact test lies on one side of a count, so the gate does not tell it, and
    what is reckoned serves as well.
    """
    if lens.clusters.test != "eb_rate":
        return reckoned

    def joined(table: pd.DataFrame | None, true: pd.DataFrame | None) -> pd.DataFrame | None:
        if table is None or true is None:
            return table
        flags = secrets_of_windows(found, table.index, secret)
        holds_none = np.array([not any(window) for window in flags])
        return table.where(pd.Series(holds_none, index=table.index), true.reindex(table.index))

    gi = joined(reckoned.gi, found.gi)
    n_undetermined = 0 if gi is None else int((gi["p"].notna() & gi["class"].isna()).sum())
    return replace(
        reckoned, gi=gi, lisa=joined(reckoned.lisa, found.lisa), n_undetermined=n_undetermined
    )


def secrets_of_windows(
    clusters: AreaClusters, codes: pd.Index, secret: pd.Series
) -> list[list[bool]]:
    """Say for every area which of itself (first) and its neighbours have a withheld count."""
    windows = [clusters.windows.get(str(code), (str(code),)) for code in codes]
    return [[bool(secret.get(code, default=False)) for code in window] for window in windows]


def told_counts(
    findings: Findings, hidden: Mapping[str, pd.DataFrame], lens: Lens
) -> dict[str, pd.DataFrame]:
    """Counts as they are told, in multiples of ``rules.rounding``; estimates for withheld ones.

    Parameters
    ----------
    findings, hidden, lens
        As for `as_told`.

    Returns
    -------
    dict of str to pandas.DataFrame
        For ``"base"``, every level and the whole: ``current`` and ``previous``. Areas without a
        count have none here either; of a group whose total is withheld it is missing.
    """
    named = {BASE: findings.base, **findings.levels, WHOLE: findings.whole}
    groups = {name: group_of(findings, name) for name in findings.levels}
    weight = _weight(findings, lens)
    counts = {name: pd.DataFrame(index=level.counts.index) for name, level in named.items()}
    for period in ("current", "previous"):
        told = {
            name: multiples(level.counts[period].mask(hidden[name][period]), lens.rules.rounding)
            for name, level in named.items()
        }
        whole = float(told[WHOLE].iloc[0])
        is_hidden = hidden[BASE][period].astype(bool)
        guessed = estimate(
            told,
            groups,
            is_hidden=is_hidden,
            whole=whole,
            weight=weight,
            seed=lens.clusters.seed,
        )
        told[BASE] = told[BASE].where(~is_hidden, guessed)
        for name, series in told.items():
            counts[name][period] = series
    return counts


def estimate(
    told: Mapping[str, pd.Series],
    groups: Mapping[str, pd.Series],
    *,
    is_hidden: pd.Series,
    whole: float,
    weight: pd.Series,
    seed: int,
) -> pd.Series:
    """Share out what the told totals leave over among the areas that are withheld.

    Parameters
    ----------
    told : mapping of str to pandas.Series
        For ``"base"`` and every level the counts that are told; missing where they are not.
    groups : mapping of str to pandas.Series
        Per level (two at most) the group of every area.
    is_hidden : pandas.Series
        The areas that are withheld.
    whole : float
        What all areas add up to; missing where that is not told.
    weight : pandas.Series
        To what the areas share in proportion, above zero.
    seed : int
        Of the draw.

    Returns
    -------
    pandas.Series
        Whole numbers, for every area; only those of withheld ones mean something. Their sums are
        what the totals leave over, where the groups of one level lie within those of the other
        and no total is rounded; else they are close to it. Where the whole is not told there is
        nothing to share for areas outside told groups: 0.

    Notes
    -----
    Iterative proportional fitting (Deming and Stephan, 1940), then a draw among the areas that
    share a place (multinomial). In proportion without a draw, neighbours would be more alike than
    chance makes them, and tests would find concentrations that nobody saw: of 104 areas with few
    events 4 were hot instead of 1.
    """
    counts = told[BASE].fillna(0.0)
    chosen = is_hidden.index[is_hidden]
    if not len(chosen):
        return pd.Series(0.0, index=is_hidden.index)
    share = weight.loc[chosen].to_numpy(dtype=float)
    places, left = [], []
    for name, group in groups.items():
        is_told = group.isin(told[name].index[told[name].notna()])
        place = group.where(is_told, "").astype(object)
        over = told[name].sub(counts.groupby(group).sum(), fill_value=0.0)
        rest = whole - told[name].sum() - counts[~is_told].sum()
        of_place = pd.concat([over, pd.Series({"": rest})]).clip(lower=0.0).fillna(0.0)
        at = pd.Categorical(place.loc[chosen], categories=sorted(of_place.index)).codes
        places.append(np.asarray(at, dtype=np.int64))
        left.append(of_place.sort_index().to_numpy(dtype=float))
    if not places:
        places.append(np.zeros(len(chosen), dtype=np.int64))
        left.append(np.nan_to_num(np.array([max(whole - counts.sum(), 0.0)])))
    for _ in range(TURNS):
        before = share
        for at, over in zip(places, left, strict=True):
            held = np.bincount(at, share, minlength=len(over))
            share = share * np.divide(over, held, out=np.zeros_like(over), where=held > 0)[at]
        if np.allclose(share, before, rtol=1e-9, atol=1e-9):
            break
    order = np.lexsort((np.asarray(chosen, dtype=str), *places))
    drawn = np.empty(len(chosen))
    drawn[order] = _draw(share[order], np.column_stack(places)[order], seed)
    return pd.Series(0.0, index=is_hidden.index).where(~is_hidden, pd.Series(drawn, index=chosen))


def _draw(share: FloatArray, place: npt.NDArray[np.int64], seed: int) -> FloatArray:
    """Whole numbers, as chance would share them out among what has the same places."""
    begins = np.flatnonzero(np.append(True, (place[1:] != place[:-1]).any(axis=1)))
    # Rounding of the running sum keeps the sums of what stands side by side.
    running = np.floor(np.cumsum(share) + 0.5 + 1e-6)
    ends = np.append(begins[1:], len(share))
    total = np.diff(np.append(0.0, running[ends - 1])).astype(int)
    rng = np.random.default_rng(seed)
    drawn = np.zeros(len(share))
    for begin, end, number in zip(begins, ends, total, strict=True):
        own = share[begin:end]
        if own.sum() > 0:
            drawn[begin:end] = rng.multinomial(number, own / own.sum())
    return drawn


def _weight(findings: Findings, lens: Lens) -> pd.Series:
    """The denominator of every area, else its size; above zero."""
    weight = denominators(findings.geometry, lens)
    weight = weight.fillna(findings.base.areas["size"].astype("Float64").astype(float))
    above = weight[weight > 0]
    return weight.where(weight > 0, above.min() if len(above) else 1.0)
