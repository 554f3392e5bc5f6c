"""How each class looks: a fill, and a mark that also tells it apart without colour."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Symbol:
    """Fill and mark of one class.

    Attributes
    ----------
    fill : str
        Colour of the area, as #rrggbb.
    mark : str
        Pattern over the fill; the page knows how to draw each.
    ink : str
        Colour of the pattern.
    """

    fill: str
    mark: str = ""
    ink: str = "#000000"


# Sequential scales in the hues of ColorBrewer (Brewer and Harrower), each measure its own: a rate
# is no count. They begin darker than ColorBrewer's, so that the lowest class is not taken for the
# white of zero, and step evenly in lightness. tests/out/test_map_symbols.py measures how far
# neighbours lie apart, also in grey and to eyes that do not tell red from green.
_SCALES = {
    "rate": ("#fde191", "#fbb04a", "#ee7328", "#c92c1d", "#770a1e"),
    "count": ("#dddcec", "#b9b5d8", "#938cc2", "#6a5aa8", "#40177a"),
    "density": ("#f7d0c9", "#f19cb0", "#dc5c9e", "#a81c84", "#540460"),
    "rank": ("#f1e8cd", "#efbe68", "#de7d28", "#a93f08", "#601c04"),
    "context": ("#cbe7d2", "#97ccaa", "#59a37c", "#237148", "#02361b"),
}

# More than expected carries dots, less than expected carries level lines, whatever the theme.
_CLASSES = {
    "hot_99": Symbol("#8f0d17", "dots", "#ffffff"),
    "hot_95": Symbol("#dd4135", "dots", "#ffffff"),
    "hot_90": Symbol("#fcbba1", "dots", "#8f0d17"),
    "none": Symbol("#f4f2ec"),
    "cold_90": Symbol("#d6e6f4", "level", "#2166ac"),
    "cold_95": Symbol("#7fb4dc", "level", "#0b3d6b"),
    "cold_99": Symbol("#2a6fb0", "level", "#ffffff"),
    "high_high": Symbol("#b3151f", "dots", "#ffffff"),
    "high_low": Symbol("#fdae6b", "plus", "#7f2704"),
    "low_high": Symbol("#d6e6f4", "plus", "#2166ac"),
    "low_low": Symbol("#4a8fc4", "level", "#ffffff"),
    "much_more": Symbol("#a8321c", "dots", "#ffffff"),
    "more": Symbol("#f5a582", "dots", "#7a1f10"),
    "as_expected": Symbol("#f4f2ec"),
    "less": Symbol("#bcd7ec", "level", "#2166ac"),
    "much_less": Symbol("#4a8fc4", "level", "#ffffff"),
    "up": Symbol("#e07b39", "up", "#3d1600"),
    "down": Symbol("#9ccbd9", "down", "#0b3c49"),
    "unclear": Symbol("#f4f2ec"),
}

# What a building is: houses light, flats in between, work dark, so that they keep apart in grey;
# within a family the mark says which. A type looks the same on every map.
_BUILDINGS = {
    "building_detached": Symbol("#dfe8a6", "grid", "#4f6b1c"),
    "building_semi_detached": Symbol("#d3eab4", "plus", "#2f6b2c"),
    "building_end_terrace": Symbol("#bfe0ab", "upright", "#2f6b2c"),
    "building_mid_terrace": Symbol("#c4e3b2"),
    "building_flat_low": Symbol("#90b3e0", "upright", "#10305c"),
    "building_flat_high": Symbol("#3b6fb5", "grid", "#ffffff"),
    "building_flat": Symbol("#6c9ad2"),
    "building_maisonette": Symbol("#8a98dc", "plus", "#15205c"),
    "building_above_shop": Symbol("#8a2f5a"),
    "building_business": Symbol("#7a4a1e", "upright", "#ffffff"),
    "building_industrial": Symbol("#4a2f1a", "grid", "#e8c9a8"),
    "building_garage": Symbol("#6b4a2a", "plus", "#ffffff"),
    "building_houseboat": Symbol("#bfe8ea", "steep", "#0f5f66"),
    "building_caravan": Symbol("#e59a55", "steep", "#4a2400"),
    "building_unknown": Symbol("#6e6e6e", "steep", "#ffffff"),
    "building_other": Symbol("#a8a8a8", "diamonds", "#222222"),
    "building_tie": Symbol("#fff0b8", "diamonds", "#6f5a00"),
}

_STATUSES = {
    "zero": Symbol("#ffffff"),
    # Quiet, for what is not told must not be what one sees first.
    "withheld": Symbol("#e3e3e3", "crosses", "#7c7c7c"),
    "missing": Symbol("#ffffff", "stipple", "#6b6b6b"),
    # Without a mark these would be one more class in grey print.
    "not_applicable": Symbol("#ecece8", "dashes", "#7f7f78"),
    "undetermined": Symbol("#f4f2ec", "diamonds", "#6f6a5e"),
    "water": Symbol("#d3e8f5", "waves", "#7fb2d4"),
    "uncertain": Symbol("#ffffff", "slanted", "#3a3a3a"),
}


def scale(name: str, classes: int) -> list[str]:
    """Names of symbols for a sequential scale, from light to dark.

    With fewer than five classes the darkest stays in: the top class always stands out.
    """
    steps = len(_SCALES[name])
    if classes == 1:
        return [f"{name}_{steps // 2}"]
    chosen = [round(step * (steps - 1) / (classes - 1)) for step in range(classes)]
    return [f"{name}_{step}" for step in chosen]


def symbols() -> dict[str, dict[str, str]]:
    """Every symbol by name, for the page."""
    scales = {
        f"{name}_{step}": Symbol(fill)
        for name, fills in _SCALES.items()
        for step, fill in enumerate(fills)
    }
    return {
        name: asdict(symbol)
        for name, symbol in (scales | _CLASSES | _BUILDINGS | _STATUSES).items()
    }
