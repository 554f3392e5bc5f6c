from __future__ import annotations

import dataclasses
import io
import re
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from igh_geo.out.map.payload import payload
from igh_geo.out.map.symbols import symbols
from igh_geo.out.paper.content import numbers_of, sheet_content, theme_of, with_map
from igh_geo.out.paper.drawing import draw_map
from igh_geo.out.paper.labels import number_size, place
from igh_geo.out.paper.legend import legend_rows
from igh_geo.out.paper.letters import UNKNOWN, outline, printable, width
from igh_geo.out.paper.patterns import MARKS, PT_PER_PX, marks_over
from igh_geo.out.picture import picture, write_picture
from igh_geo.policy.publication import Publication, Surroundings
from igh_geo.texts import Texts, texts_for

THEMES = ("rate_smoothed", "rate", "count", "density", "gi", "cells", "lisa", "excess", "rank")
ROOM_MM = (180.0, 140.0)


@pytest.fixture(scope="module")
def drawn(publication: Publication) -> bytes:
    return picture(publication)


def pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def share_of(png: bytes, fill: str) -> float:
    colour = [int(fill[i : i + 2], 16) for i in (1, 3, 5)]
    here = [pixels(png)[..., band] == level for band, level in enumerate(colour)]
    return float((here[0] & here[1] & here[2]).mean())


def drawing_of(publication: Publication, key: str | None = None) -> str:
    texts = texts_for(publication.lens)
    return draw_map(publication, theme_of(publication, texts, key), room_mm=ROOM_MM, numbers={}).svg


def test_picture_is_a4_in_landscape_at_200_pixels_to_the_inch(drawn: bytes) -> None:
    high, wide, _ = pixels(drawn).shape
    assert (wide, high) == (2339, 1654)


def test_picture_is_the_same_every_time_and_names_no_day_or_program(
    publication: Publication, drawn: bytes
) -> None:
    assert picture(publication) == drawn
    chunks = set(re.findall(rb"(tEXt|iTXt|zTXt|tIME|eXIf)", drawn))
    assert chunks == set()


@pytest.mark.parametrize("key", ["rate_smoothed", "gi", "rank"])
def test_picture_shows_every_class_that_has_areas_in_its_own_colour(
    publication: Publication, key: str
) -> None:
    theme = theme_of(publication, texts_for(publication.lens), key)
    png = picture(publication, theme=key)
    known = symbols()
    for number, (label, symbol) in enumerate(theme.classes):
        n_areas = theme.codes.count(str(number))
        # A swatch in the legend covers a two-thousandth of the sheet; an area of 48 one per cent.
        least = 0.002 * n_areas if n_areas else 0.0002
        assert share_of(png, known[symbol]["fill"]) > least, label


@pytest.mark.parametrize("key", THEMES)
def test_legend_is_that_of_the_page(publication: Publication, key: str) -> None:
    texts = texts_for(publication.lens)
    page = next(one for one in payload(publication, texts)["themes"] if one["key"] == key)
    rows = legend_rows(publication, theme_of(publication, texts, key), texts)
    labels = {row.label: row.count for row in rows}
    for number, (label, _) in enumerate(page["classes"]):
        assert labels[label] == texts.number(page["codes"].count(str(number)))
    for code, status in {"w": "withheld", "m": "missing", "n": "not_applicable"}.items():
        n = page["codes"].count(code)
        assert labels.get(texts(f"status.{status}"), "") == (texts.number(n) if n else "")
    hatched = page["uncertain"].count("1")
    assert (texts("map.page.uncertain") in labels) == bool(hatched)
    assert texts("map.page.water") in labels


def test_marks_are_those_of_the_page() -> None:
    script = (resources.files("igh_geo.out.map") / "assets" / "symbols.js").read_text("utf-8")
    body = script[script.index("const MARKS") : script.index("const tiles")]
    on_page = {}
    for name, drawing in re.findall(r"(\w+)\(draw\) \{(.*?)return", body, re.DOTALL):
        calls = re.findall(r"draw\.(\w+)\(([^)]*)\)", drawing)
        strokes = {(kind, tuple(float(n) for n in numbers.split(","))) for kind, numbers in calls}
        side = re.search(rf"{name}\(draw\).*?return (\d+)", body, re.DOTALL)
        on_page[name] = (float(side.group(1)), strokes)
    ours = {name: (float(side), set(strokes)) for name, (side, strokes) in MARKS.items()}
    corners = {("line", (-1.0, 1.0, 1.0, -1.0)), ("line", (6.0, 8.0, 8.0, 6.0))}
    on_page["slanted"] = (on_page["slanted"][0], on_page["slanted"][1] - corners)
    assert ours == on_page


