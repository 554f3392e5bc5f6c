"""The shipped example: a made-up municipality with hotspots planted in known places."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from igh_geo.errors import OutputError, Problem
from igh_geo.sources.sample.buildings import make_addresses
from igh_geo.sources.sample.export import as_export, soil
from igh_geo.sources.sample.figures import SECRET_NAME, SMALL_NAME, make_layers
from igh_geo.sources.sample.hennep import make_grow_sites
from igh_geo.sources.sample.incidents import make_incidents
from igh_geo.sources.sample.names import (
    FLOODPLAIN_NAME,
    MUNICIPALITY_CODE,
    MUNICIPALITY_NAME,
    VILLAGE_NAME,
)
from igh_geo.sources.sample.ownership import make_ownership
from igh_geo.sources.sample.planted import (
    GROUPS,
    MONTHS,
    PATROL_FACTOR,
    PATROL_KINDS,
    PATROLLED_DISTRICTS,
    choose_places,
)
from igh_geo.sources.sample.streets import make_streets
from igh_geo.sources.sample.town import Town, make_town

FILES = {
    "boundaries": "boundaries/voorbeeldstad_2025.gpkg",
    "incidents": "incidents/voorbeeldstad_incidenten.csv",
    "hennep": "incidents/voorbeeldstad_hennep.csv",
    "buildings": "buildings/voorbeeldstad_woningen.csv",
    "streets": "buildings/voorbeeldstad_straten.gpkg",
    "planted": "planted.json",
}
# GDAL writes the moment of writing into a GeoPackage; the same input must give the same bytes.
GEOPACKAGE_DATE = "2025-01-01T00:00:00.000Z"
BUILDING_COLUMNS = [
    "x",
    "y",
    "buurtcode",
    "gebouwtype",
    "bouwjaar",
    "oppervlakte_m2",
    "gebruiksdoel",
    "straat",
    "huisnummer",
    "postcode",
    "eigendom",
]
EXPLANATION = (
    "Voorbeeldstad bestaat niet. GM9999 is geen code van het CBS, de postcodes beginnen met een "
    "nul en de coordinaten liggen in het Markermeer. Alles hieronder is met opzet in de gegevens "
    "gelegd: een analyse hoort de drukke plekken te vinden en de rustige niet. "
    "'monthly_multipliers' zijn de 36 maanden van 2023-01 tot en met 2025-12, als veelvoud van de "
    "achtergrond; 'expected_background_per_month' is wat er zonder die factor te verwachten was. "
    "'at_background' zijn buurten waar een categorie precies de achtergrond volgt. De achtergrond "
    "is evenredig met woningen (woninginbraak, diefstal uit auto), winkels (winkeldiefstal) of "
    "inwoners en publiek (de rest). Bekeuringen en waarschuwingen volgen de surveillance, niet de "
    "overlast."
)


def _made(seed: int) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, Any]]:
    """Make everything in memory: the boundary layers, and per file its table or account."""
    (
        town_seed,
        address_seed,
        figure_seed,
        incident_seed,
        dirt_seed,
        hennep_seed,
        ownership_seed,
    ) = np.random.SeedSequence(seed).spawn(7)
    town = make_town(town_seed)
    addresses = make_addresses(town, address_seed)
    addresses["eigendom"] = make_ownership(addresses, ownership_seed)
    layers = make_layers(town, addresses, figure_seed)
    places = choose_places(town, addresses)
    incidents = make_incidents(town, addresses, places, seed=incident_seed)
    export, dirt = soil(as_export(incidents.table, "VB"), incidents.table, town, seed=dirt_seed)
    sites, hennep = make_grow_sites(town, addresses, seed=hennep_seed)
    extra = sites[["adres_id", "gebouwtype", "ontdekt_door"]]
    planted = {
        "seed": seed,
        "explanation": EXPLANATION,
        "municipality": {"code": MUNICIPALITY_CODE, "name": MUNICIPALITY_NAME},
        "special_areas": _special_areas(town, addresses),
        "groups": {group: list(names) for group, names in GROUPS.items()},
        "months": MONTHS,
        "rows": {"incidents": len(export), "hennep": len(sites), "addresses": len(addresses)},
        **incidents.planted,
        "patrols": {
            "kinds": list(PATROL_KINDS),
            "districts": list(PATROLLED_DISTRICTS),
            "factor": PATROL_FACTOR,
        },
        "hennep": hennep,
        "dirt": dirt,
    }
    return layers, {
        "incidents": export,
        "hennep": as_export(sites, "VBH").join(extra),
        "buildings": addresses[BUILDING_COLUMNS].reset_index(),
        "streets": make_streets(addresses),
        "planted": planted,
    }


def _special_areas(town: Town, addresses: pd.DataFrame) -> dict[str, Any]:
    """Say which buurten are odd on purpose."""
    buurten = town.neighbourhoods
    code = {name: str(index) for index, name in buurten["buurtnaam"].items()}
    homes = addresses.loc[addresses["gebruiksdoel"] == "woonfunctie", "buurtcode"]
    land = buurten.index[~buurten["is_water"]]
    return {
        "water": buurten.index[buurten["is_water"]].tolist(),
        "no_inhabitants": sorted(set(land) - set(homes)),
        "few_inhabitants": [code[SMALL_NAME]],
        "secret_figures": [code[SECRET_NAME]],
        "several_parts": [code[FLOODPLAIN_NAME]],
        "enclave": code[VILLAGE_NAME],
        "around_enclave": code[f"Buitengebied {VILLAGE_NAME}"],
    }


@contextmanager
def _fixed_geopackage_date() -> Iterator[None]:
    """Let GDAL write the same date whenever it writes."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": GEOPACKAGE_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write(folder: Path, layers: dict[str, gpd.GeoDataFrame], made: dict[str, Any]) -> None:
    """Write every file under a folder."""
    for name in FILES.values():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    with _fixed_geopackage_date():
        for number, (layer, frame) in enumerate(layers.items()):
            pyogrio.write_dataframe(
                frame, folder / FILES["boundaries"], layer=layer, driver="GPKG", append=number > 0
            )
        pyogrio.write_dataframe(
            made["streets"], folder / FILES["streets"], layer="straten", driver="GPKG"
        )
    for key in ("incidents", "hennep", "buildings"):
        text = made[key].to_csv(sep=";", index=False, lineterminator="\r\n")
        (folder / FILES[key]).write_bytes(text.encode("utf-8-sig"))
    text = json.dumps(made["planted"], ensure_ascii=False, indent=1) + "\n"
    (folder / FILES["planted"]).write_bytes(text.encode("utf-8"))


