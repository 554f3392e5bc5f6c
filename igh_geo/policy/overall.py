"""What the whole shows, in sentences that a council can read."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd

from igh_geo.lens import Lens
from igh_geo.policy.findings import GridFindings
from igh_geo.policy.publication import Clustering, FunnelLimits
from igh_geo.policy.wording import noun
from igh_geo.texts import Texts

# The usual level for one question asked once.
CLEAR_P = 0.05
# Of fewer areas nobody can say what is usual.
FEWEST_AREAS = 8


def overall(
    areas: gpd.GeoDataFrame,
    clustering: Clustering,
    grid: GridFindings | None,
    *,
    limits: FunnelLimits | None,
    lens: Lens,
    texts: Texts,
) -> tuple[str, ...]:
    """Say what stands out in the whole, from published numbers and shares of many cells.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        A table of areas after disclosure: ``funnel_class``.
    clustering : Clustering
        After disclosure: ``moran``, ``moran_p``.
    grid : GridFindings or None
        Its ``concentration``: shares of all cells, which tell of no single one.
    limits : FunnelLimits or None
        After disclosure: whether rates here differ by more than chance explains.
    lens : Lens
    texts : Texts

    Returns
    -------
    tuple of str
        Sentences; empty when there is nothing to say.
    """
    return (
        *_together(clustering, texts),
        *_beyond_chance(areas, limits, lens, texts),
        *_on_few_cells(grid, lens, texts),
    )


def _together(clustering: Clustering, texts: Texts) -> Iterator[str]:
    if clustering.moran is None or clustering.moran_p is None:
        return
    key = "unclear"
    if clustering.moran_p <= CLEAR_P:
        key = "alike" if clustering.moran > 0 else "unlike"
    yield texts(f"policy.overall.together_{key}")


def _beyond_chance(
    areas: gpd.GeoDataFrame, limits: FunnelLimits | None, lens: Lens, texts: Texts
) -> Iterator[str]:
    # Outside the limits of 95 % one in twenty lies by chance: too many to be sure of any.
    known = areas["funnel_class"].dropna()
    if limits is None or len(known) < FEWEST_AREAS:
        return
    level = f"level_plural.{lens.areas.level}"
    above, below = (int((known == f"{side}_998").sum()) for side in ("above", "below"))
    key = "beyond_chance" if limits.inflation > 1 else "beyond_chance_plain"
    key = key if above or below else f"{key}_none"
    yield texts(
        f"policy.overall.{key}",
        count=texts.number(len(known)),
        level=texts(level) if texts.has(level) else lens.areas.level,
        above=texts.number(above),
        below=texts.number(below),
    )


def _on_few_cells(grid: GridFindings | None, lens: Lens, texts: Texts) -> Iterator[str]:
    if grid is None or grid.concentration is None or not grid.concentration.n_events:
        return
    if not lens.rules.shows_cells:
        return
    few = 2 * lens.rules.minimum_count
    if lens.rules.withholds and grid.concentration.n_events < few:
        # Half of seven in one cell is four there, and its area may be withheld for having four.
        return
    half = grid.concentration.shares.astype(float).loc[0.5].to_dict()
    yield texts(
        "policy.overall.half",
        things=noun(lens, texts),
        share=texts.rate(100 * half["share_of_places"]),
        chance=texts.rate(100 * half["by_chance"]),
        cell_m=grid.cell_m,
    )