def test_every_mark_of_a_symbol_can_be_drawn() -> None:
    assert {symbol["mark"] for symbol in symbols().values()} - {""} <= set(MARKS)


def test_marks_cover_a_shape_and_hardly_more() -> None:
    square = np.array([shapely.box(0, 0, 30, 30)], dtype=object)
    # Dots: two to a square of 10 pixels of 0.6 pt, so 5 by 5 squares and a border of squares.
    found = marks_over("dots", square)
    side = 10 * PT_PER_PX
    assert side == pytest.approx(6.0)
    assert 2 * 5 * 5 <= len(found) <= 2 * 7 * 7
    centres = np.array([outline.mean(axis=0) for outline in found])
    assert centres.min() > -2 * side
    assert centres.max() < 30 + 2 * side


def test_same_place_carries_the_same_marks_in_every_shape() -> None:
    left = np.array([shapely.box(0, 0, 30, 30)], dtype=object)
    both = np.array([shapely.box(0, 0, 30, 30), shapely.box(30, 0, 60, 30)], dtype=object)
    first = {tuple(map(tuple, outline)) for outline in marks_over("crosses", left)}
    assert first <= {tuple(map(tuple, outline)) for outline in marks_over("crosses", both)}


def square_areas(columns: int, side_pt: float) -> Any:
    return np.array(
        [
            shapely.box(side_pt * i, side_pt * j, side_pt * (i + 1), side_pt * (j + 1))
            for j in range(columns)
            for i in range(columns)
        ],
        dtype=object,
    )


@pytest.mark.parametrize("side_pt", [12.0, 25.0, 60.0])
def test_numbers_and_names_never_touch_one_another(side_pt: float) -> None:
    shapes = square_areas(6, side_pt)
    names = pd.Series(["Oud-Zuid", "Centrum", "De Wierden en omstreken", ""] * 9)
    numbers = {row: str(row + 1) for row in range(0, 36, 2)}
    found = place(shapes, names, [], numbers=numbers, size_pt=(6 * side_pt, 6 * side_pt))
    boxes = []
    for label in found:
        is_number = label.kind == "number"
        wide, high = (
            number_size(label.text)
            if is_number
            else (label.size_pt * width(label.text), label.size_pt)
        )
        boxes.append(
            shapely.box(
                label.x - wide / 2, label.y - high / 2, label.x + wide / 2, label.y + high / 2
            )
        )
    assert boxes
    tree = shapely.STRtree(boxes)
    pairs = tree.query(boxes, predicate="overlaps")
    assert pairs.shape[1] == 0
    assert not any(label.text == "" for label in found)


def test_name_that_does_not_fit_in_its_area_is_left_out_unless_it_is_looked_for() -> None:
    shapes = square_areas(1, 20.0)
    names = pd.Series(["Buitengebied"])
    size = (60.0, 60.0)
    shapes = shapely.transform(shapes, lambda corners: corners + 20)
    assert place(shapes, names, [], numbers={}, size_pt=size) == []
    sought = place(shapes, names, [], numbers={}, first=[0], size_pt=size)
    assert [label.text for label in sought] == ["Buitengebied"]


def test_name_steps_aside_for_what_it_may_not_hide() -> None:
    shapes = square_areas(1, 60.0)
    names = pd.Series(["Centrum"])
    middle = (28.0, 28.0, 32.0, 32.0)
    (label,) = place(shapes, names, [], numbers={}, avoid=[middle], size_pt=(60.0, 60.0))
    assert abs(label.y - 30) - label.size_pt / 2 >= 2


def test_long_name_is_put_on_two_lines() -> None:
    shapes = square_areas(1, 45.0)
    names = pd.Series(["Verspreide huizen"])
    found = place(shapes, names, [], numbers={}, size_pt=(45.0, 45.0))
    assert [label.text for label in found] == ["Verspreide", "huizen"]
    assert found[0].y > found[1].y


