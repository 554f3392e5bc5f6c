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
        *("incident_id", "meldingnummer", "meldingsnummer", "zaaknummer", "zaak_id", "melding_id"),
        *("incidentnummer", "registratienummer", "aangiftenummer", "dossiernummer", "volgnummer"),
        *("crime_id", "case_number", "id", "uid"),
    ),
    "source": ("bron", "source", "bronsysteem", "systeem"),
    "kind": ("kind", "soort_registratie", "registratiesoort", "soort", "type_registratie"),
    "category": (
        *("category", "categorie", "hoofdcategorie", "incidentsoort", "soort_incident"),
        *("soort_melding", "delict", "delictsoort", "misdrijf", "soort_misdrijf", "thema"),
        *("crime_type", "offense_type", "offence_type", "soort"),
    ),
    "subcategory": ("subcategory", "subcategorie", "subthema", "omschrijving_delict"),
    "occurred_from": (
        *("occurred_from", "datum_van", "begindatum", "datum_begin", "startdatum", "datum_start"),
        *("pleegdatum", "datum_pleging", "pleegdatum_begin", "pleegdatum_van", "incidentdatum"),
        *("datum_incident", "datumtijd", "datum_tijd", "datum", "melddatum", "meldingsdatum"),
        *("datum_melding", "constateringsdatum", "tijdstip", "timestamp", "datetime", "date"),
        *("maand", "month", "jaar", "year"),
    ),
    "time_from": (
        *("time_from", "tijd_van", "begintijd", "tijd_begin", "starttijd", "tijd_start"),
        *("pleegtijd", "tijd_pleging", "pleegtijd_begin", "pleegtijd_van", "incidenttijd"),
        *("meldtijd", "tijd", "tijdstip", "time"),
    ),
    "occurred_to": (
        *("occurred_to", "datum_tot", "einddatum", "datum_eind", "datum_einde"),
        *("pleegdatum_eind", "pleegdatum_einde", "pleegdatum_tot"),
    ),
    "time_to": (
        *("time_to", "tijd_tot", "eindtijd", "tijd_eind", "tijd_einde"),
        *("pleegtijd_eind", "pleegtijd_einde", "pleegtijd_tot"),
    ),
    "x": (
        *("x", "rd_x", "x_rd", "x_coordinaat", "x_coord", "xcoord", "coordinaat_x", "x_co"),
        *("lon", "lng", "long", "longitude", "lengtegraad"),
    ),
    "y": (
        *("y", "rd_y", "y_rd", "y_coordinaat", "y_coord", "ycoord", "coordinaat_y", "y_co"),
        *("lat", "latitude", "breedtegraad"),
    ),
    "location_quality": ("location_quality", "locatie_kwaliteit", "kwaliteit_locatie"),
    "verified": ("verified", "geverifieerd", "bevestigd", "gegrond"),
}

CODE_SPELLINGS: dict[str, tuple[str, ...]] = {
    "buurt": ("buurtcode", "bu_code", "bu", "cbs_buurtcode"),
    "wijk": ("wijkcode", "wk_code", "wk", "cbs_wijkcode"),
    "gemeente": ("gemeentecode", "gm_code", "gm", "cbs_gemeentecode"),
}
ANY_CODE_SPELLINGS = (
    *("area_code", "cbscode", "statcode", "gwb_code_10", "gwb_code", "regiocode", "codering"),
    *("wijken_en_buurten", "regiocode (gemeente, wijk, buurt) (code)", "nhood_id", "gebiedscode"),
    *("code", "key", "identificatie", "id"),
)
NAME_SPELLINGS: dict[str, tuple[str, ...]] = {
    "buurt": ("buurtnaam", "bu_naam"),
    "wijk": ("wijknaam", "wk_naam"),
    "gemeente": ("gemeentenaam", "gm_naam"),
}
ANY_NAME_SPELLINGS = ("naam", "name", "statnaam", "regio", "gebiedsnaam", "title", "omschrijving")

FIGURE_SPELLINGS: dict[str, tuple[str, ...]] = {
    "population": ("population", "aantal_inwoners", "aant_inw", "a_inw", "inwoners", "bevolking"),
    "households": (
        *("households", "aantal_huishoudens", "aantal_hh", "a_hh", "huishoudens_totaal"),
        *("huishoudens", "particuliere huishoudens (aantal)"),
    ),
    "dwellings": (
        *("dwellings", "aantal_woningen", "woningvoorraad", "woningen", "a_woning", "wvoorraad"),
        *("dwelling_total",),
    ),
    "addresses": ("addresses", "aantal_adressen", "adressen", "bag_adressen_totaal"),
}
# Land area, with what one unit of the column is in square kilometres.
LAND_SPELLINGS: tuple[tuple[str, float], ...] = (
    ("area_km2", 1.0),
    ("oppervlakte_land_in_ha", 0.01),
    ("oppervlakte_land_ha", 0.01),
    ("a_lan_ha", 0.01),
    ("opp_land", 0.01),
    ("oppervlakte_land_km2", 1.0),
)
WATER_SPELLINGS = ("is_water", "water")
YEAR_SPELLINGS = ("boundary_year", "jrstatcode", "jaarstatcode", "jaar", "jaarcode")

# Below this likeness a suggestion misleads more often than it helps.
_LIKENESS = 0.6

# What stands for "no value" in text files and database dumps.
NO_VALUE = ("", "null", "\\n", "nan", "nat", "n/a", "na", "#n/a", "#n/b", "<na>")


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
    found: dict[str, str] = {}
    for field, spellings in INCIDENT_SPELLINGS.items():
        if field in leave_out:
            continue
        free = [column for column in columns if column not in found.values()]
        column = find(free, spellings)
        if column is not None:
            found[field] = column
    return found


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