def make_sample(data: Path, *, seed: int = 9999) -> dict[str, Path]:
    """Write the made-up municipality Voorbeeldstad into a data folder.

    Boundaries in the layout of the CBS/PDOK file of 2025 (three layers, EPSG:28992), three years
    of incidents as a Dutch CSV export, dismantled grow sites, all addresses, the streets, and
    ``planted.json`` that says where the hotspots, the wave, the emerging and the fading place
    were put.

    Parameters
    ----------
    data : Path
        Folder to write into; made when it does not exist. Earlier sample files are replaced, all
        of them after all new ones are complete.
    seed : int
        The same seed gives the same bytes.

    Returns
    -------
    dict of str to Path
        ``boundaries``, ``incidents``, ``hennep``, ``buildings``, ``streets`` and ``planted``.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    data = Path(data)
    layers, made = _made(seed)
    paths = {key: data / name for key, name in FILES.items()}
    try:
        data.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that moving into place never crosses a file system.
        workshop = Path(tempfile.mkdtemp(prefix=".sample-", dir=data))
        try:
            _write(workshop, layers, made)
            for key, path in paths.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                (workshop / FILES[key]).replace(path)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        problem = Problem(
            rule="The sample is written into a data folder that can be written to.",
            evidence=f"{data}: {error}.",
            remedy="Close the files of the sample in other programs, or choose another folder "
            "with --data.",
        )
        raise OutputError(str(problem)) from error
    return paths
