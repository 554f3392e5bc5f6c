"""What the status of an object, a pand or an address means for whoever counts them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from igh_geo.ledger import Sort
from igh_geo.sources.bag.vocabulary import meanings

# Statuses of the BAG (Catalogus BAG 2018, 7) by what they mean. What stands empty, is rebuilt or
# may be pulled down still stands: so CBS counts its dwellings too.
WITHDRAWN = "withdrawn"
NEVER_BUILT = "never_built"
BY_MISTAKE = "entered_by_mistake"
NOT_YET = "not_yet_in_use"
_WORDS: tuple[tuple[str, str], ...] = (
    ("ten onrechte opgevoerd", BY_MISTAKE),
    ("niet gerealiseerd", NEVER_BUILT),
    ("ingetrokken", WITHDRAWN),
    ("gesloopt", WITHDRAWN),
    ("bouwvergunning verleend", NOT_YET),
    ("bouw gestart", NOT_YET),
    ("gevormd", NOT_YET),
)
_IN_USE = (
    *("in gebruik", "buiten gebruik", "verbouwing", "sloopvergunning", "aangewezen"),
    *("uitgegeven",),
)
# What a row is set aside for, by what its status means.
REASONS = {
    WITHDRAWN: "object_withdrawn",
    NEVER_BUILT: "object_never_built",
    BY_MISTAKE: "entered_by_mistake",
    NOT_YET: "object_not_yet_in_use",
}

# Right as they are, and not what is counted.
_NOT_COUNTED = (*REASONS.values(), "older_version", "inactive", "not_in_bag")


def sort_of(reason: str) -> Sort:
    """Whether a row is set aside because it is wrong, or because it is not in use now."""
    return "selection" if reason in _NOT_COUNTED else "fault"


def standing(status: pd.Series) -> pd.Series:
    """Why something is not in use, by its status.

    Parameters
    ----------
    status : pandas.Series of str
        As the file has it, in any case; missing values allowed.

    Returns
    -------
    pandas.Series of str
        ``withdrawn``, ``never_built``, ``entered_by_mistake`` or ``not_yet_in_use`` on the same
        index; nothing ("") for what is in use, for a status that is not known and for none.
    """
    return _by_status(status, lambda text: next((key for word, key in _WORDS if word in text), ""))


def is_unknown(status: pd.Series) -> pd.Series:
    """Whether a status is none of the BAG; False where there is none."""
    known = (*(word for word, _ in _WORDS), *_IN_USE)
    told = _by_status(status, lambda text: "" if any(word in text for word in known) else "odd")
    return (told == "odd") & status.notna()


def _by_status(status: pd.Series, meaning: Callable[[str], str]) -> pd.Series:
    found = meanings(status, lambda text: meaning(" ".join(text.casefold().split())))
    return found.fillna("").astype("str")
