"""The map page: one HTML file, drawn with folium, complete without a network."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

import folium
import geopandas as gpd
from branca.element import Figure
from folium.template import Template

from igh_geo.out import reading
from igh_geo.out.map.offline import as_json, asset, fill, library, own_scripts, styles, with_policy
from igh_geo.out.map.payload import payload
from igh_geo.out.map.surroundings import host_of
from igh_geo.out.map.themes import unit
from igh_geo.out.margins import running_style
from igh_geo.policy.imprint import page_marks, publication_marks
from igh_geo.policy.publication import Publication
from igh_geo.rd import to_wgs84
from igh_geo.signs import upright
from igh_geo.texts import Texts, texts_for

MAP_ID = "areas"


class Page(Figure):
    """The frame of our page in place of folium's own, which has no language and no layout."""

    _template = Template(asset("page.html"))


class AreaMap(folium.Map):
    """A folium map that refers to no file elsewhere, with an id that is always the same.

    folium's own header forbids a reader to enlarge the page; ours has none.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - as folium declares it
    default_css: list[tuple[str, str]] = []  # noqa: RUF012
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        window.igh_map = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
        """
    )

    def get_name(self) -> str:
        """Id of the element: fixed, so that the same input gives the same bytes."""
        return f"map_{MAP_ID}"


def write_map(publication: Publication, path: Path) -> None:
    """Write the map page of a lens.

    Parameters
    ----------
    publication : Publication
        All that the audience may see; the page holds nothing else. The same publication gives
        the same bytes.
    path : Path
        The HTML file.

    Notes
    -----
    folium evaluates what it renders as a template, so it only gets the empty map. Texts and
    data are filled in afterwards: texts escaped, data as JSON in an element that is not run.
    """
    path.write_text(map_page(publication), encoding="utf-8", newline="\n")


def map_page(publication: Publication) -> str:
    """The map page of a lens as HTML; see `write_map`."""
    texts = texts_for(publication.lens)
    figure = Page()
    figure.add_child(_empty_map(publication.areas))
    values = _texts_of_page(publication, texts) | {
        "data": as_json(payload(publication, texts)),
        "styles": f"{styles()}\n{running_style(publication, texts)}",
        "library": library(),
        "scripts": own_scripts(),
    }
    page = upright(fill(figure.render(), values))
    return with_policy(page, pictures=host_of(publication.lens))


def _empty_map(areas: gpd.GeoDataFrame) -> AreaMap:
    left, bottom, right, top = areas.total_bounds
    lon, lat = to_wgs84([(left + right) / 2], [(bottom + top) / 2])
    drawn = AreaMap(
        location=[round(float(lat[0]), 5), round(float(lon[0]), 5)],
        zoom_start=11,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        # Quarter steps let the areas fill the frame; without animation the canvas is never
        # stretched, and nobody who asked for less motion gets any.
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=120,
        zoom_animation=False,
        fade_animation=False,
    )
    drawn.options |= {"minZoom": 6, "maxZoom": 19}
    return drawn


def _texts_of_page(publication: Publication, texts: Texts) -> dict[str, str]:
    lens = publication.lens
    words = {f"page_{key}": text for key, text in texts.section("map.page").items()}
    return {name: html.escape(text) for name, text in words.items()} | {
        "language": lens.language,
        "title": html.escape(lens.title),
        "question": html.escape(lens.question),
        "beside": _beside(publication, texts),
        "period": html.escape(_period(publication, texts)),
        "audience": html.escape(_audience(publication, texts)),
        "destroy_by": _tags(page_marks(publication, texts)[1:]),
        "sample": _sample(publication, texts),
        "summary": _paragraphs(_summary(publication, texts)),
        "pattern": _paragraphs(publication.overall),
        "has_pattern": "" if publication.overall else "hidden",
        "notes": _items(publication.notes),
        "has_notes": "" if publication.notes else "hidden",
        "reading_heading": html.escape(
            words["page_reading" if publication.interpretation else "page_limits"]
        ),
        "reading": _reading(publication, texts),
        "foot": html.escape(publication.limits[0] if publication.limits else ""),
        "method": _items(_method(publication, texts)),
        "sources": _sources(publication, texts),
        "made": html.escape(f"{_made(publication, texts)} {_basis(publication, texts)}".rstrip()),
    }


def _reading(publication: Publication, texts: Texts) -> str:
    """How to read the map, in parts under headings of their own."""
    told = publication.interpretation
    if told is None:
        return f"<ul>{_items(publication.limits)}</ul>"
    return "".join(
        f'<div class="{name}"><h3>{html.escape(texts(f"interpretation.heading.{name}"))}</h3>'
        f"<ul>{_items(lines)}</ul></div>"
        for name, lines in vars(told).items()
        if lines
    )


def _sources(publication: Publication, texts: Texts) -> str:
    if not publication.sources:
        return ""
    said = html.escape("; ".join(publication.sources))
    return f"<strong>{html.escape(texts('map.page.sources'))}:</strong> {said}."


def _period(publication: Publication, texts: Texts) -> str:
    period = publication.lens.period
    now = texts.period(period.start, period.end)
    before = period.before()
    if before is None or publication.total.previous is None:
        return texts("map.page.period_only", period=now)
    return texts("map.page.period", period=now, previous=texts.period(*before))


def _audience(publication: Publication, texts: Texts) -> str:
    return page_marks(publication, texts)[0]


def _tags(words: Iterable[str]) -> str:
    return "".join(f'<span class="tag">{html.escape(word)}</span>' for word in words)


def _basis(publication: Publication, texts: Texts) -> str:
    """Purpose and legal basis, where the lens names them."""
    _, *said = publication_marks(publication, texts)
    return " ".join(f"{words}." for words in said if words not in page_marks(publication, texts))


def _beside(publication: Publication, texts: Texts) -> str:
    """The way to the page on buildings, where there is one."""
    if publication.phenomenon is None:
        return ""
    return (
        f' <a class="beside" href="phenomenon.html">{html.escape(texts("map.page.buildings"))}</a>'
    )


def _sample(publication: Publication, texts: Texts) -> str:
    if not publication.lens.sample:
        return ""
    return f'<span class="tag sample">{html.escape(texts("reading.sample.label"))}</span>'


def _summary(publication: Publication, texts: Texts) -> list[str]:
    total, noun = publication.total, publication.noun
    said = [texts("map.say.count", count=texts.number(total.count), noun=noun) + "."]
    if total.rate is not None:
        said.append(
            texts(
                "map.say.rate",
                rate=texts.rate(total.rate),
                noun=noun,
                unit=unit(publication, texts),
                low=texts.rate(total.ci_low),
                high=texts.rate(total.ci_high),
            )
            + "."
        )
    elif reading.has_rate(publication):
        said.append(texts("map.say.rate_withheld"))
    said.append(reading.total_change(publication, texts))
    return said


def _method(publication: Publication, texts: Texts) -> list[str]:
    return [*reading.how_made(publication, texts), texts("map.page.software")]


def _made(publication: Publication, texts: Texts) -> str:
    return f"{reading.deliveries(publication, texts)} {reading.made(publication, texts)}".lstrip()


def _items(lines: Iterable[str]) -> str:
    return "".join(f"<li>{html.escape(line)}</li>" for line in lines)


def _paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines)
