"""The rule for the seed of whatever is drawn at random."""

from __future__ import annotations

from igh_geo.errors import Problem


def seed_problems(seed: int) -> list[Problem]:
    """Say what is wrong with a seed; empty when nothing is."""
    if seed >= 0:
        return []
    return [Problem("A seed is zero or more.", f"seed={seed}", "use any number such as 1")]
