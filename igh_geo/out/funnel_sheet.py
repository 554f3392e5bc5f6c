"""The funnel in the workbook: rates against the size of the area, within the limits of chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from igh_geo.out import reading
from igh_geo.out.book import Book, write_table
from igh_geo.out.columns import COUNT, RATE
from igh_geo.out.excel_text import chart_text
from igh_geo.policy.publication import FunnelLimits, Publication
from igh_geo.policy.wording import denominator

# Left to right: limit, colour and dash. The outer limits are the ones that count.
LINES = (
    ("high_998", "#7A2E12", "solid"),
    ("high_95", "#7A2E12", "dash"),
    ("low_95", "#1F4E79", "dash"),
    ("low_998", "#1F4E79", "solid"),
)
# A line looks smooth at this many points.
MOST_POINTS = 60


def write_funnel(book: Book, publication: Publication) -> None:
    """Write a sheet with the funnel as a chart, and the figures it is drawn from.

    Parameters
    ----------
    book : Book
    publication : Publication
        Without ``funnel``, or with fewer than two areas with a rate, there is no sheet.
    """
    areas = publication.areas
    shown = areas[areas["funnel_class"].notna() & areas["rate"].notna()]
    limits = publication.funnel
    if limits is None or len(shown) < 2:
        return
    sheet = book.sheet(book.texts("workbook.sheet.funnel"))
    name = sheet.get_name()
    n_areas = _write_areas(book, sheet, shown, publication)
    unit = denominator(publication.lens, book.texts)
    n_points = _write_limits(book, sheet, limits, unit=unit)
    chart = book.file.add_chart({"type": "scatter", "subtype": "straight"})
    for column, (limit, colour, dash) in enumerate(LINES, start=6):
        chart.add_series(
            {
                "name": book.texts(f"workbook.funnel.{limit}"),
                "categories": [name, 1, 5, n_points, 5],
                "values": [name, 1, column, n_points, column],
                "marker": {"type": "none"},
                "line": {"color": colour, "width": 1.25, "dash_type": dash},
            }
        )
    chart.add_series(
        {
            "name": book.texts("workbook.funnel.average"),
            "categories": [name, 1, 5, n_points, 5],
            "values": [name, 1, 10, n_points, 10],
            "marker": {"type": "none"},
            "line": {"color": "#595959", "width": 1},
        }
    )
    chart.add_series(
        {
            "name": reading.level_name(book.texts, reading.level_of(publication)).capitalize(),
            "categories": [name, 1, 1, n_areas, 1],
            "values": [name, 1, 2, n_areas, 2],
            "marker": {"type": "circle", "size": 6, "fill": {"color": "#000000"}},
            "line": {"none": True},
        }
    )
    texts = book.texts
    rate_unit = reading.unit(texts, publication.lens, publication.noun, rate=True)
    axis = texts("workbook.funnel.axis", unit=unit)
    # Sizes differ by factors: on a plain axis the small areas would lie on top of each other.
    chart.set_x_axis(
        {"name": chart_text(axis), "log_base": 10, "num_format": COUNT, **_span(shown)}
    )
    # Of a very small area chance explains any rate: its limits would flatten all the others.
    highest = 1.25 * float(shown["rate"].max())
    # Where nothing happened the limits are all there is, and an axis from 0 to 0 is none.
    top = {"max": highest} if highest > 0 else {}
    chart.set_y_axis({"name": chart_text(rate_unit), "min": 0, "num_format": RATE, **top})
    chart.set_title({"name": chart_text(publication.lens.title), "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 860, "height": 520})
    sheet.insert_chart(1, 12, chart, {"description": texts("workbook.funnel.words")})
    words = texts("workbook.funnel.words")
    sheet.write_string(28, 12, words, book.format(italic=True))


def _span(shown: pd.DataFrame) -> dict[str, float]:
    """Ends of the axis of sizes: powers of ten around those of the areas."""
    size = shown["denominator"].astype(float)
    least, most = size.min(), size.max()
    low = high = 1.0
    while low > least:
        low /= 10
    while low * 10 <= least:
        low *= 10
    while high < most:
        high *= 10
    return {"min": low, "max": max(high, 10 * low), "crossing": low}


def _write_areas(
    book: Book,
    sheet: Any,  # noqa: ANN401
    shown: pd.DataFrame,
    publication: Publication,
) -> int:
    texts = book.texts
    ordered = shown.sort_values("denominator", kind="stable")
    rows = [
        [
            str(row["name"]),
            float(row["denominator"]),
            float(row["rate"]),
            texts(f"funnel_class.{row['funnel_class']}"),
        ]
        for row in ordered.to_dict("records")
    ]
    unit = reading.unit(texts, publication.lens, publication.noun, rate=True)
    columns = [
        (texts("workbook.column.name"), 30.0, None),
        (denominator(publication.lens, texts).capitalize(), 14.0, COUNT),
        (unit.capitalize(), 16.0, RATE),
        (texts("workbook.column.funnel_class"), 38.0, None),
    ]
    write_table(book, sheet, columns, rows=rows, named=True)
    return len(rows)


def _write_limits(
    book: Book,
    sheet: Any,  # noqa: ANN401
    limits: FunnelLimits,
    *,
    unit: str,
) -> int:
    """The lines of the chart, to the right of the areas."""
    texts = book.texts
    taken = np.linspace(0, len(limits.curve) - 1, min(MOST_POINTS, len(limits.curve)))
    # With both ends: the lines reach the smallest and the largest area.
    curve = limits.curve.iloc[taken.round().astype(int)]
    grey = book.format(font_color="#595959", num_format=RATE)
    heads = ["denominator", *(limit for limit, _, _ in LINES)]
    columns = {
        5: (texts("workbook.funnel.line", unit=unit), curve["denominator"]),
        **{
            number: (texts(f"workbook.funnel.{name}"), curve[name])
            for number, name in enumerate(heads[1:], start=6)
        },
        10: (texts("workbook.funnel.average"), pd.Series(limits.target, index=curve.index)),
    }
    for number, (head, values) in columns.items():
        sheet.write_string(0, number, head, book.format(bold=True, text_wrap=True))
        for i, value in enumerate(values.to_numpy(dtype=float), start=1):
            sheet.write_number(i, number, float(value), grey)
    return len(curve)
