"""When events take place, as coarsely as a table of 168 hours must be to hide single events."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from igh_geo.crs import FloatArray
from igh_geo.policy.publication import Block, Breakdown, Hours
from igh_geo.stats.hours import busiest_blocks, hours_of_week

# Under this many events a week of 168 hours says when single ones took place, and no more.
LEAST_EVENTS = 200
# Where rounding leaves out, or adds, more than this share of the events, the picture is not theirs.
MOST_ROUNDED_AWAY = 0.1
WEEK_H = 168
BLOCK_H = 4
MOST_BLOCKS = 3
# The busiest of 168 blocks is always above average; 3.5 standard deviations is what the highest
# of so many Poisson counts passes in about 4 % of weeks without any pattern.
BLOCK_Z = 3.5


def week(incidents: pd.DataFrame, *, step: int) -> Hours | None:
    """Spread events over the hours of the week, in steps of so many events.

    Parameters
    ----------
    incidents : pandas.DataFrame
        ``occurred_from``, ``occurred_to`` and ``area_code``.
    step : int
        Hours are told in multiples of this many events; 1 tells them exactly.

    Returns
    -------
    Hours or None
        None under ``LEAST_EVENTS`` events whose moment is known, and where so few fall in an hour
        that the steps leave too little of them.
    """
    found = hours_of_week(incidents["occurred_from"], incidents["occurred_to"])
    if found.n_used < LEAST_EVENTS:
        return None
    told = (found.table / step).round() * step if step > 1 else found.table
    if abs(float(told.to_numpy().sum()) / found.n_used - 1) > MOST_ROUNDED_AWAY:
        return None
    return Hours(
        table=(told / found.n_used).round(4),
        blocks=_clear_blocks(found.table / found.n_used, found.n_used),
        n_events=int(found.n_used),
        n_areas=int(incidents["area_code"].nunique()),
    )


def week_beside_parts(
    incidents: pd.DataFrame, parts: Breakdown | None, *, step: int
) -> Hours | None:
    """Spread the events of some areas over the week, when parts of the week are told per area.

    What the areas had in a part of the week together, less what is told of each, is what is
    withheld: so the hours are told in larger steps until that leaves room for anything from
    nought to ``step``, and not at all where even the largest does not.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Of those areas; as for `week`.
    parts : Breakdown or None
        Of those areas: counts per part of the week, as they are told.
    step : int
        The smallest count that is told.

    Returns
    -------
    Hours or None
        As `week`; the shares of its blocks in steps of five percent where a part is withheld.
    """
    hidden = None if parts is None else (parts.statuses == "withheld").any()
    if parts is None or hidden is None or step == 1 or not hidden.any():
        return week(incidents, step=step)
    told = parts.counts.fillna(0.0).sum()[hidden]
    length_h = WEEK_H // len(hidden)
    begins = length_h * np.flatnonzero(hidden)
    for larger in (step, 2 * step, 4 * step, 8 * step):
        found = week(incidents, step=larger)
        if found is None:
            return None
        events = found.table.to_numpy(dtype=float).ravel() * found.n_events
        if all(
            _leaves_room(events[at : at + length_h], larger, told=number, minimum=step)
            for at, number in zip(begins, told, strict=True)
        ):
            blocks = [replace(one, share=_in_twentieths(one.share)) for one in found.blocks]
            return replace(found, blocks=tuple(blocks))
    return None


def _leaves_room(hours: FloatArray, step: int, *, told: float, minimum: int) -> bool:
    """Whether hours in steps leave room for a withheld number from nought to the minimum."""
    low = np.maximum(hours - step / 2, 0.0).sum() - told
    high = (hours + step / 2).sum() - told
    return bool(low <= 0 and high >= minimum)


def _in_twentieths(share: float) -> float:
    return max(round(20 * share), 1) / 20


def _clear_blocks(shares: pd.DataFrame, n_events: int) -> tuple[Block, ...]:
    """Blocks of four hours that clearly stand out of an even week, adjacent ones joined."""
    expected = n_events * BLOCK_H / WEEK_H
    floor = expected + BLOCK_Z * math.sqrt(expected)
    blocks = busiest_blocks(shares, hours=BLOCK_H, top=MOST_BLOCKS)
    clear = blocks[blocks["share"] * n_events >= floor]
    found = [
        Block(int(24 * (day - 1) + hour), BLOCK_H, round(float(share), 2))
        for day, hour, share in zip(
            clear["weekday"], clear["hour_from"], clear["share"], strict=True
        )
    ]
    return tuple(sorted(_joined(found), key=lambda block: (-block.share, block.start)))


def _joined(blocks: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for block in sorted(blocks, key=lambda block: block.start):
        last = joined[-1] if joined else None
        if last is not None and last.start + last.length_h == block.start:
            share, length_h = last.share + block.share, last.length_h + block.length_h
            joined[-1] = Block(last.start, length_h, share)
        else:
            joined.append(block)
    return joined
