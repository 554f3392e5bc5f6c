"""Which column of a table of buildings or addresses holds what, and which is never read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from igh_geo.errors import DataError, Problem
from igh_geo.sources.addresses.address_ids import OF_ADDRESS, OF_OBJECT
from igh_geo.sources.addresses.address_text import recognise_address_columns
from igh_geo.sources.columns import find, nearest, plain, recognise_incident_columns

# The first spelling that a table has is taken; signs and capitals do not count.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "id": (
        # A register is of objects; a list of addresses may go by those.
        *("identificatie", *OF_OBJECT, "object_id", *OF_ADDRESS, "id"),
    ),
    "status": (
        *("status", "verblijfsobject_status", "object_status"),
        *("vbo_status", "status_verblijfsobject", "status_omschrijving"),
    ),
    "uses": (
        *("gebruiksdoel", "gebruiksdoelen", "verblijfsobject_gebruiksdoel", "uses"),
        *("gebruiksdoel_verblijfsobject", "gebruik", "functie"),
    ),
    "floor_area": (
        *("oppervlakte", "oppervlakte_m2", "oppervlakte_verblijfsobject", "floor_area_m2"),
        *("gebruiksoppervlakte", "gebruiksoppervlakte_m2", "gbo", "gbo_m2", "woonoppervlakte"),
        *("woonoppervlakte_m2", "floor_area", "vloeroppervlakte"),
    ),
    "year_built": (
        *("oorspronkelijk_bouwjaar", "bouwjaar", "bouwjaar_pand"),
        *("pand_bouwjaar", "year_built", "construction_year", "bouwjaar_woning"),
    ),
    "floors": (
        *("bouwlagen", "aantal_bouwlagen", "aantal_lagen", "aantal_verdiepingen", "verdiepingen"),
        *("woonlagen", "aantal_woonlagen", "floors", "n_floors", "lagen"),
    ),
    "type": (
        *("gebouwtype", "woningtype", "type_woning", "type_gebouw", "soort_woning", "woningsoort"),
        *("gebouwsoort", "soort_gebouw", "pandtype", "type_pand", "building_type", "woonvorm"),
        "bouwvorm",
    ),
    "ownership": (
        *("eigendom", "eigendomsvorm", "eigendomstype", "eigendomssituatie", "eigendomscategorie"),
        *("eigendomsverhouding", "bezit", "bezitsvorm", "koop_huur", "huur_koop", "ownership"),
        *("tenure", "soort_eigendom", "type_eigendom", "eigendom_type", "huur_of_koop"),
    ),
    "pand": (
        *("pandref", "pand_identificatie", "pand_id", "pandrefs"),
        *("pand_identificaties", "panden", "maaktdeeluitvan", "pand"),
    ),
}
# A column with names of streets can be chosen as well; how it is spelled, all addresses share.
STREET = "street"
# What only tables of the BAG have, and nobody chooses.
BAG_SPELLINGS: dict[str, tuple[str, ...]] = {
    "main": ("hoofdadresnummeraanduidingref", "hoofdadres_identificatie", "hoofdadres"),
    "designation": (
        *("nummeraanduiding", "nummeraanduiding_id", "nummeraanduiding_identificatie", "num_id"),
        "hoofdadres_id",
    ),
    "side": ("nevenadresnummeraanduidingref", "nevenadres_identificatie", "nevenadressen"),
    "street_id": ("openbareruimteref", "openbare_ruimte_identificatie", "openbareruimte_id"),
    "place_id": ("woonplaatsref", "woonplaats_identificatie", "woonplaats_id"),
    "version": ("voorkomen_identificatie", "voorkomenid"),
    "ended": ("eind_geldigheid", "einddatum_geldigheid"),
    "record_ended": ("eind_registratie",),
    "inactive": ("tijdstip_inactief", "tijdstip_inactief_lv"),
    "not_bag": ("tijdstip_niet_bag_lv",),
    "name": ("naam", "openbare_ruimte_naam", "woonplaats_naam", "openbareruimte", "woonplaats"),
    "addressed": ("type_adresseerbaar_object",),
}
# A column called so holds a person, or what leads to one.
_PERSONAL = re.compile(
    r"(?:huidige|naam)?eigena(?:ar|ren|ars)s?(?:naam|id|nummer|gegevens)?\d*"
    r"|(?:achter|voor|familie|bedrijfs|handels|huurders?|bewoners?|volledige)?na(?:am|men)"
    r"|bsn.*|burgerservicenummer|kvk.*|.*rechthebbende.*|bewoners?|huurders?|verhuurders?"
    r"|.*geboortedatum|telefoon.*|e?mail.*|iban|rekeningnummer"
)


def recognise(columns: Sequence[str], chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    """Which column holds what.

    Parameters
    ----------
    columns : sequence of str
        Columns of one table.
    chosen : mapping, optional
        Columns that the user names, by field; those that this table lacks are recognised.

    Returns
    -------
    dict
        From a field of `SPELLINGS` or `BAG_SPELLINGS`, ``x``, ``y``, or ``address_`` with a part
        of an address, to a column. Whatever is not in it is never kept.
    """
    chosen = chosen or {}
    found = {}
    for field, spellings in {**SPELLINGS, **BAG_SPELLINGS}.items():
        own = chosen.get(field)
        column = own if own in columns else find(columns, spellings)
        if column is not None:
            found[field] = column
    incident = recognise_incident_columns(columns)
    found |= {name: incident[name] for name in ("x", "y") if {"x", "y"} <= incident.keys()}
    parts = recognise_address_columns(columns)
    if chosen.get(STREET) in columns:
        parts["street"] = chosen[STREET]
    return found | {f"address_{part}": column for part, column in parts.items()}


def check_chosen(chosen: Mapping[str, str], columns: Sequence[str], files: str) -> list[Problem]:
    """What is wrong with the columns that a user names.

    Parameters
    ----------
    chosen : mapping
        From a field to a column.
    columns : sequence of str
        Columns of all tables together.
    files : str
        What to call them in a message.
    """
    problems = []
    for field, column in chosen.items():
        if field not in (*SPELLINGS, STREET):
            near = " or ".join(nearest(field, SPELLINGS)) or ", ".join((*SPELLINGS, STREET))
            problems.append(
                Problem(
                    "A column of buildings is for something that is known.",
                    f"there is nothing called {field!r}",
                    f"perhaps {near}",
                )
            )
        elif field != STREET and _PERSONAL.fullmatch(plain(column)):
            problems.append(names_refused(f"column {column!r} is chosen for '{field}'"))
        elif column not in columns:
            near = " or ".join(nearest(column, columns)) or "one of the columns of the file"
            problems.append(
                Problem(
                    "The column is in the file.",
                    f"{files} has no column {column!r} for '{field}'",
                    f"perhaps {near}",
                )
            )
    return problems


def names_refused(evidence: str) -> Problem:
    """Why something that looks like names of owners is not read; the evidence repeats none."""
    return Problem(
        "Buildings are looked into by form of ownership, never by who owns or lives in them.",
        evidence,
        "replace it by a column with the form of ownership (koop, sociale huur, particuliere "
        "huur), or leave it out; name other words for those under 'ownerships'",
    )


def refuse_names(n_filled: int, n_unknown: int, n_words: int, *, where: str) -> None:
    """Raise when a column of ownership holds mostly something else: names, as a rule.

    Parameters
    ----------
    n_filled, n_unknown : int
        Rows that hold something, and those of them whose word is not known.
    n_words : int
        Different words that are not known.
    where : str
        Column and file, for the message.

    Raises
    ------
    DataError
        When more than `MOST_UNKNOWN_WORDS` different words, or more than half of the rows, are
        no form of ownership. The message repeats none of the words.
    """
    if n_words <= MOST_UNKNOWN_WORDS and n_unknown * 2 <= n_filled:
        return
    evidence = (
        f"in {where} {n_unknown} of {n_filled} filled rows hold {n_words} different words that "
        "are no form of ownership, and may be names"
    )
    raise DataError(str(names_refused(evidence)))


# Forms of ownership are few, however they are written.
MOST_UNKNOWN_WORDS = 20
