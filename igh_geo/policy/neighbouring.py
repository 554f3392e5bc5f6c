"""Which areas are neighbours, as the lens asks."""

from __future__ import annotations

import geopandas as gpd

from igh_geo.lens import Clusters
from igh_geo.places.distances import distance_band, k_nearest, smallest_band
from igh_geo.places.links import Neighbours
from igh_geo.places.neighbours import contiguity

# Areas in a pattern of squares have four, those of CBS five or six.
NEAREST = 6


def neighbours_of(areas: gpd.GeoDataFrame, options: Clusters) -> Neighbours:
    """Neighbours by the rule of a lens.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Index ``area_code``, ``is_water``, EPSG:28992.
    options : Clusters
        ``neighbours`` with what belongs to it, and ``islands``. Without a number of nearest areas
        6 are taken, or all others when there are fewer; without a distance the smallest that
        leaves no area on land alone. For both a point inside the area stands for it.

    Returns
    -------
    Neighbours

    Raises
    ------
    CrsError, DataError
        As the functions of `igh_geo.places`.
    """
    if options.neighbours == "nearest":
        k = min(options.nearest or NEAREST, len(areas) - 1)
        return k_nearest(areas, k=k, at="inside")
    if options.neighbours == "distance":
        # Water has no rate to test, and a lake far off would widen the band of all the others.
        land = areas[~areas["is_water"].astype(bool)]
        band_m = options.distance_m or smallest_band(land, at="inside")
        return distance_band(areas, band_m=band_m, at="inside", islands=options.islands)
    return contiguity(
        areas,
        rule=options.neighbours,
        tolerance_m=options.tolerance_m,
        islands=options.islands,
    )
