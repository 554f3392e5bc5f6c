"""Words that Dutch lists use for types of buildings, forms of ownership and uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from igh_geo.sources.columns import plain


def _spelled(spellings: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The meaning of every word; one that would have two, once signs are left out, is refused."""
    known: dict[str, str] = {}
    for name, words in spellings.items():
        for word in words:
            if known.setdefault(plain(word), name) != name:
                raise ValueError(f"{word!r} stands for both {known[plain(word)]} and {name}")
    return known


# Compared without case, accents and signs. What says that it is a flat and not how high, is a flat.
TYPE_WORDS = _spelled(
    {
        "detached": (
            *("detached", "vrijstaand", "vrijstaande woning", "vrijstaand huis", "vrijstaande"),
            *("vrijstaande eengezinswoning", "villa", "landhuis", "bungalow", "boerderij"),
            *("woonboerderij", "bungalow vrijstaand", "vrijst.", "VRIJ"),
        ),
        "semi_detached": (
            *("semi detached", "2-onder-1-kap", "2 onder 1 kap", "2/1 kap", "2^1 kap", "2-1-kap"),
            *("twee-onder-een-kap", "twee-onder-één-kap", "twee onder 1 kap", "2 onder een kap"),
            *("twee-onder-een-kapwoning", "2-onder-1-kapwoning", "twee-onder-één-kapwoning"),
            *("halfvrijstaand", "half vrijstaand", "halfvrijstaande woning", "tweekapper"),
            *("twee-onder-een-dak", "dubbel woonhuis", "geschakelde 2-onder-1-kapwoning"),
            *("geschakelde twee-onder-een-kap", "tweespanner", "2-kapper", "2-onder-1-dak"),
        ),
        "end_terrace": (
            *("end terrace", "hoekwoning", "hoekhuis", "rijwoning hoek", "hoek", "eindwoning"),
            *("rij-hoekwoning", "hoekwoning in rij", "kopwoning", "eengezinswoning hoek"),
            *("rijtjeshuis hoek", "hoek-rijwoning", "eindrijwoning", "rijhuis hoek"),
        ),
        "mid_terrace": (
            *("mid terrace", "tussenwoning", "rijwoning tussen", "rijtjeshuis", "rijtjeswoning"),
            *("rijwoning", "rijhuis", "rij woning", "tussenhuis", "eengezins tussenwoning"),
            *("eengezinswoning tussen", "rij-tussenwoning", "rijtjeshuis tussen", "terraced"),
            *("tussenwoning/geschakeld", "geschakelde woning", "rijhuis tussen", "terraced house"),
            *("eengezinswoning in rij", "herenhuis tussenwoning"),
        ),
        "flat_low": (
            *("flat low", "flat t/m 4 lagen", "appartement zonder lift", "flat zonder lift"),
            *("laagbouwflat", "etagewoning zonder lift", "portieketagewoning"),
            *("flat tot en met 4 lagen", "portiekflat zonder lift", "galerijflat zonder lift"),
        ),
        "flat_high": (
            *("flat high", "flat 5 lagen of meer", "appartement met lift", "flat met lift"),
            *("hoogbouw", "hoogbouwflat", "woontoren", "torenflat", "sterflat"),
            *("flat vanaf 5 lagen", "galerijflat met lift", "etagewoning met lift"),
            *("portiekflat met lift", "flat meer dan 4 lagen"),
        ),
        "flat": (
            *("flat", "flatwoning", "flatwoning overig", "galerijflat", "galerijwoning", "galerij"),
            *("portiekflat", "portiekwoning", "portiek", "appartement", "appartementen", "etage"),
            *("etagewoning", "bovenwoning", "benedenwoning", "boven-/benedenwoning", "studio"),
            *("benedenwoning/bovenwoning", "beneden-bovenwoning", "gestapelde woning", "gestapeld"),
            *("meergezinswoning", "meergezins", "flatgebouw", "appartementencomplex", "penthouse"),
            *("corridorflat", "apartment", "woongebouw", "hofjesflat", "portiekappartement"),
            *("galerijappartement", "corridorwoning", "bovenhuis", "benedenhuis", "HAT-eenheid"),
            *("kamerwoning", "studentenflat", "seniorenflat", "serviceflat", "duplexwoning"),
            "Woongebouw met niet-zelfstandige woonruimte",
            # Without signs: of "flat > 4 lagen" and "flat 4 lagen" nobody can say which it was.
            "flat 4 lagen",
        ),
        "maisonette": (
            *("maisonette", "maisonnette", "maisonnettewoning", "maisonettewoning", "maison"),
            *("dubbele bovenwoning", "dubbel bovenhuis", "maisonnetteflat", "split-level"),
        ),
        "above_shop": (
            *("above shop", "boven winkel", "woning boven winkel", "winkelwoning", "winkel/woning"),
            *("winkel-woonhuis", "woning boven bedrijf", "bovenwoning winkel", "woon-winkelpand"),
            *("winkel met bovenwoning", "winkel met woning", "winkelwoonhuis", "winkelpand wonen"),
            *("woning boven horeca", "boven winkels", "appartement boven winkel", "woon-winkel"),
        ),
        "business": (
            *("business", "bedrijfspand", "bedrijf", "bedrijfsruimte", "kantoor", "kantoorpand"),
            *("winkel", "winkelpand", "horeca", "horecapand", "café", "restaurant", "hotel"),
            *("bedrijfsgebouw", "winkelruimte", "showroom", "praktijkruimte", "school", "kantoren"),
            *("zorggebouw", "verzorgingstehuis", "sporthal", "kerk", "niet-woning", "utiliteit"),
            *("utiliteitsbouw", "bedrijfsunit", "kantoorruimte", "bedrijfsverzamelgebouw"),
            *("sportgebouw", "onderwijsgebouw", "maatschappelijk vastgoed", "commercieel"),
        ),
        "industrial": (
            *("industrial", "bedrijfshal", "loods", "hal", "industriehal", "fabriek", "magazijn"),
            *("opslaghal", "industrie", "industriepand", "fabriekshal", "distributiecentrum"),
            *("werkplaats", "productiehal", "opslagloods", "warehouse", "kas", "tuinderskas"),
            *("agrarische loods", "stal", "schuur agrarisch", "bedrijfsloods", "industriegebouw"),
            *("opslag/distributie", "landbouwschuur", "veestal"),
        ),
        "garage": (
            *("garage", "garagebox", "garageboxen", "berging", "opslag", "box", "parkeerplaats"),
            *("schuur", "bergruimte", "parkeergarage", "garage/berging", "opslagruimte"),
            *("storage", "opslagbox", "fietsenberging", "stalling", "carport", "schuurtje"),
        ),
        "houseboat": (
            *("houseboat", "woonboot", "woonark", "woonschip", "ligplaats", "ark", "waterwoning"),
            *("drijvende woning", "woonboten", "schip", "woonvaartuig"),
        ),
        "caravan": (
            *("caravan", "woonwagen", "standplaats", "stacaravan", "chalet", "woonwagens"),
            *("woonwagenstandplaats", "stacaravan/chalet", "mobile home", "tiny house"),
        ),
        "unknown": ("unknown", "onbekend"),
    }
)
OWNERSHIP_WORDS = _spelled(
    {
        "owner_occupied": (
            *("owner occupied", "koop", "koopwoning", "eigenaar-bewoner", "eigen woning", "eigen"),
            *("eigenaarbewoner", "eigenwoningbezit", "eigen bewoning", "particulier eigendom"),
            *("bewoond door eigenaar", "koopwoningen", "eigenaar", "eigendom bewoner", "owner"),
            *("eigenaar/bewoner", "eigen bezit", "koopsector", "eigenaren-bewoners"),
        ),
        "corporation": (
            *("corporation", "corporatie", "woningcorporatie", "sociale huur", "sociaal"),
            *("woningbouwvereniging", "woningbouwcorporatie", "corporatiewoning", "corporatiehuur"),
            *("huur corporatie", "sociale huurwoning", "sociale verhuur", "toegelaten instelling"),
            *("huurwoning corporatie", "corporatiebezit", "bezit corporatie", "woningstichting"),
            *(
                "huur sociaal",
                "eigendom woningcorporatie",
                "sociale huursector",
                "huur van corporatie",
            ),
        ),
        "private_rent": (
            *("private rent", "particuliere huur", "particuliere verhuur", "vrije sector"),
            *("vrije sector huur", "huur vrije sector", "belegger", "huur particulier"),
            *("particuliere verhuurder", "overige verhuurders", "overige verhuur", "commercieel"),
            *(
                "huur overige verhuurders",
                "eigendom overige verhuurders",
                "institutionele belegger",
            ),
            *(
                "beleggers",
                "particuliere huurwoning",
                "kamerverhuur",
                "middenhuur",
                "geliberaliseerd",
            ),
            *("commerciële verhuur", "particulier verhuurd", "buy-to-let", "overige huur"),
        ),
        "rent": ("rent", "huur", "huurwoning", "verhuurd", "verhuur", "huurwoningen", "huursector"),
        "unknown": (
            "unknown",
            "onbekend",
            "eigendom onbekend",
            "overig",
            "overige",
            "nvt",
            "n.v.t.",
        ),
    }
)
# The eleven uses of the BAG, and words for them in other lists.
USE_WORDS = _spelled(
    {
        "woonfunctie": ("woonfunctie", "wonen", "woning", "woon"),
        "bijeenkomstfunctie": ("bijeenkomstfunctie", "bijeenkomst", "horeca"),
        "celfunctie": ("celfunctie", "cel"),
        "gezondheidszorgfunctie": ("gezondheidszorgfunctie", "gezondheidszorg", "zorg"),
        "industriefunctie": ("industriefunctie", "industrie", "bedrijf"),
        "kantoorfunctie": ("kantoorfunctie", "kantoor"),
        "logiesfunctie": ("logiesfunctie", "logies", "hotel"),
        "onderwijsfunctie": ("onderwijsfunctie", "onderwijs", "school"),
        "overige gebruiksfunctie": (
            "overige gebruiksfunctie",
            "overig",
            "overige",
            "gebruiksfunctie",
        ),
        "sportfunctie": ("sportfunctie", "sport"),
        "winkelfunctie": ("winkelfunctie", "winkel", "detailhandel"),
    }
)
_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]")
_BETWEEN_USES = re.compile(r"[{}\[\]'\";,|/+&]+|\ben\b")


