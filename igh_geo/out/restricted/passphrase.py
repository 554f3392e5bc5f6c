"""The passphrase: what it must be, for it is all that stands between a thief and the results."""

from __future__ import annotations

import re

from igh_geo.errors import DisclosureError, Problem
from igh_geo.lens import Lens

SHORTEST = 12
# 7-Zip takes no longer ones.
LONGEST = 64
FEWEST_SIGNS = 6
VARIABLE = "IGH_GEO_PASSPHRASE"
_RULE = (
    f"A passphrase has {SHORTEST} to {LONGEST} signs of a plain keyboard, of which at least "
    f"{FEWEST_SIGNS} differ, and is not one piece repeated."
)
_REMEDY = (
    "take five words that have nothing to do with each other, drawn and not thought of (dice and "
    "a list of words), with spaces between them; tell it by telephone, never in the same mail"
)


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is guessed soon, or that not every program takes.

    Parameters
    ----------
    passphrase : str

    Raises
    ------
    DisclosureError
        When it is too short or too long, has too few different signs, is one piece repeated, has
        a space at an end, or signs with which programs differ (letters with accents). What it is
        is not said.
    """
    found = _fault(passphrase)
    if found:
        raise DisclosureError(str(Problem(_RULE, found, _REMEDY)))


def require_passphrase(lens: Lens, passphrase: str | None) -> None:
    """Refuse to make restricted results without a passphrase that will do.

    Parameters
    ----------
    lens : Lens
    passphrase : str or None

    Raises
    ------
    DisclosureError
        When the results of the lens must be encrypted, and the passphrase is missing or weak.
    """
    if not lens.is_sealed:
        return
    if not passphrase:
        problem = Problem(
            f"Results for the audience '{lens.audience}' are encrypted with a passphrase.",
            f"lens '{lens.name}' is for that audience, and no passphrase was given",
            f"give one with --passphrase-file FILE or in the variable {VARIABLE}, or run at a "
            f"terminal to be asked for it; {_REMEDY}",
        )
        raise DisclosureError(str(problem))
    check_passphrase(passphrase)


def _fault(passphrase: str) -> str:
    if not all(" " <= sign <= "~" for sign in passphrase):
        return "it has letters with accents or other signs that programs write in different ways"
    if passphrase != passphrase.strip():
        return "it begins or ends with a space, which nobody sees"
    if len(passphrase) < SHORTEST:
        return "it is shorter"
    if len(passphrase) > LONGEST:
        return "it is longer"
    signs = re.sub(r"[^a-z0-9]", "", passphrase.lower()) or passphrase
    differing = len(set(passphrase.lower()))
    if differing < FEWEST_SIGNS:
        return f"only {differing} signs differ"
    # A text that repeats a piece of itself is found again in the middle of its own double.
    if signs in (signs + signs)[1:-1]:
        return "it is one piece repeated"
    return ""
