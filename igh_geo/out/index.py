"""The index page: every theme beside the others, by district."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from igh_geo.out import charts, reading
from igh_geo.out.templates import asset, environment
from igh_geo.policy.publication import Publication
from igh_geo.policy.wording import noun
from igh_geo.signs import upright
from igh_geo.texts import Texts

FILES = {"map": "map.html", "briefing": "briefing.html", "tables": "tables.xlsx"}
# Linked where the lens looks at buildings.
OF_BUILDINGS = {"phenomenon": "phenomenon.html"}
# Linked where they are there.
ON_PAPER = {"pdf": "map.pdf", "png": "map.png"}
# More columns than this do not fit a landscape A4 in letters one can read.
MOST_COLUMNS = 5


@dataclass(frozen=True)
class Cell:
    """One theme in one district, in words."""

    number: str = ""
    interval: str = ""
    mark: Markup | None = None
    times: str = ""
    change: str = ""
    ratio: str = ""
    status: str = ""
    is_clear: bool = False


@dataclass(frozen=True)
class Theme:
    """A lens: its heading, its links, and what is said of the whole.

    ``noun`` is what is counted in the language of the page; a word that a lens in another
    language chose for itself stays as it is.
    """

    publication: Publication
    noun: str
    links: list[tuple[str, str]]
    unit: str
    period: str
    previous: str
    level: str
    total: str
    facts: str


@dataclass(frozen=True)
class Matrix:
    """Themes of one study area side by side."""

    heading: str
    themes: list[Theme]
    level: str
    rows: list[tuple[str, bool, list[Cell]]]


def write_index(publications: Sequence[Publication], path: Path) -> None:
    """Write the index of themes by district: one self-contained HTML file.

    Rows are the user's own districts where a lens names them, otherwise wijken, otherwise
    gemeenten. Themes of study areas that have nothing in common come in tables of their own.
    The page has one language: that of the first publication.

    Parameters
    ----------
    publications : sequence of Publication
        In the order in which they are shown. Reads ``levels``, ``total``, ``lens``.
    path : Path
        The file to write; the folder of each lens stands beside it under the lens's name.

    Raises
    ------
    ValueError
        When there are no publications.
    OSError
        When the file cannot be written.
    """
    page = render(publications, folder=path.parent)
    path.write_text(upright(page), encoding="utf-8", newline="\n")


def render(publications: Sequence[Publication], *, folder: Path | None = None) -> str:
    """The index page as text; see ``write_index``.

    Parameters
    ----------
    publications : sequence of Publication
    folder : Path, optional
        Where the folders of the lenses stand, to see which pages for paper there are.
    """
    if not publications:
        raise ValueError("an index needs at least one publication; run a lens first")
    texts = Texts(publications[0].lens.language)
    # Of what is encrypted no figure stands here.
    locked = [_locked(one, texts) for one in publications if one.lens.is_sealed]
    in_the_open = [one for one in publications if not one.lens.is_sealed]
    themes = [_theme(publication, texts, folder) for publication in in_the_open]
    matrices: list[Matrix] = []
    for group in _groups(in_the_open):
        chosen = [themes[i] for i in group]
        matrices.extend(
            _matrix(chosen[start : start + MOST_COLUMNS], texts)
            for start in range(0, len(chosen), MOST_COLUMNS)
        )
    made_on = max(publication.made_on for publication in publications)
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            language=texts.language,
            t=texts,
            css=asset("index.css"),
            themes=themes,
            locked=locked,
            matrices=matrices,
            is_sample=any(publication.lens.sample for publication in in_the_open),
            audiences=sorted({publication.lens.audience for publication in publications}),
            guide=[texts(f"index.guide.{i}") for i in range(1, 7)],
            example=charts.ratio(1.8, 1.3, 2.5, label=texts("index.mark_example")),
            made_on=texts("index.made_on", day=texts.date(made_on)),
        )
    )


def row_level(publications: Sequence[Publication]) -> str | None:
    """Level of the rows: districts, otherwise wijken, otherwise gemeenten; None without any."""
    for level in ("district", "wijk", "gemeente", "parent"):
        if any(level in publication.levels for publication in publications):
            return level
    return None


def _groups(publications: Sequence[Publication]) -> list[list[int]]:
    """Numbers of publications that can share rows: they have at least one place in common."""
    groups: list[tuple[set[str], list[int]]] = []
    for i, publication in enumerate(publications):
        level = row_level([publication])
        rows = publication.areas if level is None else publication.levels[level]
        places = {f"{level} {code}" for code in rows.index}
        members, seen = [i], set(places)
        apart = []
        for other_places, others in groups:
            if other_places & places:
                members, seen = [*others, *members], seen | other_places
            else:
                apart.append((other_places, others))
        groups = [*apart, (seen, members)]
    return sorted((sorted(members) for _, members in groups), key=lambda members: members[0])


def _theme(publication: Publication, texts: Texts, folder: Path | None) -> Theme:
    lens = publication.lens
    before = lens.period.before()
    has_previous = publication.total.previous is not None and before is not None
    level = reading.level_of(publication)
    is_same = lens.language == texts.language
    things = publication.noun if is_same else noun(lens, texts)
    n = len(publication.areas)
    return Theme(
        publication=publication,
        noun=things,
        links=_links(lens.name, _files(publication) | _on_paper(lens.name, folder), texts),
        unit=reading.unit(texts, lens, things, rate=reading.has_rate(publication)),
        period=texts.period(lens.period.start, lens.period.end),
        previous=texts("index.against", period=texts.period(*before))
        if has_previous and before
        else texts("index.no_previous"),
        level=reading.number_of_areas(texts, n, level),
        total=texts("index.total", count=texts.number(publication.total.count), noun=things),
        facts=reading.total_change(replace(publication, noun=things), texts),
    )


def _locked(publication: Publication, texts: Texts) -> tuple[str, list[tuple[str, str]]]:
    """Name and links of a result that opens with a passphrase only; its title may tell."""
    name = publication.lens.name
    return name, _links(name, _files(publication), texts)


def _files(publication: Publication) -> dict[str, str]:
    return FILES | (OF_BUILDINGS if publication.phenomenon is not None else {})


def _on_paper(name: str, folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {}
    return {key: file for key, file in ON_PAPER.items() if (folder / name / file).is_file()}


def _links(name: str, files: Mapping[str, str], texts: Texts) -> list[tuple[str, str]]:
    return [
        (texts(f"index.link.{key}"), f"{quote(name, safe='')}/{quote(file)}")
        for key, file in files.items()
    ]


def _matrix(themes: list[Theme], texts: Texts) -> Matrix:
    publications = [theme.publication for theme in themes]
    level = row_level(publications)
    whole = [_whole_cell(theme, texts) for theme in themes]
    rows = [(texts("reading.whole"), True, whole)]
    named: dict[str, str] = {}
    for publication in publications:
        if level in publication.levels:
            table = publication.levels[level]
            named |= {str(code): str(name) for code, name in table["name"].items()}
    repeated = {name for name in named.values() if list(named.values()).count(name) > 1}
    for code in sorted(named, key=lambda code: (code if level != "district" else "", named[code])):
        name = f"{named[code]} ({code})" if named[code] in repeated else named[code]
        rows.append((name, False, [_cell(theme, level, code, texts) for theme in themes]))
    titles = reading.level_name(texts, level or "district", plural=False)
    return Matrix(_heading(publications, texts), themes, titles, rows)


def _heading(publications: Sequence[Publication], texts: Texts) -> str:
    titles = [publication.lens.title for publication in publications]
    return reading.listing(texts, titles, most=MOST_COLUMNS)


def _whole_cell(theme: Theme, texts: Texts) -> Cell:
    total = theme.publication.total
    row = {
        "status": "shown",
        "rate_status": _rate_status(theme.publication),
        "count": total.count,
        "rate": total.rate,
        "ci_low": total.ci_low,
        "ci_high": total.ci_high,
        "previous_status": "shown" if total.previous is not None else "not_applicable",
        "previous": total.previous,
        "change": total.change,
        "change_ratio": total.ratio,
        "change_low": total.ratio_low,
        "change_high": total.ratio_high,
    }
    return _cell_of(theme, row, texts)


def _rate_status(publication: Publication) -> str:
    """Of the whole: it has no rate at all, or one that is withheld."""
    if publication.total.rate is not None:
        return "shown"
    return "withheld" if reading.has_rate(publication) else "not_applicable"


def _cell(theme: Theme, level: str | None, code: str, texts: Texts) -> Cell:
    table = theme.publication.levels.get(level or "")
    if table is None or code not in table.index:
        return Cell(status=texts("index.elsewhere"))
    return _cell_of(theme, {str(key): cell for key, cell in table.loc[code].items()}, texts)


def _cell_of(theme: Theme, row: dict[str, Any], texts: Texts) -> Cell:
    if row["status"] != "shown":
        return Cell(status=texts(f"status.{row['status']}"))
    publication = theme.publication
    count = reading.value(row, "count")
    number, interval, mark, times = texts.number(count), "", None, ""
    rate = reading.value(row, "rate") if row["rate_status"] == "shown" else None
    if reading.has_rate(publication) and rate is not None:
        low, high = reading.value(row, "ci_low"), reading.value(row, "ci_high")
        number = texts.rate(rate)
        interval = texts(
            "index.interval",
            low=texts.rate(low),
            high=texts.rate(high),
            count=texts.number(count),
            noun=theme.noun,
        )
        whole = publication.total.rate
        if whole and "smr" in row:
            times = reading.compare(texts, row)
            edges = (None if low is None else low / whole, None if high is None else high / whole)
            mark = charts.ratio(rate / whole, *edges, label=times)
    elif reading.has_rate(publication):
        # The same word as on the map: what is withheld is known, and not missing.
        is_withheld = row["rate_status"] == "withheld"
        interval = texts(
            "index.rate_withheld" if is_withheld else "index.count_only",
            noun=theme.noun,
            status=texts("status.withheld").lower(),
        )
    change, ratio = "", ""
    if publication.total.previous is not None:
        change = reading.change(texts, row)
        middle, low, high = (
            reading.value(row, name) for name in ("change_ratio", "change_low", "change_high")
        )
        if middle is not None and low is not None and high is not None:
            ratio = texts(
                "index.ratio",
                ratio=texts.number(middle, 2),
                low=texts.number(low, 2),
                high=texts.number(high, 2),
            )
    is_clear = reading.text(row, "change") in ("up", "down")
    return Cell(number, interval, mark, times, change, ratio, "", is_clear)