def words_for(text: pd.Series, known: Mapping[str, str]) -> pd.Series:
    """Translate words, with or without what stands between brackets.

    Parameters
    ----------
    text : pandas.Series of str
        Missing values allowed.
    known : mapping
        From a word without case, accents and signs to its meaning; see `with_own`.

    Returns
    -------
    pandas.Series of str
        On the same index; missing where the text is missing or not known.
    """

    def meaning(word: str) -> str | None:
        whole = known.get(plain(word))
        return whole if whole is not None else known.get(plain(_BRACKETS.sub("", word)))

    return meanings(text, meaning)


def with_own(words: Mapping[str, str], own: Mapping[str, str] | None) -> dict[str, str]:
    """A vocabulary with words of the user's own, which come first."""
    return {**words, **{plain(word): name for word, name in (own or {}).items()}}


def read_uses(text: pd.Series) -> pd.Series:
    """Uses of an object: sorted, each once, joined by one space.

    Parameters
    ----------
    text : pandas.Series of str
        ``{woonfunctie,winkelfunctie}``, ``['woonfunctie']``, ``woonfunctie, winkelfunctie``;
        missing values allowed.

    Returns
    -------
    pandas.Series of str
        On the same index: ``winkelfunctie woonfunctie``; nothing ("") where none is told or known.
    """

    def meaning(cell: str) -> str:
        parts = (plain(part) for part in _BETWEEN_USES.split(cell))
        found = {USE_WORDS[part] for part in parts if part in USE_WORDS}
        # Some join them with a space; "overige gebruiksfunctie" is one use of two words.
        if not found:
            found = {USE_WORDS[plain(word)] for word in cell.split() if plain(word) in USE_WORDS}
        return " ".join(sorted(found))

    return meanings(text, meaning).fillna("").astype("str")


def meanings(text: pd.Series, meaning: Callable[[str], str | None]) -> pd.Series:
    """The meaning of every text, each different one looked up once.

    Parameters
    ----------
    text : pandas.Series of str
        Missing values allowed.
    meaning : callable
        From a text to what it means, None where that is not known.

    Returns
    -------
    pandas.Series of str
        On the same index; missing where the text is missing or not known.
    """
    position, different = pd.factorize(text)
    told = [meaning(str(word)) for word in different.tolist()]
    # Position -1 (missing) picks the last, which is missing.
    return pd.Series(pd.array([*told, None], dtype="str").take(position), index=text.index)
