"""Municipalities by name or code, as a service of one year knows them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from igh_geo.errors import DataError, Problem
from igh_geo.sources.addresses.address_text import OTHER_NAMES
from igh_geo.sources.columns import plain

CODE = re.compile(r"(?:GM)?(\d{4})", re.IGNORECASE)


@dataclass(frozen=True)
class Municipality:
    """A municipality.

    Attributes
    ----------
    code : str
        As CBS writes it: GM0153.
    name : str
        As the service spells it.
    """

    code: str
    name: str

    @property
    def digits(self) -> str:
        """The four digits by which the codes of its buurten and wijken begin."""
        return self.code[2:]


def as_code(wanted: str) -> str | None:
    """``GM0153`` for GM0153, gm0153 and 0153; None for a name."""
    found = CODE.fullmatch(wanted.strip())
    return f"GM{found[1]}" if found else None


def choose_municipality(wanted: str, names: Mapping[str, str], *, of: str) -> Municipality:
    """Find the one municipality that is meant.

    Parameters
    ----------
    wanted : str
        A name (whatever the case, accents and apostrophes) or a code.
    names : mapping
        From code to name, all there are.
    of : str
        What the names are of, for the message ("2024").

    Raises
    ------
    DataError
        When there is none (with the nearest names) or there are several (with all of them).
    """
    code = as_code(wanted)
    if code is not None:
        if code in names:
            return Municipality(code, names[code])
        raise DataError(
            str(
                Problem(
                    f"The municipality exists in {of}.",
                    f"there is no {code} among the {len(names)} municipalities of {of}",
                    "municipalities merge: check the code, or ask for the year in which it existed",
                )
            )
        )
    meant = OTHER_NAMES.get(plain(wanted), plain(wanted))
    # Two municipalities of one name have their province behind it: Bergen (L.), Bergen (NH.).
    same = {c: n for c, n in names.items() if plain(n) == meant}
    same = same or {c: n for c, n in names.items() if plain(re.sub(r" \(.*\)$", "", n)) == meant}
    if len(same) == 1:
        return Municipality(*next(iter(same.items())))
    if same:
        listed = ", ".join(
            f"{name} ({code})" for name, code in sorted((n, c) for c, n in same.items())
        )
        raise DataError(
            str(
                Problem(
                    "The name is of one municipality.",
                    f"'{wanted}' can be {listed}",
                    "give the code",
                )
            )
        )
    by_plain = {plain(name): name for name in names.values()}
    near = difflib.get_close_matches(meant, list(by_plain), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(by_plain[name] for name in near)}? " if near else ""
    raise DataError(
        str(
            Problem(
                f"The municipality exists in {of}.",
                f"none of the {len(names)} municipalities of {of} is called '{wanted}'",
                f"{hint}Municipalities merge: it may go by another name in that year",
            )
        )
    )
