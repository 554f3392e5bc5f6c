"""The PDOK Locatieserver: one address in, candidates with RD coordinates out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from igh_geo.crs import RD_X_M, RD_Y_M
from igh_geo.errors import Problem
from igh_geo.sources.services.web import ServiceError, Web

FREE = "https://api.pdok.nl/bzk/locatieserver/search/v3_1/free"

# What comes back; nothing else is asked for.
_FIELDS = (
    "type",
    "score",
    "straatnaam",
    "huisnummer",
    "huisletter",
    "huisnummertoevoeging",
    "postcode",
    "woonplaatsnaam",
    "centroide_rd",
)
_POINT = re.compile(r"POINT\(([-\d.]+) ([-\d.]+)\)")
_MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Candidate:
    """A place that the service offers.

    Attributes
    ----------
    kind : str
        ``adres``, ``weg`` (a street as a whole) or ``postcode``.
    score : float
        How well the words fit, in a measure of the service's own.
    street, postcode, place : str
        Empty where there is none.
    number : int or None
        House number.
    suffix : str
        Letter and addition, joined, without signs.
    x, y : float
        Metres, EPSG:28992.
    """

    kind: str
    score: float
    street: str
    number: int | None
    suffix: str
    postcode: str
    place: str
    x: float
    y: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for keeping."""
        return dict(self.__dict__)


def look_up(web: Web, words: str, *, kinds: tuple[str, ...] = ("adres",)) -> list[Candidate]:
    """Ask for the places that fit the words.

    Parameters
    ----------
    web : Web
        The session.
    words : str
        An address and nothing else: this text leaves the building.
    kinds : tuple of str
        Kinds of places.

    Returns
    -------
    list of Candidate
        The best first; those without a place in RD are left out. The service also offers the
        nearest other house number: whoever asks must compare.

    Raises
    ------
    ServiceError
        When the service fails or answers in another form; the message holds no address.
    """
    answer = web.get_json(
        FREE,
        {
            # Signs that mean something to a search engine mean nothing in an address.
            "q": " ".join(re.sub(r"[^\w\s'.]", " ", words).split()),
            "fq": f"type:({' OR '.join(kinds)})",
            "fl": ",".join(_FIELDS),
            "rows": str(_MOST_CANDIDATES),
        },
        is_private=True,
    )
    try:
        found = [_candidate(doc) for doc in answer.value["response"]["docs"]]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        problem = Problem(
            "The service answers in the form that it documents.",
            f"an answer of the Locatieserver lacks or has otherwise: {type(error).__name__}",
            "the service may have changed: tell the makers of igh-geo what stands here",
        )
        # The error itself may repeat what was asked.
        raise ServiceError(str(problem)) from None
    return [candidate for candidate in found if candidate is not None]


def _candidate(doc: dict[str, Any]) -> Candidate | None:
    point = _POINT.fullmatch(str(doc.get("centroide_rd", "")))
    if point is None:
        return None
    x, y = float(point[1]), float(point[2])
    if not (RD_X_M[0] <= x <= RD_X_M[1] and RD_Y_M[0] <= y <= RD_Y_M[1]):
        return None
    suffix = f"{doc.get('huisletter') or ''}{doc.get('huisnummertoevoeging') or ''}"
    number = doc.get("huisnummer")
    return Candidate(
        kind=str(doc.get("type", "")),
        score=float(doc.get("score") or 0.0),
        street=str(doc.get("straatnaam") or ""),
        # Half a house number is none: 5.7 must not become 5.
        number=int(str(number)) if number is not None else None,
        suffix=re.sub(r"[^0-9A-Z]", "", suffix.upper()),
        postcode=str(doc.get("postcode") or "").replace(" ", "").upper(),
        place=str(doc.get("woonplaatsnaam") or ""),
        x=x,
        y=y,
    )