def test_width_of_a_text_is_that_of_its_outline() -> None:
    for text in ("Súdwest-Fryslân", "€ 12,5 − ĳ"):
        corners, _ = outline(text)
        assert width(text) == pytest.approx(np.ptp(corners[:, 0]), rel=0.03)


@pytest.mark.parametrize("sign", ["ë", "é", "ĳ", "€", "−", "±", "²", "’", "–", "≥"])
def test_signs_of_dutch_can_be_printed(sign: str) -> None:
    assert printable(sign) == sign


@pytest.mark.parametrize("sign", ["日", "\U000f0000"])
def test_sign_that_the_font_does_not_have_is_shown_as_such(sign: str) -> None:
    assert printable(f"a{sign}b") == f"a{UNKNOWN}b"


def test_signs_that_steer_are_not_printed() -> None:
    assert "\u202e" not in printable("Noord\u202etsew")
    assert printable("a\nb\x07c\u2028d").isprintable()


def test_drawing_does_not_hang_on_the_settings_of_the_user(publication: Publication) -> None:
    areas = publication.areas.assign(carried_over=pd.NA)
    areas.loc[areas.index[:4], "carried_over"] = ["summed", "estimated", "summed", "estimated"]
    carried = dataclasses.replace(publication, areas=areas, carried_from=2020)
    usual = drawing_of(carried)
    settings = {"lines.scale_dashes": False, "svg.fonttype": "none", "path.simplify": True}
    with mpl.rc_context(settings):
        assert drawing_of(carried) == usual


@pytest.mark.parametrize("key", [*THEMES, "change"])
def test_every_theme_can_be_drawn(publication: Publication, key: str) -> None:
    svg = drawing_of(publication, key)
    assert svg.startswith("<?xml")
    assert svg.count("<clipPath") == svg.count("</clipPath>")


def test_drawing_holds_no_text_at_all(publication: Publication) -> None:
    # Names are outlines of letters: nothing of the data is read as anything else.
    svg = drawing_of(publication)
    assert "Buurt" not in svg
    assert "<text" not in svg
    assert "script" not in svg


def test_areas_lie_within_the_drawing_at_one_scale(publication: Publication) -> None:
    texts = texts_for(publication.lens)
    drawing = draw_map(publication, theme_of(publication, texts), room_mm=ROOM_MM, numbers={})
    left, bottom, right, top = publication.areas.total_bounds
    assert drawing.width_mm <= ROOM_MM[0] + 0.01
    assert drawing.height_mm <= ROOM_MM[1] + 0.01
    # The areas fill the drawing, but for a margin of 3 pt on every side.
    margin_mm = 2 * 3 * 25.4 / 72
    wide_mm = (right - left) * drawing.mm_per_m + margin_mm
    high_mm = (top - bottom) * drawing.mm_per_m + margin_mm
    assert drawing.width_mm == pytest.approx(wide_mm, abs=0.02)
    assert drawing.height_mm == pytest.approx(high_mm, abs=0.02)


def test_scale_bar_is_a_round_length_at_the_scale_of_the_map(publication: Publication) -> None:
    texts = texts_for(publication.lens)
    theme = theme_of(publication, texts)
    drawing = draw_map(publication, theme, room_mm=ROOM_MM, numbers={})
    content = sheet_content(publication, theme, texts, layout="picture", numbers={})
    scale = with_map(content, drawing, texts)["scale"]
    metres = {"500 m": 500, "1 km": 1000, "2 km": 2000}[scale["label"]]
    assert scale["length_mm"] == pytest.approx(metres * drawing.mm_per_m)
    assert 12 < scale["length_mm"] <= 36


def test_surroundings_are_drawn_quietly_and_told_in_the_legend(
    example: ModuleType, publication: Publication
) -> None:
    neighbours = example.example_areas()[["name", "is_water", "geometry"]].iloc[:3]
    neighbours = neighbours.set_geometry(neighbours.translate(xoff=-1800)).assign(is_water=False)
    around = dataclasses.replace(publication, surroundings=Surroundings(neighbours=neighbours))
    texts = texts_for(publication.lens)
    theme = theme_of(around, texts)
    assert texts("paper.around") in [row.label for row in legend_rows(around, theme, texts)]
    assert "#efefec" in drawing_of(around)
    assert "#efefec" not in drawing_of(publication)


