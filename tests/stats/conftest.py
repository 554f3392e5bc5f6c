from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="session")
def queen_grid() -> Callable[[int, int], Any]:
    """Grid of rows × columns cells, numbered row by row; cells that touch are neighbours."""
    from libpysal.graph import Graph

    def build(rows: int, columns: int) -> Any:
        number = np.arange(rows * columns).reshape(rows, columns)
        focal, neighbour = [], []
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                if down == right == 0:
                    continue
                here = (
                    slice(max(0, -down), rows - max(0, down)),
                    slice(max(0, -right), columns - max(0, right)),
                )
                there = (
                    slice(max(0, down), rows - max(0, -down)),
                    slice(max(0, right), columns - max(0, -right)),
                )
                focal.append(number[here].ravel())
                neighbour.append(number[there].ravel())
        links = np.concatenate(focal), np.concatenate(neighbour)
        return Graph.from_arrays(*links, np.ones(len(links[0])))

    return build
