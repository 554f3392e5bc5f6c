"""How large the map page is and how soon it is painted, beside a plain page of folium.

Run as ``python benchmarks/page.py --town AMSTERDAM.geojson --country BUURTEN.gpkg``; either may be
left out. Incidents are made up from a seed and go the whole way of ``igh-geo run``. Ours holds all
themes, what the side panel tells and the separate points; folium's is one layer of the same areas
at full detail with a tooltip, as its documentation shows it, and Leaflet inlined, for with the
network cut it would be blank. Both are opened in the same headless Chromium, in turn, five times;
the median is told. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

SEED = 20251122
TIMES = 5
MONTHS = 36
INCIDENTS = 30_000
POINTS = 2_000
MANY_POINTS = 50_000
VIEW = {"width": 1366, "height": 768}

# From the start of the navigation until the picture can be read back.
PAINTED = """() => new Promise((resolve) => {
    const canvas = document.querySelector('.sheet canvas');
    requestAnimationFrame(() => requestAnimationFrame(() => {
        if (canvas) canvas.getContext('2d').getImageData(0, 0, 1, 1);
        resolve([performance.now(), performance.memory.usedJSHeapSize / 1e6]);
    }));
})"""
SWITCH = """(id) => new Promise((resolve) => {
    const box = document.getElementById(id);
    const begun = performance.now();
    box.click();
    requestAnimationFrame(() => requestAnimationFrame(() => {
        document.querySelector('.sheet canvas').getContext('2d').getImageData(0, 0, 1, 1);
        resolve(performance.now() - begun);
    }));
})"""
THEMES = """() => [...document.querySelectorAll('#themes input:not(:disabled)')]
    .filter((box) => !box.checked).map((box) => box.id)"""

TOWN = """
title = "Meldingen"
question = "Waar?"
audience = "analyst"
[areas]
file = "town"
[incidents]
file = "incidents.csv"
[period]
from = 2024-07-01
to = 2025-12-31
[rate]
denominator = "area_km2"
"""
COUNTRY = """
title = "Misdrijven"
question = "Waar?"
[areas]
file = "country"
[counts]
file = "country"
category = "Misdrijven"
kind = "offence"
boundary_year = 2024
[counts.values]
2024 = "misdrijven_2024"
2025 = "misdrijven_2025"
[period]
from = 2025-01-01
to = 2025-12-31
"""


def write_incidents(file: Path, areas: Any) -> None:
    """Incidents within the areas, by random areas, over three years."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(SEED)
    inside = areas.geometry.representative_point()
    row = random.choice(
        len(areas), INCIDENTS, p=(weight := random.gamma(2, 1, len(areas))) / weight.sum()
    )
    day = pd.Timestamp("2023-01-01") + pd.to_timedelta(random.uniform(0, 1095, INCIDENTS), "D")
    pd.DataFrame(
        {
            "nummer": [f"M{number}" for number in range(INCIDENTS)],
            "soort": "melding",
            "categorie": random.choice(["Jeugd", "Geluid", "Afval"], INCIDENTS),
            "datum": day.strftime("%d-%m-%Y"),
            "tijd": day.strftime("%H:%M"),
            "x": (inside.x.to_numpy()[row] + random.normal(0, 60, INCIDENTS)).round(1),
            "y": (inside.y.to_numpy()[row] + random.normal(0, 60, INCIDENTS)).round(1),
        }
    ).to_csv(file, sep=";", index=False)


def publication_of(lens: str, areas: Path, folder: Path) -> Any:
    """What `igh-geo run` publishes for a lens on a file of areas."""
    import geopandas as gpd

    from igh_geo.lens import read_lens
    from igh_geo.pipeline import run

    data = folder / "data"
    data.mkdir(parents=True)
    shutil.copy(areas, data / f"areas{areas.suffix}")
    text = re.sub(r'file = "(town|country)"', f'file = "areas{areas.suffix}"', lens)
    (folder / "page.toml").write_text(text, encoding="utf-8")
    if "[incidents]" in text:
        write_incidents(data / "incidents.csv", gpd.read_file(areas).to_crs(28992))
    return run(read_lens(folder / "page.toml"), data=data, out=folder / "maps").publication


def with_points(publication: Any, n: int) -> Any:
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(SEED)
    left, bottom, right, top = publication.areas.total_bounds
    points = pd.DataFrame(
        {
            "x": random.uniform(left, right, n),
            "y": random.uniform(bottom, top, n),
            "category": random.choice(["Jeugd", "Geluid", "Afval"], n),
            "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 365, n), "D"),
        }
    )
    return replace(publication, points=points)


