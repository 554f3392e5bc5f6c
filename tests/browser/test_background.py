from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from igh_geo.out.map import surroundings
from igh_geo.out.map.page import write_map
from igh_geo.policy.surroundings import Surroundings
from igh_geo.rd import to_wgs84

pytestmark = pytest.mark.browser

TEAL = (0, 128, 128)
IS_ON = "document.getElementById('background-source').hidden === false"
SAID = "document.getElementById('background-said').textContent"


def square_picture(colour: tuple[int, int, int]) -> bytes:
    """A PNG of 256 by 256 pixels of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\0" + bytes(colour) * 256) * 256
    head = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@dataclass
class Host:
    """A host of pictures on this machine, with what it was asked for."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    referrers: list[str | None] = field(default_factory=list)
    answers: bool = True


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    picture = square_picture(TEAL)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            made.referrers.append(self.headers.get("Referer"))
            self.send_response(200 if made.answers else 503)
            self.send_header("Content-Type", "image/png")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            if made.answers:
                self.wfile.write(picture)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page_of(example: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def make(tiles: str = surroundings.TILES, **changes: Any) -> Path:
        monkeypatch.setattr(surroundings, "TILES", tiles)
        lens = example.example_lens(**changes.pop("lens", {}))
        path = tmp_path / "map.html"
        write_map(replace(example.example_publication(), lens=lens, **changes), path)
        return path

    return make


@pytest.fixture
def online(chromium: str, browser: Any) -> Iterator[Callable[[Path], Any]]:
    """A browser that reaches this machine, and no name anywhere else."""
    own = browser.browser_type.launch(
        executable_path=chromium,
        args=[
            "--headless=new",
            "--no-sandbox",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ],
    )

    def visit(path: Path) -> Any:
        page = own.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path.as_uri())
        until(page, "window.igh_ready === true")
        return page

    yield visit
    own.close()


WITH_PDOK = {"map": {"background": "pdok"}}


def until(page: Any, expression: str) -> None:
    """Wait until an expression is true; what polls within the page is forbidden by its policy."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(expression)


def asked_elsewhere(visited: Any, host: str) -> list[str]:
    return [url for url in visited if not url.startswith(("file:", host))]


def test_page_without_background_asks_nothing_and_allows_no_picture(
    page_of: Callable[..., Path], visit: Any
) -> None:
    path = page_of()
    assert "img-src" not in path.read_text("utf-8")
    assert "service.pdok.nl" not in path.read_text("utf-8")
    visited = visit(path)
    assert [url for url in visited.requests if not url.startswith("file:")] == []
    assert visited.page.locator("#background").count() == 0


def test_policy_allows_pictures_of_the_one_host_and_nothing_else(
    page_of: Callable[..., Path],
) -> None:
    text = page_of(lens=WITH_PDOK).read_text("utf-8")
    assert "; img-src https://service.pdok.nl; " in text
    assert "default-src 'none'" in text
    assert "connect-src" not in text
    assert "brt/achtergrondkaart/wmts/v2_0/grijs/EPSG:3857/{z}/{x}/{y}.png" in text


def test_without_network_one_picture_is_asked_and_the_page_says_so_once(
    page_of: Callable[..., Path], visit: Any
) -> None:
    visited = visit(page_of(lens=WITH_PDOK))
    until(visited.page, f"{SAID} !== ''")
    page = visited.page
    assert page.evaluate(SAID) == "Achtergrondkaart niet bereikbaar: eigen ondergrond getoond."
    assert page.locator("#background").is_checked() is False
    assert page.locator("#background-source").is_hidden()
    page.locator("#zoom-in").click()
    page.locator("#fit").click()
    asked = [url for url in visited.requests if not url.startswith("file:")]
    assert len(asked) == 1
    assert asked[0].startswith("https://service.pdok.nl/brt/achtergrondkaart/wmts/v2_0/grijs/")
    # What the browser itself says of a picture that did not come, and nothing of ours.
    assert all("ERR_INTERNET_DISCONNECTED" in line for line in visited.complaints)


def test_pictures_lie_behind_areas_that_are_seen_through(
    page_of: Callable[..., Path], online: Any, host: Host
) -> None:
    page = online(
        page_of(f"{host.address}/{{style}}/{{{{z}}}}/{{{{x}}}}/{{{{y}}}}", lens=WITH_PDOK)
    )
    until(page, IS_ON)
    until(page, "document.querySelectorAll('.leaflet-tile-loaded').length > 3")
    assert page.locator("#background-source").text_content() == (
        "Achtergrond: Kadaster / PDOK, CC BY 4.0"
    )
    assert asked_elsewhere(page.asked, host.address) == []
    assert page.complaints == []
    assert all(path.startswith("/grijs/") for path in host.asked)
    assert set(host.referrers) == {None}
    least_opaque = """() => {
        const canvas = document.querySelector('.sheet canvas');
        const { data } = canvas.getContext('2d')
            .getImageData(canvas.width / 2 - 60, canvas.height / 2 - 60, 120, 120);
        let least = 255;
        for (let i = 3; i < data.length; i += 4) least = Math.min(least, data[i]);
        return least;
    }"""
    assert page.evaluate(least_opaque) < 200
    page.locator("#background").uncheck()
    until(page, "document.querySelectorAll('.leaflet-tile').length === 0")
    assert page.locator("#background-source").is_hidden()
    # Where two areas meet the browser leaves the edge of their fills a little open.
    assert page.evaluate(least_opaque) > 230


def test_paper_holds_the_pictures_and_names_their_source(
    page_of: Callable[..., Path], online: Any, host: Host
) -> None:
    page = online(
        page_of(f"{host.address}/{{style}}/{{{{z}}}}/{{{{x}}}}/{{{{y}}}}", lens=WITH_PDOK)
    )
    until(page, IS_ON)
    until(page, "document.querySelectorAll('.leaflet-tile-loaded').length > 3")
    teal = """() => {
        const paper = document.getElementById('paper');
        const [, red, green, blue] = [0, ...paper.getContext('2d').getImageData(20, 20, 1, 1).data];
        return [red, green, blue].join() === '0,128,128';
    }"""
    until(page, teal)
    page.emulate_media(media="print")
    assert page.locator("#background-source").is_visible()
    # Longer than the page waits before it draws the paper again.
    page.wait_for_timeout(700)
    assert page.evaluate(teal)


def test_network_that_goes_away_brings_back_the_own_ground(
    page_of: Callable[..., Path], online: Any, host: Host
) -> None:
    page = online(
        page_of(f"{host.address}/{{style}}/{{{{z}}}}/{{{{x}}}}/{{{{y}}}}", lens=WITH_PDOK)
    )
    until(page, IS_ON)
    host.answers = False
    page.evaluate("window.igh_map.setZoom(15)")
    until(page, f"{SAID} !== ''")
    assert page.locator("#background").is_checked() is False
    host.answers = True
    page.locator("#background").check()
    until(page, IS_ON)
    assert page.evaluate(SAID) == ""


def around(areas: gpd.GeoDataFrame) -> Surroundings:
    left, bottom, right, top = areas.total_bounds
    middle = (bottom + top) / 2
    lines = [
        shapely.linestrings([(left, middle), (right, middle)]),
        shapely.linestrings([((left + right) / 2, bottom), ((left + right) / 2, top)]),
    ]
    block = shapely.box((left + right) / 2 + 20, middle + 20, (left + right) / 2 + 60, middle + 50)
    return Surroundings(
        neighbours=gpd.GeoDataFrame(
            {"name": ["Elders {{7*7}} <b>", None], "is_water": [False, True]},
            geometry=[
                shapely.box(left - 9000, bottom, left, top),
                shapely.box(right, bottom, right + 9000, top),
            ],
            crs=areas.crs,
        ),
        streets=gpd.GeoDataFrame(
            {"name": ["'s-Gravenweg </script>", None]}, geometry=lines, crs=areas.crs
        ),
        buildings=gpd.GeoDataFrame(geometry=[block], crs=areas.crs),
    )


WRITTEN = """
    window.written = [];
    const paint = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.written.push(text);
        return paint.call(this, text, ...rest);
    };