def test_streets_are_drawn_only_where_there_is_room_between_them(
    publication: Publication,
) -> None:
    left, bottom, right, top = publication.areas.total_bounds
    line = shapely.LineString([(left, bottom), (right, top)])
    streets = gpd.GeoDataFrame({"name": ["Dwarsstraat"]}, geometry=[line], crs=28992)
    near = dataclasses.replace(publication, surroundings=Surroundings(streets=streets))
    theme = theme_of(near, texts_for(near.lens))
    # The areas are some five kilometres wide.
    large = draw_map(near, theme, room_mm=ROOM_MM, numbers={})
    small = draw_map(near, theme, room_mm=(50.0, 40.0), numbers={})
    assert "#6b6b66" in large.svg
    assert "#6b6b66" not in small.svg


def test_counts_carried_over_are_told_in_the_legend(publication: Publication) -> None:
    areas = publication.areas.assign(carried_over=pd.NA)
    areas.loc[areas.index[:3], "carried_over"] = ["summed", "estimated", "summed"]
    carried = dataclasses.replace(publication, areas=areas, carried_from=2020)
    texts = texts_for(publication.lens)
    rows = legend_rows(carried, theme_of(carried, texts), texts)
    told = [(row.label, row.count) for row in rows if "2020" in row.label]
    assert [count for _, count in told] == ["1", "2"]
    assert "schatting" in told[0][0]


def test_top_areas_are_numbered_where_the_theme_is(publication: Publication) -> None:
    texts = texts_for(publication.lens)
    numbers = numbers_of(publication, texts)
    assert list(numbers.values())[:3] == ["1", "2", "3"]
    first = publication.areas["rank"].astype(float).idxmin()
    assert next(iter(numbers)) == first


def test_unknown_theme_is_an_error(publication: Publication) -> None:
    with pytest.raises(KeyError, match="no_such_theme"):
        picture(publication, theme="no_such_theme")


def test_picture_of_one_area(publication: Publication) -> None:
    one = dataclasses.replace(
        publication, areas=publication.areas.iloc[[18]], cells=None, density=None, levels={}
    )
    assert picture(one).startswith(b"\x89PNG")


def test_picture_without_any_event_says_so_and_shows_zero(publication: Publication) -> None:
    areas = publication.areas.copy()
    areas["count"] = areas["count"].mask(areas["count"].notna(), 0.0)
    areas["rate"] = areas["rate"].mask(areas["rate"].notna(), 0.0)
    areas["rate_smoothed"] = areas["rate"]
    nothing = dataclasses.replace(
        publication,
        areas=areas,
        density=None,
        total=dataclasses.replace(publication.total, count=0),
    )
    texts = texts_for(publication.lens)
    rows = legend_rows(nothing, theme_of(nothing, texts), texts)
    assert rows[0].label == texts("map.class.zero")
    assert picture(nothing).startswith(b"\x89PNG")


def test_picture_of_a_theme_that_has_nothing_to_show_says_why(publication: Publication) -> None:
    texts = texts_for(publication.lens)
    bare = dataclasses.replace(publication, density=None)
    theme = theme_of(bare, texts, "density")
    content = sheet_content(bare, theme, texts, layout="picture", numbers={})
    assert content["legend"]["notes"][0] == theme.reason != ""
    assert picture(bare, theme="density").startswith(b"\x89PNG")


def test_picture_keeps_one_page_whatever_the_length_of_its_words(
    example: ModuleType, publication: Publication
) -> None:
    words = "Een titel die maar doorgaat " * 11
    long = dataclasses.replace(
        publication,
        lens=example.example_lens(title=words[:300], question=3 * words),
        notes=(4 * words,) * 3,
        limits=(4 * words,),
        sources=(4 * words,),
    )
    png = picture(long)
    high, wide, _ = pixels(png).shape
    assert (wide, high) == (2339, 1654)
    # The map is still there.
    assert share_of(png, symbols()["rate_4"]["fill"]) > 0.01


def test_picture_is_written_to_a_file(
    publication: Publication, drawn: bytes, tmp_path: Path
) -> None:
    write_picture(publication, tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes() == drawn


def test_words_of_the_sheet_are_there_in_both_languages() -> None:
    assert set(Texts("nl").section("paper")) == set(Texts("en").section("paper"))
