"""The object nearest to a coordinate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# The BAG tells places to the millimetre; what differs by less was only computed in another way.
_SAME_PLACE_DECIMALS = 3

Floats = npt.NDArray[np.float64]


def find_nearest(
    points: Floats, objects: Floats, *, rank: npt.NDArray[np.int64], within_m: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Find for every point the nearest object.

    Parameters
    ----------
    points, objects : numpy.ndarray of float
        Rows of x and y in metres, EPSG:28992; NaN where not known.
    rank : numpy.ndarray of int
        Order of the objects: of those at one place (the same to a millimetre) the first is taken.
    within_m : float
        Farther is not near.

    Returns
    -------
    at : numpy.ndarray of int
        Position of the object, -1 where there is none.
    is_one_of_several : numpy.ndarray of bool
        Where more objects lie at that place.
    """
    at = np.full(len(points), -1)
    is_several = np.zeros(len(points), dtype=bool)
    placed = np.flatnonzero(np.isfinite(objects).all(axis=1))
    asked = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(placed) or not len(asked):
        return at, is_several
    from scipy.spatial import cKDTree

    placed = placed[np.argsort(rank[placed], kind="stable")]
    places, first, n = np.unique(
        objects[placed].round(_SAME_PLACE_DECIMALS), axis=0, return_index=True, return_counts=True
    )
    # Sorted places make the answer the same whatever the order of the objects. The tree leaves
    # out what lies at its bound, so that is a little wider and the distance is measured again.
    _, found = cKDTree(places).query(points[asked], distance_upper_bound=within_m + 0.01)
    has = found < len(places)
    asked, found = asked[has], found[has]
    chosen = placed[first[found]]
    is_near = np.hypot(*(points[asked] - objects[chosen]).T) <= within_m
    at[asked[is_near]] = chosen[is_near]
    is_several[asked[is_near]] = n[found[is_near]] > 1
    return at, is_several
