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


# Sequential scales: ColorBrewer (Brewer and Harrower), rising in darkness from class to class, so
# that they also read in grey print. Each measure has its own hue: a rate is no count.
_SCALES = {
    "rate": ("#ffffb2", "#fecc5c", "#fd8d3c", "#e8351f", "#a1001f"),
    "count": ("#f2f0f7", "#cbc9e2", "#9e9ac8", "#756bb1", "#4a1a83"),
    "density": ("#fdeae6", "#fbb4b9", "#f768a1", "#c51b8a", "#6a0168"),
    "rank": ("#faf7ea", "#fee391", "#fe9929", "#cc4c02", "#7f2704"),
    "context": ("#edf8f0", "#b2dfc0", "#66b588", "#26824f", "#00441b"),
}

# More than expected carries dots, less than expected carries level lines, whatever the theme.
_CLASSES = {
    "hot_99": Symbol("#8f0d17", "dots", "#ffffff"),
    "hot_95": Symbol("#dd4135", "dots", "#ffffff"),
    "hot_90": Symbol("#fcbba1", "dots", "#8f0d17"),
    "none": Symbol("#f4f2ec"),
    "cold_90": Symbol("#d6e6f4", "level", "#2166ac"),
    "cold_95": Symbol("#7fb4dc", "level", "#ffffff"),
    "cold_99": Symbol("#2a6fb0", "level", "#ffffff"),
    "high_high": Symbol("#b3151f", "dots", "#ffffff"),
    "high_low": Symbol("#fdae6b", "plus", "#7f2704"),
    "low_high": Symbol("#d6e6f4", "plus", "#2166ac"),
    "low_low": Symbol("#5b9bcf", "level", "#ffffff"),
    "much_more": Symbol("#a8321c", "dots", "#ffffff"),
    "more": Symbol("#f5a582", "dots", "#7a1f10"),
    "as_expected": Symbol("#f4f2ec"),
    "less": Symbol("#bcd7ec", "level", "#2166ac"),
    "much_less": Symbol("#4a8fc4", "level", "#ffffff"),
    "up": Symbol("#e07b39", "up", "#3d1600"),
    "down": Symbol("#9ccbd9", "down", "#0b3c49"),
    "unclear": Symbol("#f4f2ec"),
}

_STATUSES = {
    "zero": Symbol("#ffffff"),
    "withheld": Symbol("#d4d4d4", "crosses", "#5c5c5c"),
    "missing": Symbol("#ffffff", "stipple", "#6b6b6b"),
    # Without a mark it is one more class in grey print.
    "not_applicable": Symbol("#e6e6e2", "dashes", "#7d7d76"),
    "water": Symbol("#cfe6f5"),
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
    return {name: asdict(symbol) for name, symbol in (scales | _CLASSES | _STATUSES).items()}
