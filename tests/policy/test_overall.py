from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from igh_geo.policy.overall import overall
from igh_geo.policy.publication import Clustering, FunnelLimits
from igh_geo.texts import Texts


def said(town, *, moran=None, p=None, classes=(), inflation=1.0, shares=None, n_events=40):
    """What is said of a whole with these results."""
    clustering = Clustering(moran, p, {}, "eb_rate", (), 999, 0, 1, "bh")
    areas = pd.DataFrame({"funnel_class": pd.Series(list(classes), dtype="str")})
    grid = None
    if shares is not None:
        row = {"share_of_places": shares[0], "by_chance": shares[1]}
        found = SimpleNamespace(n_events=n_events, shares=pd.DataFrame(row, index=[0.5]))
        grid = SimpleNamespace(concentration=found, cell_m=100)
    limits = FunnelLimits(curve=pd.DataFrame(), target=5.0, inflation=inflation)
    return overall(areas, clustering, grid, limits=limits, lens=town.lens(), texts=Texts("nl"))


def test_nothing_is_said_where_nothing_was_found(town):
    assert said(town) == ()
    assert said(town, classes=[None, None]) == ()


@pytest.mark.parametrize(
    ("moran", "p", "words"),
    [
        (0.3, 0.05, "liggen hoge cijfers vaker bij elkaar dan toeval verklaart"),
        (-0.3, 0.05, "vaker naast lage dan toeval verklaart"),
        (0.3, 0.06, "niet van toeval te onderscheiden"),
    ],
)
def test_whether_high_lies_with_high_is_said_only_when_it_is_clear(town, moran, p, words):
    (sentence,) = said(town, moran=moran, p=p)
    assert words in sentence


CLASSES = ["above_998", "above_95", "below_998", None, *["inside"] * 6]


def test_only_areas_beyond_the_outer_limits_count_as_different(town):
    # Of ten areas one has no rate; two of the other nine lie outside 99.8 %.
    (sentence,) = said(town, classes=CLASSES)
    assert "Van de 9 buurten met een getoond cijfer ligt er 1 verder boven" in sentence
    assert "dan toeval verklaart en 1 verder eronder" in sentence


def test_limits_that_were_widened_do_not_call_the_other_differences_too_small(town):
    (sentence,) = said(town, classes=CLASSES, inflation=2.0)
    assert "springt er 1 naar boven uit en 1 naar beneden" in sentence
    assert "meer dan buurten hier gewoonlijk verschillen" in sentence
    assert "kunnen best boven of onder het gemiddelde liggen" in sentence


@pytest.mark.parametrize(
    ("inflation", "words"),
    [
        (1.0, "Geen van de 9 buurten met een getoond cijfer ligt duidelijk boven of onder"),
        (2.0, "Geen van de 9 buurten met een getoond cijfer springt er naar boven of beneden uit"),
    ],
)
def test_where_no_area_stands_out_that_is_a_sentence_of_its_own(town, inflation, words):
    (sentence,) = said(town, classes=["above_95", *["inside"] * 8], inflation=inflation)
    assert sentence.startswith(words)
    assert "0" not in sentence
    assert "De andere" not in sentence


def test_none_on_one_side_is_said_as_none(town):
    classes = ["above_998", "above_998", *["inside"] * 7]
    (sentence,) = said(town, classes=classes, inflation=2.0)
    assert "springen er 2 naar boven uit en geen naar beneden" in sentence


def test_of_a_few_areas_nobody_says_what_is_usual(town):
    assert said(town, classes=["above_998", *["inside"] * 6]) == ()


def test_share_of_few_cells_is_never_written_as_nothing(town):
    # 15 of 40,000 cells are 0.0375 %.
    (sentence,) = said(town, shares=(15 / 40_000, 0.052))
    assert "in 0,04% van de vakken van 100 bij 100 meter" in sentence
    assert sentence.endswith("was dat 5,2%.")


@pytest.mark.parametrize(("n_events", "is_told"), [(9, False), (10, True)])
def test_half_of_fewer_than_twice_the_minimum_is_not_told(town, n_events, is_told):
    # Half of 9 in one cell is at least 5 with a minimum of 5; of 7 it is 4, which is withheld.
    assert bool(said(town, shares=(0.01, 0.05), n_events=n_events)) is is_told


def test_grid_without_events_says_nothing(town):
    found = SimpleNamespace(n_events=0)
    grid = SimpleNamespace(concentration=found, cell_m=100)
    clustering = Clustering(None, None, {}, "eb_rate", (), 999, 0, 1, "bh")
    areas = pd.DataFrame({"funnel_class": pd.Series([], dtype="str")})
    texts = Texts("nl")
    options = {"limits": None, "lens": town.lens(), "texts": texts}
    assert overall(areas, clustering, grid, **options) == ()
    without = replace(clustering, moran=0.2)
    assert overall(areas, without, None, **options) == ()
