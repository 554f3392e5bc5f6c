"""Whether classes and statuses can be told apart: by eyes that see less colour, and in grey.

The measure is the colour difference CIEDE2000, of which 1 is just noticeable side by side; and in
grey the difference in CIE lightness L*, which runs from 0 to 100.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from igh_geo.out.map.symbols import scale, symbols
from igh_geo.out.map.themes import STATUS_CODES
from igh_geo.tables import GI_CLASSES, LISA_CLASSES

HUES = ("rate", "count", "density", "rank", "context")
CHANGES = ("much_more", "more", "less", "much_less", "up", "down")
STATUSES = (*STATUS_CODES, "zero", "water", "uncertain")
# Ten times what is just noticeable, for full sight and in lightness; a little less for the eyes
# of one in twelve men, who have four more classes and the legend to go by.
APART = {"full": 10.0, "protanopia": 8.0, "deuteranopia": 8.0}
APART_IN_GREY = 10.0

# Machado, Oliveira and Fernandes (2009), A physiologically-based model for simulation of color
# vision deficiency, IEEE Trans. Vis. Comput. Graph. 15(6), 1291-1298; severity 1.0, on linear RGB.
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
# IEC 61966-2-1: linear sRGB to XYZ, and relative luminance.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour: str) -> np.ndarray:
    part = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB under its own white."""
    x = TO_XYZ @ np.clip(rgb, 0, 1) / (TO_XYZ @ np.ones(3))
    f = np.where(x > (6 / 29) ** 3, np.cbrt(x), x / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(first: np.ndarray, second: np.ndarray) -> float:
    """Colour difference of two L*a*b* colours.

    Sharma, Wu and Dalal (2005), The CIEDE2000 color-difference formula, Color Res. Appl. 30(1).
    """
    (l1, a1, b1), (l2, a2, b2) = first, second
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    c1, c2 = np.hypot((1 + g) * a1, b1), np.hypot((1 + g) * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, (1 + g) * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    is_grey = c1 * c2 == 0
    turn = 0.0 if is_grey else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if is_grey else (h1 + turn / 2) % 360
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    weight = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    in_l = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    in_c = (c2 - c1) / (1 + 0.045 * chroma)
    in_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * weight)
    rotation = (
        -np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
        * 2
        * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    )
    return float(np.sqrt(in_l**2 + in_c**2 + in_h**2 + rotation * in_c * in_h))


def apart(first: str, second: str, sight: str) -> float:
    return ciede2000(*(lab(SIGHT[sight] @ linear(colour)) for colour in (first, second)))


def luminance(colour: str) -> float:
    return float(TO_XYZ[1] @ linear(colour))


def lightness(colour: str) -> float:
    return float(lab(np.full(3, luminance(colour)))[0])


def fill(name: str) -> str:
    return symbols()[name]["fill"]


def mark(name: str) -> str:
    return symbols()[name]["mark"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Of the test data of Sharma, Wu and Dalal (2005), table 1: pairs 1, 7, 13, 17 and 25.
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ],
)
def test_colour_difference_is_that_of_the_published_table(first, second, expected) -> None:
    found = ciede2000(np.array(first, float), np.array(second, float))
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize("hue", HUES)
def test_neighbouring_classes_are_told_apart(hue, sight) -> None:
    fills = [fill(name) for name in scale(hue, 5)]
    assert min(apart(*pair, sight) for pair in pairwise(fills)) >= APART[sight]


@pytest.mark.parametrize("hue", HUES)
def test_classes_darken_in_clear_steps_in_grey(hue) -> None:
    light = [lightness(fill(name)) for name in scale(hue, 5)]
    assert min(first - second for first, second in pairwise(light)) >= APART_IN_GREY


@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize("status", STATUSES)
def test_every_status_differs_from_every_class_in_mark_or_clearly_in_colour(status, sight) -> None:
    classes = [name for hue in HUES for name in scale(hue, 5)]
    # Without "none" and its like, which never stand on one map with zero.
    classes += [*GI_CLASSES[:3], *GI_CLASSES[4:], *LISA_CLASSES[:4], *CHANGES]
    differences = [
        apart(fill(status), fill(name), sight) for name in classes if mark(name) == mark(status)
    ]
    assert min(differences, default=100.0) >= APART[sight]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_differs_from_every_class_in_mark_or_clearly_in_grey(status) -> None:
    same_mark = [name for hue in HUES for name in scale(hue, 5) if mark(name) == mark(status)]
    differences = [abs(lightness(fill(status)) - lightness(fill(name))) for name in same_mark]
    # The lightest class of the ranking, "and lower", is quiet: no rank is zero.
    least = 7.5 if status == "zero" else APART_IN_GREY
    assert min(differences, default=100.0) >= least


def test_no_two_statuses_look_alike_in_grey() -> None:
    for first, second in combinations(STATUSES, 2):
        assert mark(first) != mark(second), (first, second)


def test_hot_and_cold_differ_in_mark() -> None:
    hot = {mark(name) for name in ("hot_99", "hot_95", "hot_90", "much_more", "more", "high_high")}
    cold = {mark(name) for name in ("cold_99", "cold_95", "cold_90", "much_less", "less")}
    cold |= {mark("low_low")}
    assert hot == {"dots"}
    assert cold == {"level"}
    assert mark("up") != mark("down")


@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize("order", [GI_CLASSES, LISA_CLASSES])
def test_neighbouring_classes_of_a_test_differ_in_mark_or_colour(order, sight) -> None:
    for first, second in pairwise(order):
        differs = apart(fill(first), fill(second), sight) >= APART[sight]
        assert differs or mark(first) != mark(second), (first, second)


@pytest.mark.parametrize("side", ["hot", "cold"])
def test_levels_of_significance_darken_in_clear_steps_in_grey(side) -> None:
    light = [lightness(fill(f"{side}_{level}")) for level in (90, 95, 99)]
    assert min(first - second for first, second in pairwise(light)) >= APART_IN_GREY


@pytest.mark.parametrize("name", [name for name, symbol in symbols().items() if symbol["mark"]])
def test_marks_are_seen_on_their_fill(name) -> None:
    symbol = symbols()[name]
    light, dark = sorted((luminance(symbol["fill"]), luminance(symbol["ink"])), reverse=True)
    # WCAG 2.1, 1.4.11: graphics need a contrast of 3. Water is named by its colour and place too.
    least = 1.8 if name == "water" else 3.0
    assert (light + 0.05) / (dark + 0.05) >= least


def test_darkest_symbol_stays_in_with_fewer_classes() -> None:
    assert scale("rate", 3) == ["rate_0", "rate_2", "rate_4"]
    assert scale("rate", 1) == ["rate_2"]
