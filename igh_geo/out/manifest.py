"""The manifest: everything needed to repeat a run, and to see that it is the same."""

from __future__ import annotations

import datetime as dt
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from igh_geo import __version__, rd
from igh_geo.out import reading
from igh_geo.policy.findings import Delivery
from igh_geo.policy.publication import Publication
from igh_geo.writing import sha256_of

MANIFEST = "manifest.json"
PACKAGES = (
    "duckdb",
    "folium",
    "geopandas",
    "libpysal",
    "matplotlib",
    "numpy",
    "pandas",
    "pyogrio",
    "pyproj",
    "scikit-learn",
    "scipy",
    "shapely",
    "typst",
)


def write_manifest(
    publication: Publication,
    folder: Path,
    *,
    inputs: Mapping[str, Path],
    timings: Mapping[str, float],
    started: dt.datetime,
) -> None:
    """Write ``manifest.json`` into a folder of results.

    Parameters
    ----------
    publication : Publication
        What was published.
    folder : Path
        The folder; every other file in it is listed with its SHA-256.
    inputs : mapping of str to Path
        Name as the lens gives it, and the file.
    timings : mapping of str to float
        Seconds per stage.
    started : datetime.datetime
        When the run began. Only this and the timings differ between equal runs.
    """
    lens = publication.lens
    content: dict[str, Any] = {
        "lens": lens.model_dump(mode="json", by_alias=True, exclude_none=True),
        "audience": lens.audience,
        "destroy_by": lens.destroy_by(publication.made_on),
        "made_with": {
            "igh_geo": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "seed": lens.clusters.seed,
        "inputs": [
            {"file": name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for name, path in sorted(inputs.items())
        ],
        "data_until": _until(publication),
        "provisional_from": publication.provisional_from,
        "deliveries": [_delivery(one) for one in publication.deliveries],
        "carried_from": publication.carried_from,
        "carried_over": reading.carried(publication).dropna().to_dict(),
        "context": [
            {"title": table.title, "figures": list(table.figures.columns)}
            for table in publication.context
        ],
        "coordinates": asdict(rd.transformation()),
        "ledger": [summary.as_dict() for summary in publication.ledger],
        "clustering": asdict(publication.clustering),
        "bandwidth_m": publication.bandwidth_m,
        "overall": publication.overall,
        "buildings": _buildings(publication),
        "choices": publication.choices,
        "notes": publication.notes,
        "methods": [asdict(method) for method in publication.methods],
        "limits": publication.limits,
        "sources": publication.sources,
        "outputs": [
            {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for path in sorted(folder.iterdir())
        ],
        "run": {
            "started": started.isoformat(timespec="seconds"),
            "seconds": {stage: round(seconds, 2) for stage, seconds in timings.items()},
        },
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, default=_plain)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def _until(publication: Publication) -> dt.date | str | None:
    """The day up to which the data go; its month (2026-11) where counts are rounded."""
    until = publication.data_until
    if until is None or publication.lens.rules.rounding == 1:
        return until
    return f"{until:%Y-%m}"


def _buildings(publication: Publication) -> dict[str, Any] | None:
    """What the analysis by building rests on; None where there is none."""
    found = publication.phenomenon
    if found is None:
        return None
    return {
        "addresses": [summary.as_dict() for summary in found.ledgers],
        "types_from": found.origins,
        "cases": None if found.matching is None else found.matching.as_dict(),
        "cases_found_by": found.matches.to_dict(),
        "references": {table.factor: table.reference for table in found.tables},
        "model": asdict(found.model) if found.model is not None else None,
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    """A file that the store was loaded with, and the account of its rows."""
    account = one.ledger.as_dict() if one.ledger is not None else {}
    account.pop("source", None)
    return {"file": one.file, "delivered": one.delivered, "sha256": one.sha256, **account}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever json does not know
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a manifest cannot hold {type(value).__name__}")
