"""Figures that no signal may rest on, known by the words in their names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from igh_geo.signs import bare


@dataclass(frozen=True)
class Refusal:
    """A word that is refused, and what it is about.

    Attributes
    ----------
    word : str
        As it was found.
    about : str
        One of ABOUT, in the English of error messages.
    """

    word: str
    about: str


@dataclass(frozen=True)
class _Words:
    """Words of one class: anywhere in a word of a name, at the start of one, or all of one."""

    anywhere: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


# Special categories of personal data (art. 9 and 10 GDPR), what stands in for them, and what says
# how poor people are. Dutch compounds hold the word anywhere: basisbijstand, huurtoeslag.
ABOUT: dict[str, _Words] = {
    "origin, nationality or migration": _Words(
        anywhere=(
            *("herkomst", "afkomst", "migrat", "migrant", "immigr", "emigr", "nationalit"),
            *("allocht", "autocht", "etnic", "etnisch", "ethnic", "vluchteling", "refugee"),
            *("statushoud", "asielzoek", "asylum", "vreemdeling", "geboorteland", "buitenlander"),
            *("nietwesters", "nonwestern", "marokk", "maroc", "antill", "surina", "caribisch"),
            *("moedertaal", "thuistaal", "inburger", "birthcountry", "foreignborn", "huidskleur"),
        ),
        start=(
            *("marok", "moroc", "turk", "westers", "arub", "afrikaan", "arabi", "syri", "somali"),
            *("eritre", "poolse", "polen", "roemeen", "bulgar", "oekrai", "ukrain", "asiel"),
            *("herk", "foreigner", "buitenlands", "country of birth", "country of origin"),
            *("oost europ", "oosteurop", "buiten europ", "west al", "n w al", "ant aru"),
            *("foreign born", "geboren in", "geboren buiten", "dutch caribbean"),
        ),
        # The last are abbreviations of CBS (wijken en buurten): a_antaru, p_nw_all, a_geb_nl.
        whole=(
            *("ras", "race", "racial", "origin", "origins", "roma", "sinti", "zigeuner"),
            *("nwal", "westal", "western", "antaru", "suri", "tur", "nw", "neu", "geb", "gbl"),
        ),
    ),
    "religion or belief": _Words(
        anywhere=(
            *("religi", "moslim", "muslim", "islam", "moskee", "mosque", "synagog", "kerkelijk"),
            *("levensbeschouw", "levensovertuig", "kerkgang", "kerkbezoek", "christen", "hindoe"),
        ),
        start=("geloof", "gelovig", "joods", "jewish", "katholi", "catholic", "protestant"),
        whole=("kerk", "kerken", "church", "churches", "belief", "faith"),
    ),
    "benefits or poverty": _Words(
        anywhere=(
            *("uitkering", "bijstand", "toeslag", "armoede", "poverty", "laaginkomen", "minima"),
            *("lageinkomen", "laagsteinkomen", "werkloos", "unemploy", "arbeidsongeschikt"),
            *("participatiewet", "wajong", "voedselbank", "kwijtschelding", "inkomensondersteun"),
        ),
        # Persons by income (p_ink_li) and households with a low one (p_hh_li), of CBS.
        start=(
            *("bijst", "benefit", "welfare"),
            *("sociaal minimum", "sociale zekerheid", "social security"),
            *("laag inkomen", "lage inkomen", "laagste inkomen", "low income", "p ink", "hh l"),
        ),
        whole=(
            *("ww", "ao", "wao", "wia", "wga", "iva", "aow", "anw", "ioaw", "ioaz", "soz", "osm"),
            "bst",
        ),
    ),
    "debts": _Words(
        anywhere=(
            *("schulden", "schuldhulp", "schuldsaner", "wanbetal", "betalingsacht", "incasso"),
            *(
                "huurachterstand",
                "beslaglegg",
                "bewindvoer",
                "faillis",
                "bankrupt",
                "huishoudschuld",
            ),
            *("probleemschuld", "studieschuld", "restschuld"),
        ),
        start=("schuld", "debt", "indebted", "bkr", "wsnp", "arrears"),
    ),
    "health or care": _Words(
        anywhere=(
            *(
                "gezondheid",
                "health",
                "verslaa",
                "verslav",
                "addict",
                "depress",
                "psychi",
                "psycho",
            ),
            *("handicap", "disab", "medicijn", "medicat", "overgewicht", "obes", "jeugdzorg"),
            *("zorggebruik", "zorgkosten", "zorgmijd", "thuiszorg", "verwarde", "eenzaam", "lonel"),
            *("diagnos", "patient", "suicid", "zelfdoding", "ziekte", "zieken", "illness"),
            *("disease", "beperkingen", "aandoening", "dement"),
        ),
        start=(
            *("ziek", "sick", "pgb", "jeugdhulp", "youth care", "mentaal", "mental", "wmo", "ggz"),
        ),
        whole=("gezond", "wlz", "zvw", "drugsgebruik", "alcoholgebruik", "roken", "rokers"),
    ),
    "sexual life, politics or a trade union": _Words(
        anywhere=(
            "seksue",
            "sexual",
            "geaardheid",
            "homose",
            "stemgedrag",
            "vakbond",
            "tradeunion",
        ),
        start=("politieke voork", "lhbt", "lgbt", "transgender", "prostitu", "sekswerk"),
    ),
    "single persons or households": _Words(
        anywhere=(
            *("burgerservice", "geboortedatum", "achternaam", "voornaam", "telefoonnummer"),
            *("kenteken", "verdacht", "veroordee", "antecedent", "recidiv", "strafblad", "suspect"),
            *("convict", "bewonersnaam", "eigenaarsnaam", "huishoudnummer", "persoonsnummer"),
        ),
        start=("person id", "household id", "huishouden id", "persoon id"),
        whole=("bsn", "naam", "surname", "dader", "daders", "slachtoffer", "slachtoffers"),
    ),
}

# Cyrillic and Greek letters that look like ours.
_LOOK_ALIKE = str.maketrans("аеорсухіѕјкмнтвαεοικντρ", "aeopcyxisjkmhtbaeoikvtp")
# Words of another meaning that hold one of the above: they are left out before looking.
_HARMLESS = (
    *("ziekenhuis", "ziekenhuizen", "dierenasiel", "dierenasielen", "binnenstedelijke migratie"),
    *("turkoois", "turkooizen", "geloofwaardig", "minimale", "minimaal", "schuldig", "hemelwater"),
    *("healthclub", "schuldloos", "bedrijfsnaam", "straatnaam", "buurtnaam", "wijknaam"),
)


def refusal_of(name: str) -> Refusal | None:
    """Say whether a name of a figure or column is about what no signal may rest on.

    Parameters
    ----------
    name : str
        What a reader sees, or a column of a file, in any spelling: with capitals, underscores,
        accents, or written together as the tables of CBS do (``NietWestersTotaal_18``).

    Returns
    -------
    Refusal or None
        The first word found; None where there is none. Words are all it goes by: of a column
        named ``k7`` it cannot know what it holds.

    Notes
    -----
    Generous on purpose: a figure that is refused without need costs an indicator; one that is let
    through costs the trust in all others.
    """
    words = _words(name)
    text = " " + " ".join(words)
    for about, listed in ABOUT.items():
        found = next((stem for stem in listed.anywhere if stem in text), None)
        found = found or next((stem for stem in listed.start if f" {stem}" in text), None)
        found = found or next((word for word in words if word in listed.whole), None)
        if found is not None:
            return Refusal(found, about)
    return None


def _words(name: str) -> list[str]:
    """Small letters without accents, split at signs, figures and capitals inside a word."""
    plain = unicodedata.normalize("NFKD", bare(name).translate(_LOOK_ALIKE))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain).lower()
    for word in _HARMLESS:
        spaced = spaced.replace(word, " ")
    # Letters that stand apart are a word as well: h e r k o m s t.
    spaced += "".join(
        f" {run.replace(' ', '')}" for run in re.findall(r"\b(?:[a-z] ){3,}[a-z]\b", spaced)
    )
    return re.findall(r"[a-z]+", spaced)