"""


def test_neighbours_and_streets_are_drawn_and_named_where_that_helps(
    page_of: Callable[..., Path], browser: Any, example: Any
) -> None:
    path = page_of(surroundings=around(example.example_areas()))
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    context.add_init_script(WRITTEN)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    until(page, "window.igh_ready === true")
    page.evaluate("window.written.length = 0; window.igh_map.setZoom(11.5)")
    until(page, "window.written.includes('Elders {{7*7}} <b>')")
    whole = page.evaluate("window.written.slice()")
    assert "'s-Gravenweg </script>" not in whole
    page.evaluate("window.written.length = 0; window.igh_map.setZoom(17)")
    until(page, 'window.written.includes("\'s-Gravenweg </script>")')
    assert complaints == []
    context.close()


def test_tooltip_of_a_hot_cell_names_its_streets(
    page_of: Callable[..., Path], visit: Any, example: Any
) -> None:
    cells = example.example_publication().cells
    named = cells.assign(streets=["Lange <i>Laan</i>; Weg", *[""] * (len(cells) - 1)])
    path = page_of(cells=named)
    visited = visit(path, address="#thema=cells")
    page = visited.page
    lon, lat = to_wgs84(cells["x"].iloc[:1], cells["y"].iloc[:1])
    place = page.evaluate(
        "([lat, lon]) => window.igh_map.latLngToContainerPoint([lat, lon])",
        [float(lat[0]), float(lon[0])],
    )
    box = page.locator(".map").bounding_box()
    page.mouse.move(box["x"] + place["x"], box["y"] + place["y"])
    found = page.locator("#tip").text_content()
    assert "Straten hier: Lange <i>Laan</i>; Weg" in found
    assert visited.complaints == []


def test_panel_of_an_area_lists_its_streets(
    page_of: Callable[..., Path], visit: Any, example: Any
) -> None:
    code = example.example_areas().index[0]
    rows = [("Lange <i>Laan</i>", 12, False), ("Weg", 7, False), (None, 9, True)]
    streets = pd.DataFrame(rows, columns=["name", "count", "is_rest"]).assign(
        area_code=code, area_name="Buurt A0", status="shown"
    )
    visited = visit(page_of(streets=streets), address=f"#gebied={code}")
    items = visited.page.locator(".streets li").all_text_contents()
    assert items == ["Lange <i>Laan</i>: 12", "Weg: 7", "Overige straten: 9"]
    assert visited.complaints == []
