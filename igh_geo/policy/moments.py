"""When events take place, as coarsely as a table of 168 hours must be to hide single events."""

from __future__ import annotations

import math

import pandas as pd

from igh_geo.policy.publication import Block, Hours
from igh_geo.stats.hours import busiest_blocks, hours_of_week

# Under this many events a week of 168 hours says when single ones took place, and no more.
LEAST_EVENTS = 200
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
        None under ``LEAST_EVENTS`` events whose moment is known.
    """
    found = hours_of_week(incidents["occurred_from"], incidents["occurred_to"])
    if found.n_used < LEAST_EVENTS:
        return None
    told = (found.table / step).round() * step if step > 1 else found.table
    return Hours(
        table=(told / found.n_used).round(4),
        blocks=_clear_blocks(found.table / found.n_used, found.n_used),
        n_events=int(found.n_used),
        n_areas=int(incidents["area_code"].nunique()),
    )


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
