"""Cases to the objects they happened in: by identification, by address, by coordinate."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from igh_geo.errors import DataError, Problem, raise_all
from igh_geo.sources.addresses.address_keys import Flags, Numbers
from igh_geo.sources.addresses.address_text import recognise_address_columns
from igh_geo.sources.addresses.evidence import (
    ById,
    ByText,
    OrderedRegister,
    find_ids,
    find_texts,
)
from igh_geo.sources.addresses.lookup import EXACT, FOLDED, ONE_OF_SEVERAL, OTHER_ADDITION
from igh_geo.sources.addresses.nearest_object import find_nearest
from igh_geo.sources.addresses.readings import holds_addresses
from igh_geo.sources.columns import describe_choice, nearest

log = logging.getLogger(__name__)

MATCHES = ("id", "postcode", "street", "place", "none")
QUALITIES = ("exact", "other_addition", "one_of_several", "nearest")
REASONS = (
    *("no_address", "no_house_number", "unreadable_id", "address_not_found", "address_gone"),
    *("ambiguous_address", "too_far"),
)
REMARKS = (
    *("other_addition", "addition_spelled_otherwise", "street_differs", "postcode_differs"),
    *("id_and_address_differ", "id_not_found", "unreadable_id", "former_object"),
    "far_from_coordinates",
)
# Farther than this from its own coordinates an address may be another one than is meant.
FAR_M = 100.0


def match_addresses(
    cases: pd.DataFrame,
    addresses: pd.DataFrame,
    *,
    objects: pd.DataFrame,
    gone: pd.DataFrame | None = None,
    xy: pd.DataFrame | None = None,
    within_m: float = 15.0,
    id_column: str | None = None,
) -> pd.DataFrame:
    """Find the object of the register that each case happened in.

    In this order, the first that gives an answer: the identification of an object or of an
    address; postcode, number and addition; street, number and addition, with the place where it
    is told; the object nearest to the case's own coordinates. An addition is looked up as it is
    written, then with floors in one spelling (see `fold_addition`) if that leads to one object,
    and then by the number alone if all objects of that number lie in one place: no farther than
    `SAME_PLACE_M` from the one nearest to their middle, or in one building. The object then is
    that of the first main address, one without addition before others, and then by `object_id`.

    A case at an address that only has an object that is gone is not given to what stands there
    now: neither by another addition at its number, nor by its coordinates.

    Parameters
    ----------
    cases : pandas.DataFrame
        Rows as they were read, all values text; columns as `recognise_address_columns` knows
        them, and one of ID_SPELLINGS or GENERAL_ID_SPELLINGS.
    addresses : pandas.DataFrame
        Addresses of objects in use: ``address_id``, ``object_id``, ``street``, ``street_key``,
        ``number``, ``suffix``, ``postcode``, ``place_key``, ``is_main``.
    objects : pandas.DataFrame
        Index ``object_id``; ``x``, ``y`` (m, EPSG:28992) and, where known, ``pand_id``: the
        building that an object is in.
    gone : pandas.DataFrame, optional
        As `addresses`, with ``reason``: of objects that are no longer or not yet there.
    xy : pandas.DataFrame, optional
        ``x``, ``y`` (m, EPSG:28992) of the cases, on their index; missing where not known.
    within_m : float
        How far the nearest object may be from the coordinates of a case; 0 to not use them.
    id_column : str, optional
        Column of the cases with identifications; by default recognised.

    Returns
    -------
    pandas.DataFrame
        On the index of the cases: ``object_id`` (missing where none); ``match`` (one of
        MATCHES); ``quality`` (one of QUALITIES, missing where none): exact; other_addition, the
        number was found and the addition not; one_of_several, objects at that very address or
        place; nearest; ``distance_m`` (Float64, from the case's own coordinates to the object,
        where both are known); ``reason`` (one of REASONS, missing where one was found);
        ``remark`` (of REMARKS, with commas).

    Raises
    ------
    DataError
        When labels of cases or objects repeat, an address is of no object, a column that was
        named is not there, or there is nothing to find the cases by.
    """
    _check(cases, objects, id_column=id_column, within_m=within_m)
    register = OrderedRegister.of(addresses, objects)
    past = None if gone is None or gone.empty else gone
    points = _coordinates(xy, cases.index)
    columns = recognise_address_columns([str(name) for name in cases.columns])
    by_id, id_column = find_ids(cases, register, past, id_column=id_column)
    if not holds_addresses(columns) and id_column is None and (xy is None or within_m == 0):
        raise DataError(str(_nothing_to_find_by(cases)))
    taken = columns | ({} if id_column is None else {"id": id_column})
    log.info("cases are matched to addresses by %s", describe_choice(taken) or "coordinates")
    by_text = find_texts(cases, columns, register=register, gone=past)

    is_id = by_id.at >= 0
    is_gone = ~is_id & (by_id.is_gone | ((by_text.at < 0) & by_text.is_gone))
    at = np.where(is_id, by_id.at, np.where(is_gone, -1, by_text.at))
    is_text = ~is_id & (at >= 0)
    is_several = is_text & (by_text.how == ONE_OF_SEVERAL)
    is_place = np.zeros(len(cases), dtype=bool)
    if within_m > 0:
        open_ = np.flatnonzero((at < 0) & ~is_gone)
        at[open_], is_several[open_] = find_nearest(
            points[open_], register.points, rank=register.rank, within_m=within_m
        )
        is_place[open_] = at[open_] >= 0

    # Position -1 takes the last of the objects; what it is is not told.
    where = np.append(register.points, [[np.nan, np.nan]], axis=0)
    distance_m = np.hypot(*(points - where[at]).T)
    is_far = ~is_place & (distance_m > FAR_M)
    has_point: Flags = np.isfinite(points[:, 0] + points[:, 1]) & (within_m > 0)
    match = np.select(
        [is_id, is_text & by_text.is_by_street, is_text, is_place], [0, 2, 1, 3], default=4
    )
    quality = np.select(
        [at < 0, is_several, is_place, is_text & (by_text.how == OTHER_ADDITION)],
        [-1, 2, 3, 1],
        default=0,
    )
    found = pd.DataFrame(
        {
            "object_id": _texts(objects.index.to_numpy(dtype=object), at),
            "match": _texts(MATCHES, match),
            "quality": _texts(QUALITIES, quality),
            "distance_m": pd.array(distance_m, dtype="Float64"),
            "reason": _texts(REASONS, _reasons(at, is_gone, by_id, by_text, has_point)),
            "remark": _remarks(at, is_text, is_far, by_id, by_text),
        },
        index=cases.index,
    )
    log.info("%d of %d cases have an address or an object", int((at >= 0).sum()), len(at))
    return found


def _reasons(
    at: Numbers, is_gone: Flags, by_id: ById, by_text: ByText, has_point: Flags
) -> Numbers:
    """Why a case has no object: the most telling reason, as its place in REASONS."""
    is_told = by_text.has_address & by_text.has_number
    is_told |= by_id.is_filled & ~by_id.is_spoilt
    reasons = [
        (at >= 0, -1),
        (is_gone, REASONS.index("address_gone")),
        (by_text.is_ambiguous, REASONS.index("ambiguous_address")),
        (is_told, REASONS.index("address_not_found")),
        (by_id.is_spoilt, REASONS.index("unreadable_id")),
        (by_text.has_address, REASONS.index("no_house_number")),
        (has_point, REASONS.index("too_far")),
    ]
    conditions, answers = zip(*reasons, strict=True)
    return np.select(conditions, answers, default=REASONS.index("no_address"))


def _remarks(
    at: Numbers, is_text: Flags, is_far: Flags, by_id: ById, by_text: ByText
) -> pd.api.extensions.ExtensionArray:
    """What must be said with an object that was found, as keys with commas between them."""
    is_found = at >= 0
    is_id = by_id.at >= 0
    is_sure = np.isin(by_text.how, (EXACT, FOLDED))
    told = {
        "other_addition": is_text & (by_text.how == OTHER_ADDITION),
        "addition_spelled_otherwise": is_text & (by_text.how == FOLDED),
        "street_differs": is_text & by_text.street_differs,
        "postcode_differs": is_text & by_text.postcode_differs,
        "id_and_address_differ": is_id & is_sure & (by_text.at != by_id.at),
        "id_not_found": is_found & ~is_id & by_id.is_filled & ~by_id.is_spoilt,
        "unreadable_id": is_found & by_id.is_spoilt,
        "former_object": is_text & by_text.is_former,
        "far_from_coordinates": is_far,
    }
    # A few combinations occur: each is spelled once.
    code = sum(told[remark].astype(np.int64) << n for n, remark in enumerate(REMARKS))
    codes, distinct = pd.factorize(np.asarray(code))
    spelled = [
        ",".join(remark for n, remark in enumerate(REMARKS) if combination >> n & 1)
        for combination in distinct.tolist()
    ]
    return _texts(spelled, codes)


def _texts(
    words: Sequence[str] | npt.NDArray[np.object_], at: Numbers
) -> pd.api.extensions.ExtensionArray:
    """The word at each position; missing at -1."""
    taken = pa.array(words, type=pa.large_string()).take(pa.array(at, mask=at < 0))
    texts: pd.api.extensions.ExtensionArray = pd.array(taken, dtype="str")
    return texts


def _coordinates(xy: pd.DataFrame | None, index: pd.Index) -> npt.NDArray[np.float64]:
    if xy is None:
        return np.full((len(index), 2), np.nan)
    found = xy if xy.index.equals(index) else xy.reindex(index)
    points: npt.NDArray[np.float64] = found[["x", "y"]].to_numpy(dtype=float, na_value=np.nan)
    return points


def _check(
    cases: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    id_column: str | None,
    within_m: float,
) -> None:
    problems = [
        Problem(
            f"Every row of the {name} has its own label.",
            f"{int(index.duplicated().sum())} labels occur more than once",
            "use reset_index(), or leave out what is there twice",
        )
        for name, index in (("cases", cases.index), ("objects", objects.index))
        if not index.is_unique
    ]
    if not within_m >= 0:
        problems.append(
            Problem(
                "The nearest object lies within a distance of 0 m or more.",
                f"within_m is {within_m}",
                "give metres, such as 15; 0 to not use coordinates",
            )
        )
    if id_column is not None and id_column not in cases.columns:
        names = [str(name) for name in cases.columns]
        problems.append(
            Problem(
                "The column with identifications is in the file.",
                f"there is no column {id_column!r}; there are {', '.join(names) or 'none'}",
                f"perhaps {' or '.join(nearest(id_column, names)) or 'one of those'}",
            )
        )
    raise_all(problems)


def _nothing_to_find_by(cases: pd.DataFrame) -> Problem:
    names = [str(name) for name in cases.columns]
    return Problem(
        "Cases have an identification, an address or coordinates to find their building by.",
        f"none was recognised; the columns are {', '.join(names) or 'none'}",
        "name the columns adres_id, or straat, huisnummer, huisletter, toevoeging, postcode, "
        "woonplaats, or adres for all in one, or x and y",
    )
