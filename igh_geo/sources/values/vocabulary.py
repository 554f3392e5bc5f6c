"""Words that Dutch and English files use for the kinds, qualities and yes or no of the tables."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from igh_geo.sources.columns import plain

KIND_WORDS: dict[str, str] = {
    **dict.fromkeys(
        ("melding", "meldingen", "klacht", "overlastmelding", "report", "complaint"), "report"
    ),
    **dict.fromkeys(
        ("waarneming", "constatering", "observatie", "signalering", "observation"), "observation"
    ),
    **dict.fromkeys(("waarschuwing", "officielewaarschuwing", "warning"), "warning"),
    **dict.fromkeys(
        (
            *("bekeuring", "boete", "bestuurlijkeboete", "beschikking", "procesverbaal", "pv"),
            *("combibon", "bon", "fine"),
        ),
        "fine",
    ),
    **dict.fromkeys(("misdrijf", "aangifte", "delict", "offence", "offense", "crime"), "offence"),
}
QUALITY_WORDS: dict[str, str] = {
    **dict.fromkeys(("adres", "address", "huisnummer", "pand", "verblijfsobject"), "address"),
    **dict.fromkeys(("straat", "street", "wegvak", "openbareruimte"), "street"),
    **dict.fromkeys(("postcode", "postcode6", "pc6", "postcode4", "pc4"), "postcode"),
    **dict.fromkeys(("centroide", "centroid", "zwaartepunt", "buurt", "wijk"), "centroid"),
    **dict.fromkeys(("onbekend", "unknown"), "unknown"),
}
# Who found a case. Never the word of a file itself: it may be the name of an officer.
DETECTION_WORDS: dict[str, str] = {
    **dict.fromkeys(
        (
            *("netbeheerder", "netbeheer", "energieleverancier", "energiebedrijf", "stedin"),
            *("enexis", "liander", "energiefraude", "gridoperator", "grid_operator", "nutsbedrijf"),
            *("meldingnetbeheerder", "tipnetbeheerder", "fraudemeldingnetbeheerder"),
        ),
        "grid_operator",
    ),
    **dict.fromkeys(
        (
            *("politie", "police", "opsporing", "politieonderzoek", "politiecontrole", "recherche"),
            *("wijkagent", "heterdaad", "doorzoeking", "inval", "warmtebeeld", "helikopter"),
        ),
        "police",
    ),
    **dict.fromkeys(
        ("brandweer", "brand", "fire", "firebrigade", "brandmelding", "woningbrand"), "fire"
    ),
    **dict.fromkeys(
        (
            *("tip", "tips", "anoniemetip", "anoniememelding", "mma", "meldmisdaadanoniem"),
            *(
                "melding",
                "burgermelding",
                "meldingburger",
                "meldingbuurt",
                "buurtmelding",
                "burger",
            ),
            *("bewonersmelding", "omwonende", "omwonenden", "buren", "meldingbewoner", "anoniem"),
            "burger",
        ),
        "tip",
    ),
    **dict.fromkeys(
        (
            *("woningcorporatie", "corporatie", "verhuurder", "woningbouw", "housingcorporation"),
            *("woningstichting", "corporation", "woningbouwvereniging", "huurcontrole"),
        ),
        "corporation",
    ),
    **dict.fromkeys(
        (
            *("gemeente", "toezichthouder", "toezicht", "handhaving", "boa", "municipality"),
            *("bouwtoezicht", "interventieteam", "adrescontrole", "integralecontrole", "riec"),
            *("bestuurlijkecontrole", "gemeentelijkecontrole", "handhaver", "inspectie"),
        ),
        "municipality",
    ),
    **dict.fromkeys(("anders", "overig", "overige", "other", "divers"), "other"),
}
YES_NO_WORDS: dict[str, str] = {
    **dict.fromkeys(("ja", "j", "yes", "y", "true", "waar", "1", "x"), "yes"),
    **dict.fromkeys(("nee", "n", "no", "false", "onwaar", "0"), "no"),
}


def translate(
    text: pd.Series, words: Mapping[str, str], *, by_first_word: bool = False
) -> pd.Series:
    """Translate a column word by word.

    Parameters
    ----------
    text : pandas.Series of str
        Missing values allowed; compared without case, accents and punctuation.
    words : mapping
        From a plain spelling to its translation.
    by_first_word : bool
        Of several words that are not known together the first may tell: "Waarneming BOA".

    Returns
    -------
    pandas.Series of str
        On the same index; missing where the text is missing or not among the words.
    """
    position, different = pd.factorize(text)
    told = [words.get(plain(word)) for word in different.tolist()]
    if by_first_word:
        first = [plain(re.split(r"[^\w]+", word.strip(), maxsplit=1)[0]) for word in different]
        told = [known or words.get(word) for known, word in zip(told, first, strict=True)]
    # Position -1 (missing) picks the last, which is missing.
    meanings = pd.array([*told, None], dtype="str")
    return pd.Series(meanings.take(position), index=text.index)
