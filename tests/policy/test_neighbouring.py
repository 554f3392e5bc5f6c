from __future__ import annotations

import math

import pytest
from shapely.affinity import translate

from igh_geo.lens import Clusters
from igh_geo.policy.methods import methods
from igh_geo.policy.neighbouring import NEAREST, neighbours_of
from igh_geo.texts import Texts


def of(found, code):
    """Numbers of the neighbours of a square, in order: BU99990004 is 4."""
    return sorted(int(other[-4:]) for other in found.graph[code].index)


# Nine squares of 500 m, numbered from the south-west row by row:
#   6 7 8
#   3 4 5
#   0 1 2


@pytest.mark.parametrize(
    ("asked", "of_the_corner"),
    [
        ({}, [1, 3, 4]),
        ({"neighbours": "rook"}, [1, 3]),
        ({"neighbours": "nearest", "nearest": 2}, [1, 3]),
        # The diagonal is 707 m.
        ({"neighbours": "distance", "distance_m": 700}, [1, 3]),
        ({"neighbours": "distance", "distance_m": 710}, [1, 3, 4]),
    ],
)
def test_neighbours_are_found_by_the_rule_of_the_lens(town, asked, of_the_corner):
    found = neighbours_of(town.areas(3, 3), Clusters(**asked))
    assert of(found, "BU99990000") == of_the_corner


def test_without_a_number_six_are_nearest_or_all_others_where_there_are_fewer(town):
    nearest = Clusters(neighbours="nearest")
    assert neighbours_of(town.areas(4, 4), nearest).parameters["k"] == NEAREST == 6
    assert neighbours_of(town.areas(2, 2), nearest).parameters["k"] == 3
    many = Clusters(neighbours="nearest", nearest=50)
    assert neighbours_of(town.areas(3, 3), many).parameters["k"] == 8


def moved(areas, *, dx, dy):
    """The last square somewhere else."""
    shapes = areas.geometry.copy()
    shapes.iloc[8] = translate(shapes.iloc[8], dx, dy)
    return areas.set_geometry(shapes)


def test_without_a_distance_it_is_the_smallest_that_leaves_nobody_alone(town):
    areas = moved(town.areas(3, 3), dx=2000, dy=0)
    found = neighbours_of(areas, Clusters(neighbours="distance"))
    # From the middle of square 8, 2,000 m to the east of where it was, to that of 5 below it.
    assert found.parameters["band_m"] == pytest.approx(math.hypot(2000, 500))
    assert found.islands == ()
    assert of(found, "BU99990008") == [5]


def test_water_far_away_does_not_widen_the_band_of_the_others(town):
    areas = moved(town.areas(3, 3, water=[8]), dx=20_000, dy=0)
    found = neighbours_of(areas, Clusters(neighbours="distance"))
    assert found.parameters["band_m"] == pytest.approx(500)
    assert found.islands == ("BU99990008",)


@pytest.mark.parametrize(("policy", "neighbours"), [("report", []), ("nearest", [5])])
def test_island_stays_alone_or_gets_its_nearest_as_the_lens_asks(town, policy, neighbours):
    # Squares 5 and 7 are both 300 m away: the lower code.
    areas = moved(town.areas(3, 3), dx=300, dy=300)
    found = neighbours_of(areas, Clusters(islands=policy))
    assert found.islands == ("BU99990008",)
    assert found.graph.cardinalities["BU99990008"] == len(neighbours)
    assert [code for code in neighbours if code not in of(found, "BU99990008")] == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"neighbours": "rook"}, "buren met een gedeelde grens,"),
        ({"tolerance_m": 0.5}, "op hoogstens 0,5 meter van elkaar"),
        ({"neighbours": "nearest", "nearest": 1}, "gebieden als buren (per gebied 1)"),
        ({"neighbours": "distance", "distance_m": 1500}, "gebieden binnen 1.500 meter als buren"),
    ],
)
def test_rule_is_told_in_words_that_fit_any_number(town, asked, words):
    lens = town.lens(clusters={"permutations": 999, **asked})
    findings = town.findings(town.areas(3, 3), [20.0] * 9, lens=lens)
    steps = {step.statistic: step for step in methods(findings, lens, Texts("nl"))}
    assert words in steps["clusters_eb_rate"].words
