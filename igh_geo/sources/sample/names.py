"""Names of the made-up municipality: wijken, buurten and streets, none of them a real address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Character = Literal["centre", "pre_war", "post_war", "suburb", "new", "harbour", "rural"]

MUNICIPALITY_CODE = "GM9999"
MUNICIPALITY_NAME = "Voorbeeldstad"
RIVER_NAME = "De Vloed"


@dataclass(frozen=True)
class District:
    """One wijk of the plan: its place in the rings and sectors, and the names of its buurten.

    Parameters
    ----------
    number : int
        Position in the wijk code (WK9999nn).
    name : str
        Name of the wijk.
    character : Character
        Time and type of building; decides density and the mix of dwelling types.
    place : tuple of (str, int, int)
        Bank of the river, ring from the centre outwards, sector within that ring.
    neighbourhoods : tuple of str
        Names of its buurten; their number is the number of pieces it is cut into.
    """

    number: int
    name: str
    character: Character
    place: tuple[str, int, int]
    neighbourhoods: tuple[str, ...]


DISTRICTS: tuple[District, ...] = (
    District(
        0,
        "Binnenstad",
        "centre",
        ("south", 0, 0),
        (
            "Grote Markt",
            "Bagijnenhof",
            "Kerkkwartier",
            "Havenkom",
            "Nieuwstad",
            "Vestingkwartier",
            "Vismarkt",
        ),
    ),
    District(
        1,
        "Westersingel",
        "pre_war",
        ("south", 1, 0),
        (
            "Zeeheldenkwartier",
            "Touwslagersbaan",
            "Gasthuisbuurt",
            "Schipperskwartier",
            "Kanonnierswal",
            "Lijnbaan-West",
        ),
    ),
    District(
        2,
        "Stationskwartier",
        "pre_war",
        ("south", 1, 1),
        (
            "Stationsbuurt",
            "Spoorzone",
            "Emmakwartier",
            "Willemspark",
            "Postkwartier",
            "Molenpoort",
        ),
    ),
    District(
        3,
        "Zuidersingel",
        "pre_war",
        ("south", 1, 2),
        (
            "Schildersbuurt",
            "Dichtersbuurt",
            "Zuiderpark",
            "Bloemenbuurt",
            "Oranjebuurt",
            "Tuindorp 't Zand",
        ),
    ),
    District(
        4,
        "Oosterpoort",
        "pre_war",
        ("south", 1, 3),
        ("Veemarkt", "Oude Rijn", "Gildenbuurt", "Wilhelminapark", "Bolwerk", "Oostersingel"),
    ),
    District(
        5,
        "Havens",
        "harbour",
        ("south", 2, 0),
        ("Industriehaven", "Westhaven", "De Kade", "Werfplein", "Sluiswijk", "Kolenhaven"),
    ),
    District(
        6,
        "Molenwijk",
        "post_war",
        ("south", 2, 1),
        (
            "Korenmolen",
            "Wieksloot",
            "Componistenbuurt",
            "Molenweide",
            "Stellinghof",
            "Rietveldbuurt",
            "Zaagmolen",
            "Meelbuurt",
        ),
    ),
    District(
        7,
        "Zuidwijk",
        "post_war",
        ("south", 2, 2),
        (
            "Staatsliedenbuurt",
            "Europabuurt",
            "Planetenbuurt",
            "Zonnehof",
            "Sterrenwacht",
            "Burgemeestersbuurt",
            "Parkflats",
            "Maanplein",
        ),
    ),
    District(
        8,
        "Lindenhof",
        "suburb",
        ("south", 2, 3),
        (
            "Lindenpark",
            "Beukenlaan en omgeving",
            "Kruidenbuurt",
            "Vlinderbuurt",
            "Notenhof",
            "Essenhage",
            "Wilgenrode",
        ),
    ),
    District(
        9,
        "Oosterveld",
        "suburb",
        ("south", 2, 4),
        (
            "Korenveld",
            "Haverkamp",
            "Boekweit",
            "Gerstkamp",
            "Vlasakkers",
            "De Schoven",
            "Klaverweide",
        ),
    ),
    District(
        10,
        "Overstroom",
        "post_war",
        ("north", 2, 0),
        (
            "Brughoofd",
            "Rivierenbuurt",
            "Vogelbuurt",
            "Reigershof",
            "Zwanenveld",
            "Meeuwenstein",
            "Kievitsbuurt",
            "Lepelaarplein",
        ),
    ),
    District(
        11,
        "Nieuwe Oever",
        "new",
        ("north", 2, 1),
        (
            "Waterrijk",
            "Steigereiland",
            "Lisdodde",
            "De Boeien",
            "Vuurtorenpark",
            "Zilverstrand",
            "Oeverhof",
            "Rietkraag",
        ),
    ),
    District(
        12,
        "Westerpolder",
        "rural",
        ("south", 3, 0),
        ("Zoutkreek", "Hoge Dijk", "Polder De Hoop", "Verspreide huizen West"),
    ),
    District(
        13,
        "Zandhove en omstreken",
        "rural",
        ("south", 3, 1),
        (
            "Buitengebied Zandhove",
            "'s-Heerenbos",
            "Heidelaar",
            "Kloosterveld",
            "Verspreide huizen Zuid",
        ),
    ),
    District(
        14,
        "Uiterwaarden",
        "rural",
        ("south", 3, 2),
        ("Oosterwaard", "Steenoven", "Landgoed Rozenhaag", "Verspreide huizen Oost"),
    ),
    District(
        15,
        "Noorderpolder",
        "rural",
        ("north", 3, 0),
        ("Noordermeer", "Café De Kruising", "Lage Weide", "Zevenhuizen-Noord", "Koggenland"),
    ),
)

FLOODPLAIN_NAME = "Buitendijks gebied"
VILLAGE_NAME = "Zandhove"

STREET_STEMS: dict[Character, tuple[str, ...]] = {
    "centre": (
        "Korte",
        "Lange",
        "Molen",
        "Vis",
        "Kaas",
        "Boter",
        "Zadel",
        "Smeden",
        "Wevers",
        "Klok",
        "Ridder",
        "Snoek",
    ),
    "pre_war": (
        "Wilhelmina",
        "Emma",
        "Tromp",
        "Evertsen",
        "Hendrik",
        "Sophia",
        "Nassau",
        "Pauwen",
        "Linnen",
        "Touw",
        "Anker",
        "Vondel",
        "Bredero",
        "Mauve",
    ),
    "post_war": (
        "Saturnus",
        "Venus",
        "Mercurius",
        "Thorbecke",
        "Bizet",
        "Mozart",
        "Brahms",
        "Reiger",
        "Kievit",
        "Wulp",
        "Grutto",
        "Spreeuwen",
        "Orion",
        "Troelstra",
    ),
    "suburb": (
        "Linde",
        "Beuken",
        "Esdoorn",
        "Kastanje",
        "Hazelaar",
        "Tijm",
        "Salie",
        "Rogge",
        "Haver",
        "Atalanta",
        "Klaver",
        "Korenbloem",
        "Wilgen",
    ),
    "new": (
        "Zeil",
        "Kluiver",
        "Boei",
        "Fregat",
        "Kompas",
        "Schelpen",
        "Lisdodde",
        "Riet",
        "Zilver",
        "Vuurtoren",
        "Sextant",
        "Brigantijn",
    ),
    "harbour": ("Kraan", "Werf", "Kolen", "Sluis", "Bunker", "Scheeps", "Container", "Loods"),
    "rural": ("Dijk", "Polder", "Heide", "Bosch", "Kerk", "Veen", "Zand", "Hoeve", "Tol", "Waard"),
}

STREET_ENDINGS: dict[Character, tuple[str, ...]] = {
    "centre": ("straat", "steeg", "gracht", "plein", "markt"),
    "pre_war": ("straat", "kade", "laan", "singel", "plein"),
    "post_war": ("straat", "laan", "plein", "hof", "weg", "plantsoen"),
    "suburb": ("laan", "hof", "pad", "dreef", "straat", "erf"),
    "new": ("kade", "straat", "laan", "hof", "steiger", "boog"),
    "harbour": ("weg", "kade", "straat", "dok"),
    "rural": ("weg", "dijk", "laan", "pad", "steeg"),
}
STREET_PREFIXES = ("", "Oude ", "Nieuwe ", "Kleine ", "Eerste ", "Tweede ", "Achter ", "Hoge ")
