"""Recognising columns by their names, in the spellings of Dutch files."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

# Spellings are compared without case, accents and punctuation; an OData suffix (`_5`) is ignored.
# The first spelling that a file has is taken, so the most telling one stands first.
INCIDENT_SPELLINGS: dict[str, tuple[str, ...]] = {
    "incident_id": (
        *("incident_id", "meldingnummer", "meldingsnummer", "meldingnr", "meldingsnr"),
        *("zaaknummer", "zaaknr", "zaak_id", "zaakidentificatie", "melding_id", "incidentnummer"),
        *("incidentnr", "registratienummer", "registratienr", "registratie_id", "aangiftenummer"),
        *("procesverbaalnummer", "pv_nummer", "bonnummer", "beschikkingsnummer", "cjib_nummer"),
        *("dossiernummer", "volgnummer", "crime_id", "case_number"),
        *("incident_number", "id", "uid", "uuid"),
    ),
    "source": ("bron", "source", "bronsysteem", "systeem", "herkomst"),
    "kind": (
        *("kind", "soort_registratie", "registratiesoort", "soort", "type_registratie"),
        *("type_melding", "record_type", "soort_zaak"),
    ),
    "category": (
        *("category", "categorie", "hoofdcategorie", "main_category", "incidentsoort"),
        *("soort_incident", "soort_melding", "meldingsoort", "soort_overtreding", "overtreding"),
        *("delict", "delictsoort", "misdrijf", "soort_misdrijf", "maatschappelijke_klasse"),
        *("hoofdrubriek", "rubriek", "thema", "onderwerp", "feitcode", "feit_code"),
        *("crime_type", "offense_type", "offence_type", "primary_type", "soort"),
    ),
    "subcategory": (
        *("subcategory", "subcategorie", "subrubriek", "subthema", "omschrijving_delict"),
        *("sub_onderwerp", "feitomschrijving", "omschrijving_feit"),
    ),
    "occurred_from": (
        *("occurred_from", "datum_van", "begindatum", "datum_begin", "startdatum", "datum_start"),
        *("begindatumtijd", "startdatumtijd", "datum_tijd_van", "datum_tijd_begin"),
        *("pleegdatum", "datum_pleging", "pleegdatum_begin", "pleegdatum_van", "incidentdatum"),
        *("datum_ruiming", "ruimingsdatum", "datum_ontmanteling", "ontmantelingsdatum"),
        *("datum_aantreffen", "datum_vondst", "vondstdatum"),
        *("datum_incident", "datum_overtreding", "overtredingsdatum", "datum_feit"),
        *("datumtijd", "datum_tijd", "datum_en_tijd", "datum", "melddatum", "meldingsdatum"),
        *("datum_melding", "melddatumtijd", "datum_ontvangst", "ontvangstdatum"),
        *("registratiedatum", "datum_registratie", "constateringsdatum", "datum_constatering"),
        *("tijdstip_melding", "tijdstip", "aangemaakt_op", "created_at", "timestamp"),
        *("datetime", "date_time", "date", "occurred_at", "maand", "month", "jaar", "year"),
    ),
    "time_from": (
        *("time_from", "tijd_van", "begintijd", "tijd_begin", "starttijd", "tijd_start"),
        *("pleegtijd", "tijd_pleging", "pleegtijd_begin", "pleegtijd_van", "incidenttijd"),
        *("tijd_incident", "tijd_overtreding", "meldtijd", "meldingstijd", "tijd_melding"),
        *("tijdstip_melding", "tijd", "tijdstip", "time"),
    ),
    "occurred_to": (
        *("occurred_to", "datum_tot", "einddatum", "datum_eind", "datum_einde"),
        *("einddatumtijd", "datum_tijd_tot", "datum_tijd_eind"),
        *("pleegdatum_eind", "pleegdatum_einde", "pleegdatum_tot"),
    ),
    "time_to": (
        *("time_to", "tijd_tot", "eindtijd", "tijd_eind", "tijd_einde"),
        *("pleegtijd_eind", "pleegtijd_einde", "pleegtijd_tot"),
    ),
    # The spellings of x and y stand in pairs: a file with both gives the first pair.
    "x": (
        *("x", "rd_x", "x_rd", "x_coordinaat", "x_coordinaat_rd", "rd_x_coordinaat", "x_coord"),
        *("xcoord", "coordinaat_x", "x_co", "locatie_x", "x_locatie", "geo_x", "pos_x"),
        *("easting", "lon", "lng", "long", "longitude", "lengtegraad", "geo_lon", "wgs84_lon"),
    ),
    "y": (
        *("y", "rd_y", "y_rd", "y_coordinaat", "y_coordinaat_rd", "rd_y_coordinaat", "y_coord"),
        *("ycoord", "coordinaat_y", "y_co", "locatie_y", "y_locatie", "geo_y", "pos_y"),
        *("northing", "lat", "lat", "lat", "latitude", "breedtegraad", "geo_lat", "wgs84_lat"),
    ),
    "point": (
        *("point", "punt", "coordinaten", "coordinates", "xy", "x_y", "rd_coordinaten"),
        *("rd_coordinaat", "coordinaat", "lat_lon", "lat_long", "lon_lat", "latlng", "latlong"),
        *("geometrie", "geometry", "geom", "wkt", "geo_point_2d", "gps", "locatie", "location"),
    ),
    "location_quality": (
        *("location_quality", "locatie_kwaliteit", "kwaliteit_locatie", "locatienauwkeurigheid"),
    ),
    "verified": ("verified", "geverifieerd", "bevestigd", "gegrond"),
}

# Below this likeness a suggestion misleads more often than it helps.
_LIKENESS = 0.6

# What stands for "no value" in text files and database dumps.
NO_VALUE = ("", "-", "null", "\\n", "nan", "nat", "n/a", "na", "#n/a", "#n/b", "<na>")


def plain(name: str) -> str:
    """Spelling without case, accents and punctuation: ``Aantal_Inwoners`` as aantalinwoners."""
    letters = unicodedata.normalize("NFKD", str(name)).casefold()
    return re.sub(r"[^a-z0-9]", "", letters)


def find(columns: Iterable[str], spellings: Sequence[str]) -> str | None:
    """First column that has one of the spellings, in the order of the spellings.

    Parameters
    ----------
    columns : iterable of str
        Column names of a file.
    spellings : sequence of str
        Known spellings, the best first.

    Returns
    -------
    str or None
        The column as the file spells it.
    """
    exact: dict[str, str] = {}
    for column in columns:
        exact.setdefault(plain(column), column)
    without_suffix: dict[str, str] = {}
    for column in columns:
        without_suffix.setdefault(plain(re.sub(r"_\d{1,3}$", "", str(column))), column)
    for spelling in map(plain, spellings):
        if spelling in exact:
            return exact[spelling]
        if spelling in without_suffix:
            return without_suffix[spelling]
    return None


def recognise_incident_columns(
    columns: Sequence[str], *, leave_out: Iterable[str] = ()
) -> dict[str, str]:
    """Guess by name which column of an incident file holds what.

    Parameters
    ----------
    columns : sequence of str
        Column names of the file.
    leave_out : iterable of str
        Fields that need no column.

    Returns
    -------
    dict
        From a name of the ``incidents`` table (and ``time_from``, ``time_to`` for the time of
        day in a column of its own) to the column of the file; no column is used twice.
    """
    left_out = set(leave_out)
    found = {} if left_out & {"x", "y"} else _paired(columns)
    for field, spellings in INCIDENT_SPELLINGS.items():
        if field in left_out or field in found:
            continue
        free = [column for column in columns if column not in found.values()]
        column = find(free, spellings)
        if column is not None:
            found[field] = column
    if {"x", "y"} <= found.keys():
        found.pop("point", None)
    return {field: found[field] for field in INCIDENT_SPELLINGS if field in found}


def _paired(columns: Sequence[str]) -> dict[str, str]:
    """Columns of x and y that belong together: never X beside Latitude."""
    for x_spelling, y_spelling in zip(
        INCIDENT_SPELLINGS["x"], INCIDENT_SPELLINGS["y"], strict=True
    ):
        x, y = find(columns, (x_spelling,)), find(columns, (y_spelling,))
        if x is not None and y is not None:
            return {"x": x, "y": y}
    return {}


def nearest(wanted: str | Sequence[str], columns: Iterable[str]) -> list[str]:
    """Up to three columns whose names look most like the one (or any of those) wanted."""
    spellings = [plain(wanted)] if isinstance(wanted, str) else [plain(name) for name in wanted]
    likeness = {
        column: max(
            difflib.SequenceMatcher(None, name, plain(column)).ratio() for name in spellings
        )
        for column in columns
    }
    ranked = sorted(likeness, key=lambda column: likeness[column], reverse=True)
    return [column for column in ranked[:3] if likeness[column] >= _LIKENESS]


def describe_choice(mapping: Mapping[str, str]) -> str:
    """One line that says which column was taken for what."""
    return ", ".join(f"{field} = {column}" for field, column in mapping.items())
