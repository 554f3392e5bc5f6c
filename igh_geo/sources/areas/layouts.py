"""The layouts of CBS, PDOK and municipalities: under which names they give what about an area."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from igh_geo.sources.columns import find, plain

# As everywhere, the first spelling that a file has is taken. Camel case (PDOK 2024 and later) and
# snake case (2021 to 2023) are one spelling, for `find` looks past capitals and underscores;
# names of ten letters are those of shapefiles (2013 to 2020), `a_` and `p_` those of the
# spreadsheets of key figures (kwb), and English ones those of packages and of our own tables.
CODES: dict[str, tuple[str, ...]] = {
    "buurt": ("buurtcode", "bu_code", "bu", "cbs_buurtcode", "buurtcode_cbs", "buurt_code"),
    "wijk": ("wijkcode", "wk_code", "wk", "cbs_wijkcode", "wijkcode_cbs", "wijk_code"),
    "gemeente": (
        *("gemeentecode", "gm_code", "gm", "cbs_gemeentecode", "gemeentecode_cbs", "gem_code"),
        "gemcode",
    ),
}
# Levels of which no other is known by its code.
OTHER_CODES: dict[str, tuple[str, ...]] = {
    "postcode": (
        *("postcode", "postcode4", "pc4", "pc4_code", "pc4code", "postcode_4", "postcodegebied"),
        *("postcode5", "pc5", "pc5_code", "postcode6", "pc6", "pc6_code"),
    ),
}
ANY_CODES = (
    *("area_code", "cbscode", "statcode", "gwb_code_10", "gwb_code10", "gwb_code", "regiocode"),
    *("codering", "wijken_en_buurten", "regios", "regio_code"),
    *("regiocode (gemeente, wijk, buurt) (code)", "nhood_id", "gebiedscode", "code", "key"),
    *("identificatie", "id", "jrstatcode", "jaarstatcode"),
)
# The squares of CBS name themselves by their lower-left corner.
GRID_CODES = ("c28992r100", "crs28992res100m", "c28992r500", "crs28992res500m")
NAMES: dict[str, tuple[str, ...]] = {
    "buurt": ("buurtnaam", "bu_naam"),
    "wijk": ("wijknaam", "wk_naam"),
    "gemeente": ("gemeentenaam", "gm_naam", "gemnaam"),
}
ANY_NAMES = ("naam", "name", "statnaam", "regio", "gebiedsnaam", "title", "omschrijving")

FIGURES: dict[str, tuple[str, ...]] = {
    "population": ("population", "aantal_inwoners", "aant_inw", "a_inw", "inwoners", "bevolking"),
    "households": (
        *("households", "aantal_huishoudens", "aantal_hh", "a_hh", "huishoudens_totaal"),
        *("huishoudens", "particuliere_huishoudens"),
    ),
    "dwellings": (
        *("dwellings", "aantal_woningen", "woningvoorraad", "woningen", "a_woning", "wvoorraad"),
        *("dwelling_total", "voorraad_woningen"),
    ),
    "addresses": ("addresses", "aantal_adressen", "adressen", "bag_adressen_totaal"),
}
# Figures that are no size of an area: shown as context, never a denominator.
EXTRA_FIGURES: dict[str, tuple[str, ...]] = {
    "woz_1000_euro": (
        *("woz_1000_euro", "gemiddelde_woz_waarde_van_woningen", "gemiddelde_woz_waarde_woning"),
        *("gemiddelde_woningwaarde", "woz_waarde", "gem_woz_waarde", "g_wozbag", "g_woz", "woz"),
        "dwelling_value",
    ),
    "single_family_percent": (
        *("single_family_percent", "percentage_eengezinswoning", "percentage_eengezinswoningen"),
        *("p_1gezw", "pct_eengezins", "eengezinswoning"),
    ),
    "multi_family_percent": (
        *("multi_family_percent", "percentage_meergezinswoning", "percentage_meergezinswoningen"),
        *("p_mgezw", "pct_meergezins", "meergezinswoning"),
    ),
    "owner_occupied_percent": (
        *("owner_occupied_percent", "percentage_koopwoningen", "p_koopwon", "p_koopw"),
        *("koopwoningen", "dwelling_ownership"),
    ),
    "rented_percent": (
        *("rented_percent", "percentage_huurwoningen", "p_huurwon", "p_huurw"),
        *("huurwoningen_totaal", "huurwoningen"),
    ),
}
# Land area, with what one unit of the column is in square kilometres.
LAND: tuple[tuple[str, float], ...] = (
    ("area_km2", 1.0),
    ("oppervlakte_land_in_ha", 0.01),
    ("oppervlakte_land_ha", 0.01),
    ("a_lan_ha", 0.01),
    ("opp_land", 0.01),
    ("oppervlakte_land", 0.01),
    # Last: where a table has both, this one is rounded more.
    ("oppervlakte_land_km2", 1.0),
)
# A bare word: what it is measured in, and whether it is land, only the outlines can tell.
BARE_LAND = ("area", "oppervlakte")
WATER = ("is_water", "water")
YEARS = ("boundary_year", "jrstatcode", "jaarstatcode", "jaar", "jaarcode")
PERIODS = ("perioden", "periode", "period")

# Measures of OData v4 by their codes, for observations without their list of measures beside.
MEASURES = {
    "T001036": "Aantal inwoners",
    "1050010_2": "Huishoudens totaal",
    "M000297": "Woningvoorraad",
    "M001642": "Gemiddelde WOZ-waarde van woningen",
    "A047044": "Oppervlakte land",
}

_YEAR_SUFFIX = re.compile(r"[_ \-]?(?:19|20)\d{2}$")
_UNIT = re.compile(r"\s*\([^()]*\)\s*$")


def find_column(columns: Iterable[str], spellings: Sequence[str]) -> str | None:
    """First column with one of the spellings, also under a heading, a unit or a year.

    StatLine writes ``Bevolking/Aantal inwoners (aantal)``, municipalities ``buurtcode_2024``. A
    column that has the bare spelling goes before one with such trimmings.

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
    names = [str(name) for name in columns]
    bare = find(names, spellings)
    if bare is not None:
        return bare
    trimmed: dict[str, str] = {}
    for name in names:
        trimmed.setdefault(plain(_trim(name)), name)
    return next((trimmed[word] for word in map(plain, spellings) if word in trimmed), None)


def year_in_code_column(columns: Iterable[str]) -> int | None:
    """Year that stands behind the name of a code column, as in ``buurtcode_2024``."""
    known = {plain(word) for words in CODES.values() for word in words}
    years = {
        int(told.group()[-4:])
        for name in map(str, columns)
        if (told := _YEAR_SUFFIX.search(name)) and plain(_YEAR_SUFFIX.sub("", name)) in known
    }
    return years.pop() if len(years) == 1 else None


def _trim(name: str) -> str:
    return _YEAR_SUFFIX.sub("", _UNIT.sub("", name.rsplit("/", 1)[-1]))