def write_folium(areas: Path, publication: Any, file: Path) -> None:
    """One layer as the documentation of folium draws it, with Leaflet inlined."""
    import folium
    import geopandas as gpd

    from igh_geo.out.map.offline import leaflet

    shapes = gpd.read_file(areas).to_crs(4326)[["geometry"]]
    told = publication.areas.reset_index(drop=True)
    shapes["name"] = told["name"].astype(str)
    shapes["count"] = told["count"].astype("Float64").fillna(-1).astype(float)
    most = float(shapes["count"].max())
    drawn = folium.Map(location=[52.2, 5.3], zoom_start=8, tiles=None)
    layer = folium.GeoJson(
        json.loads(shapes.to_json()),
        style_function=lambda area: {
            "fillColor": "#cb181d" if area["properties"]["count"] > most / 10 else "#fee0d2",
            "weight": 0.5,
            "color": "#555555",
            "fillOpacity": 0.8,
        },
        tooltip=folium.GeoJsonTooltip(["name", "count"]),
    )
    layer.add_to(drawn)
    drawn.fit_bounds(layer.get_bounds())
    page = drawn.get_root().render()
    page = re.sub(r'<link rel="stylesheet"[^>]*>', "", page)
    page = re.sub(r'<script src="[^"]*"></script>', "", page)
    own = f"<style>{leaflet('leaflet.css')}</style><script>{leaflet('leaflet.js')}</script>"
    file.write_text(page.replace("</head>", f"{own}</head>"), encoding="utf-8")


def opened(browser: Any, file: Path) -> tuple[Any, list[float]]:
    page = browser.new_context(viewport=VIEW, offline=True).new_page()
    page.goto(file.as_uri())
    return page, page.evaluate(PAINTED)


def measure(browser: Any, files: dict[str, Path]) -> list[dict[str, Any]]:
    loads: dict[str, list[list[float]]] = {name: [] for name in files}
    switches: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(TIMES):
        for name, file in files.items():
            page, load = opened(browser, file)
            loads[name].append(load)
            for theme in page.evaluate(THEMES):
                switches[name].append(page.evaluate(SWITCH, theme))
            page.context.close()
    return [
        {
            "page": name,
            "megabytes": file.stat().st_size / 1e6,
            "painted_s": statistics.median(load[0] for load in loads[name]) / 1000,
            "heap_mb": statistics.median(load[1] for load in loads[name]),
            "switch_ms": statistics.median(switches[name]) if switches[name] else None,
            "slowest_switch_ms": max(switches[name], default=None),
        }
        for name, file in files.items()
    ]


def points_drawn_ms(browser: Any, file: Path) -> float:
    """Milliseconds from the click on the points until they can be read back."""
    found = []
    for _ in range(TIMES):
        page, _ = opened(browser, file)
        found.append(page.evaluate(SWITCH, "overlay-points"))
        page.context.close()
    return statistics.median(found)


def main() -> None:
    """Make the pages, open them in turn, and tell what was measured."""
    from playwright.sync_api import sync_playwright

    from igh_geo.out.map.page import write_map

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--town", type=Path)
    parser.add_argument("--country", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the pages; thrown away otherwise")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        pages = asked.keep or folder / "pages"
        pages.mkdir(parents=True, exist_ok=True)
        files, many = {}, None
        for name, lens in (("town", TOWN), ("country", COUNTRY)):
            areas = getattr(asked, name)
            if areas is None:
                continue
            begun = time.monotonic()
            publication = publication_of(lens, areas, folder / name)
            if name == "town":
                publication = with_points(publication, POINTS)
                many = pages / "many_points.html"
                write_map(with_points(publication, MANY_POINTS), many)
            files[f"ours, {name}"] = pages / f"{name}.html"
            write_map(publication, files[f"ours, {name}"])
            files[f"folium, {name}"] = pages / f"{name}_folium.html"
            write_folium(areas, publication, files[f"folium, {name}"])
            seconds = time.monotonic() - begun
            print(f"{name}: {len(publication.areas)} areas, made in {seconds:.0f} s")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
        )
        for row in measure(browser, files):
            print(
                json.dumps({k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()})
            )
        if many:
            print(f"{MANY_POINTS} points drawn in {points_drawn_ms(browser, many):.0f} ms")
        browser.close()
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
