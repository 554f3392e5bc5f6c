"""Cases by calendar month as bars from zero, and in words."""

from __future__ import annotations

from html import escape

import pandas as pd
from markupsafe import Markup

from igh_geo.out.charts import NOW, TEXT_MM, box, write
from igh_geo.out.phenomenon.tables import SIGNS
from igh_geo.policy.factors import Season
from igh_geo.policy.phenomenon_words import CLEAR
from igh_geo.texts import Texts

MONTHS = range(1, 13)


def months_chart(
    counts: pd.Series, texts: Texts, *, size_mm: tuple[float, float] = (92.0, 34.0)
) -> Markup:
    """Twelve bars with their numbers; a month that is withheld has its sign and no bar.

    Parameters
    ----------
    counts : pandas.Series
        Index 1 to 12, missing where withheld.
    texts : Texts
    size_mm : tuple of float
    """
    width, height = size_mm
    step, base, top = width / 12, height - 4.5, 4.0
    numbers = counts.reindex(MONTHS).astype("Float64")
    most = max(float(numbers.max()), 1.0) if numbers.notna().any() else 1.0
    body = []
    for month in MONTHS:
        middle = (month - 0.5) * step
        name = texts(f"month_short.{month}")
        body.append(write(middle, height - 0.8, name, anchor="middle"))
        number = numbers[month]
        if pd.isna(number):
            body.append(write(middle, base - 0.8, SIGNS["withheld"], anchor="middle", size=4.0))
            continue
        tall = float(number) / most * (base - top)
        frame = (middle - 0.35 * step, base - tall, 0.7 * step, tall)
        body.append(box(frame, f'fill="{NOW}"'))
        body.append(
            write(
                middle,
                base - tall - 0.8,
                texts.number(float(number)),
                anchor="middle",
                size=TEXT_MM,
            )
        )
    body.append(f'<path d="M0 {base}H{width}" stroke="#555" stroke-width="0.2"/>')
    said = escape(_numbers(numbers, texts))
    return Markup(  # noqa: S704 - every text is escaped here
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{said}">{"".join(body)}</svg>'
    )


def months_words(season: Season, texts: Texts) -> str:
    """Whether the months differ by more than chance."""
    if season.p is None:
        return texts("phenomenon.months.untested")
    return texts("phenomenon.months." + ("clear" if season.p < CLEAR else "unclear"))


def _numbers(numbers: pd.Series, texts: Texts) -> str:
    told = [
        f"{texts(f'month.{month}')} "
        + (texts("status.withheld") if pd.isna(number) else texts.number(float(number)))
        for month, number in numbers.items()
    ]
    return f"{texts('phenomenon.table.months')}: {'; '.join(told)}"
