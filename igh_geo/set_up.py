"""What can be done once, so that nobody waits for it later: ``python -m igh_geo.set_up``."""

from __future__ import annotations

import numpy as np
import shapely

from igh_geo.compiled import is_available
from igh_geo.places.area_index import compile_loops
from igh_geo.stats.points.density_loop import summed_kernels
from igh_geo.stats.points.ripley import ripley_k
from igh_geo.stats.points.spots import spots_of


def compile_all() -> bool:
    """Compile every loop of the package, and keep the machine code where that can be done.

    Returns
    -------
    bool
        Whether there is anything to compile with: False without numba, and then nothing is done.
    """
    if not is_available():
        return False
    compile_loops()
    x, y = np.array([10.0, 20.0, 30.0]), np.array([10.0, 30.0, 20.0])
    summed_kernels(x, y, spots_of(x, y), bandwidth_m=50.0)
    ripley_k(x, y, shapely.box(0, 0, 100, 100), distances_m=[5.0, 10.0])
    return True


if __name__ == "__main__":
    compile_all()
