"""The last look before results appear: nothing of a single case is in the finished files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from igh_geo.errors import DisclosureError, IghGeoError, OutputError, Problem, raise_all
from igh_geo.lens import Lens
from igh_geo.out.contents import Contents, contents_of, files_in
from igh_geo.policy.fingerprints import (
    BREAK,
    Fingerprints,
    Words,
    fingerprints_of,
    words_of,
)
from igh_geo.policy.identifiers import likenesses
from igh_geo.policy.personal import LATTICE_M, MOST_WORDS, Found, Personal
from igh_geo.policy.publication import Publication
from igh_geo.texts import LANGUAGES, Texts

# Numbers of the input that stand in a file by chance: more than this can explain are no chance.
CHANCE = 0.001
MOST_EXAMPLES = 5
KIND_WORDS = {
    "id": "a number of a case",
    "address": "an address",
    "text": "a text about a case",
    "coordinates": "the place of a case",
}
LOOK_WORDS = {
    "email": "an e-mail address",
    "phone": "a telephone number",
    "bsn": "a citizen service number (BSN)",
    "iban": "an account number (IBAN)",
    "postcode_and_number": "a postcode with a house number",
    "licence_plate": "a licence plate",
}
_NEVER = "Nothing in a result is of a single case of the input."
_LIKE = "Nothing in a result looks like the number or address of a person."
_DATE = re.compile(rb"^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})$")
# Seventeen million bytes of coordinates write a short one a dozen times by chance, and one like
# this once in a hundred thousand files.
_FULL_EMAIL = re.compile(r"[\w.+-]{3,}@[\w-]{3,}\.(?:nl|com|org|net|eu|be|de|info|frl|amsterdam)")


@dataclass(frozen=True)
class OnPurpose:
    """What files tell on purpose.

    Attributes
    ----------
    told : numpy.ndarray of uint64
        Fingerprints of all names, and of the words by which the lens chooses.
    names : numpy.ndarray of uint64
        Of the names of areas and streets.
    addresses : frozenset of str
        E-mail addresses that the lens names as a source.
    """

    told: Fingerprints
    names: Fingerprints
    addresses: frozenset[str]


def inspect(
    files: Iterable[Path], publications: Sequence[Publication], *, personal: Personal | None
) -> None:
    """Compare finished files with what the input holds of single cases.

    Parameters
    ----------
    files : iterable of Path
        Every file of a result, before it is encrypted.
    publications : sequence of Publication
        What the files tell on purpose: names of areas and streets, words by which the lens
        chooses. Its title, question, caveats and sources are looked into like all else. Where the
        audience may see points, and they were asked for, places of cases are in the files
        rightly; ids, addresses and texts are not.
    personal : Personal or None
        What the input holds; None when it holds counts only, and patterns are all there is.

    Raises
    ------
    DisclosureError
        When a value of the input, or what looks like the number or address of a person, is in
        one of the files: which file, what kind, and the row of the input; never the value. Every
        fault at once.
    OutputError
        When a file is of a kind that cannot be looked into.

    Notes
    -----
    A number of digits alone occurs in a file by chance as often as the input is full of such
    numbers. It is refused when chance explains as many as there are in less than `CHANCE` of all
    files: one for most inputs, a few where a million numbers of seven digits are given out.
    """
    names = [name for one in publications for name in _names(one)]
    on_purpose = OnPurpose(
        told=fingerprints_of(
            [*names, *(word for one in publications for word in _chosen(one.lens))],
            most_words=MOST_WORDS,
        ),
        names=fingerprints_of(names, most_words=MOST_WORDS),
        addresses=frozenset(
            one.value
            for publication in publications
            for text in publication.lens.sources
            for one in likenesses(text)
            if one.look == "email"
        ),
    )
    may_show_points = all(
        one.lens.privacy.points and one.lens.rules.detail == "points" for one in publications
    )
    unreadable: list[IghGeoError] = []
    problems: list[Problem] = []
    for path in files:
        try:
            contents = contents_of(path)
        except OutputError as error:
            unreadable.append(error)
            continue
        texts = [*contents.texts, *contents.scraps]
        words = words_of(BREAK.join(text.replace(BREAK, " ") for text in texts))
        found: list[Found] = []
        if personal is not None:
            found += _values(words, personal, on_purpose)
            if not may_show_points:
                found += _places(contents, personal, publications)
        problems += _as_problems(path.name, found)
        if contents.has_points and not may_show_points:
            problems.append(_points(path.name))
        problems += _patterns(path.name, contents, on_purpose)
    raise_all(problems, DisclosureError)
    if unreadable:
        raise OutputError("\n".join(map(str, unreadable)))


def inspect_folder(folder: Path, publication: Publication, *, personal: Personal | None) -> None:
    """Compare every file of a folder of results with the input; see `inspect`."""
    inspect(files_in(folder), [publication], personal=personal)


def _values(words: Words, personal: Personal, on_purpose: OnPurpose) -> Iterator[Found]:
    """Values of the input among the words of a file."""
    numbers: list[tuple[int, int]] = []
    for n_words in range(1, MOST_WORDS + 1):
        first = words.runs(n_words)
        last = first + n_words - 1
        prints = words.fingerprints(first, last)
        at = personal.positions(prints)
        for hit in np.flatnonzero(at >= 0).tolist():
            here, begin, end = int(at[hit]), int(first[hit]), int(last[hit])
            kind = personal.columns[personal.column[here]][0]
            if kind == "text" and (
                _holds(on_purpose.told, prints[hit]) or _holds(_catalogue(), prints[hit])
            ):
                continue
            if kind == "address" and (
                _holds(on_purpose.names, prints[hit]) or not _is_close(words, begin, end)
            ):
                continue
            if personal.n_digits[here]:
                if _is_number(words, begin, end):
                    numbers.append((here, int(personal.n_digits[here])))
                continue
            yield personal.at(here)
    if numbers:
        yield from _beyond_chance(words, personal, numbers)


def _beyond_chance(
    words: Words, personal: Personal, numbers: list[tuple[int, int]]
) -> Iterator[Found]:
    """Numbers of the input that stand in a file more often than chance explains."""
    from scipy.stats import binom

    for length in sorted({n_digits for _, n_digits in numbers}):
        hits = sorted({here for here, n_digits in numbers if n_digits == length})
        n_known = int((personal.n_digits == length).sum())
        share = min(1.0, n_known / (9 * 10 ** (length - 1)))
        n_in_file = max(len(hits), _n_numbers(words, length))
        if float(binom.sf(len(hits) - 1, n_in_file, share)) < CHANCE:
            yield from map(personal.at, hits)


def _n_numbers(words: Words, length: int) -> int:
    """How many different numbers of so many digits stand in a file."""
    found: set[bytes] = set()
    every = np.arange(len(words), dtype=np.int64)
    sizes = words.n_signs(every, every)
    for n_words in range(1, MOST_WORDS + 1):
        first = words.runs(n_words)
        last = first + n_words - 1
        signs = words.n_signs(first, last)
        is_long = (signs == length) & (words.n_digits(first, last) == signs)
        if n_words > 1:
            is_long &= sizes[first] < length
        for begin, end in zip(first[is_long].tolist(), last[is_long].tolist(), strict=True):
            if _is_number(words, begin, end):
                found.add(re.sub(rb"\D", b"", words.text[words.start[begin] : words.end[end]]))
    return len(found)


def _is_number(words: Words, begin: int, end: int) -> bool:
    """Whether digits stand as one number: no part of a decimal number, no date, no two numbers."""
    start, stop = int(words.start[begin]), int(words.end[end])
    text = words.text
    if _DATE.match(text[start:stop]) or _is_decimal(text, start, stop):
        return False
    gaps = zip(
        words.end[begin:end].tolist(), words.start[begin + 1 : end + 1].tolist(), strict=True
    )
    return all(text[a:b] in {b"-", b"/", b".", b"_"} for a, b in gaps)


def _is_decimal(text: bytes, start: int, stop: int) -> bool:
    """Whether digits go on behind a point or comma, or before it."""
    before = text[max(0, start - 2) : start]
    after = text[stop : stop + 2]
    return bool(re.match(rb"\d[.,]$", before) or re.match(rb"[.,]\d", after))


def _is_close(words: Words, begin: int, end: int) -> bool:
    """Whether the parts of an address stand as one: nothing but a blank, comma or dash between."""
    gaps = zip(
        words.end[begin:end].tolist(), words.start[begin + 1 : end + 1].tolist(), strict=True
    )
    text = words.text
    is_close = all(re.fullmatch(rb"[ ,.'/_\xc2\xa0-]{1,3}", text[a:b]) for a, b in gaps)
    return is_close and not re.match(rb"[.,]\d", text[words.end[end] : words.end[end] + 2])


def _places(
    contents: Contents, personal: Personal, publications: Sequence[Publication]
) -> Iterator[Found]:
    """Places of cases among the numbers of a file, corners of areas and of cells aside."""
    if not contents.pairs:
        return
    pairs = np.unique(np.sort(np.concatenate(contents.pairs), axis=1), axis=0)
    pairs = pairs[~(pairs % LATTICE_M == 0).all(axis=1)]
    rows = personal.place_positions(pairs[:, 0], pairs[:, 1])
    pairs, rows = pairs[rows >= 0], rows[rows >= 0]
    if not len(rows):
        return
    corners = pd.MultiIndex.from_arrays(list(_corners(publications).round(3).T))
    is_corner = pd.MultiIndex.from_arrays(list(pairs.round(3).T)).isin(corners)
    for row in rows[~is_corner].tolist():
        yield Found("coordinates", "", row)


def _corners(publications: Sequence[Publication]) -> npt.NDArray[np.float64]:
    """Every corner of an area, and of the box around each layer of them."""
    found = []
    for publication in publications:
        areas = publication.areas
        left, bottom, right, top = areas.total_bounds
        box = [(left, bottom), (left, top), (right, bottom), (right, top)]
        found += [shapely.get_coordinates(areas.geometry.to_numpy()), np.array(box)]
    return np.concatenate(found)


def _patterns(file: str, contents: Contents, on_purpose: OnPurpose) -> list[Problem]:
    counted: dict[str, int] = {}
    in_scraps = (
        one
        for one in likenesses(BREAK.join(contents.scraps))
        if one.look != "email" or _FULL_EMAIL.fullmatch(one.value)
    )
    for one in chain(likenesses(BREAK.join(contents.texts)), in_scraps):
        if one.look == "email" and one.value in on_purpose.addresses:
            continue
        counted[one.look] = counted.get(one.look, 0) + 1
    return [
        Problem(
            _LIKE,
            f"'{file}' holds {LOOK_WORDS[look]} ({number} in all)",
            "look for it in the texts of the lens (title, question, caveats, sources) and in the "
            "names of areas, streets and figures, and take it out; the e-mail address of an "
            "office may stand in 'sources' of the lens",
        )
        for look, number in counted.items()
    ]


def _as_problems(file: str, found: Iterable[Found]) -> list[Problem]:
    """One problem per kind and column, with the first rows of the input."""
    rows: dict[tuple[str, str], set[int]] = {}
    for one in found:
        rows.setdefault((one.kind, one.column), set()).add(one.row)
    return [
        Problem(
            _NEVER,
            f"'{file}' holds {KIND_WORDS[kind]}{f' (column {column!r})' if column else ''}, "
            f"of {_listed(of)} of the input",
            "nothing was written; see where it comes from: a name of an area, a category or a "
            "text of the lens that was taken from a case, or a fault of this program",
        )
        for (kind, column), of in rows.items()
    ]


def _listed(rows: set[int]) -> str:
    first = ", ".join(map(str, sorted(rows)[:MOST_EXAMPLES]))
    more = len(rows) - MOST_EXAMPLES
    return f"row {first}" + (f" and {more} more" if more > 0 else "")


def _points(file: str) -> Problem:
    return Problem(
        "Only a restricted result that asks for points holds places of single cases.",
        f"'{file}' holds a layer of points",
        "tell the makers of this program: the result was not written",
    )


def _chosen(lens: Lens) -> Iterator[str]:
    """Words of the lens that are keys of the data: its free text may name a case by mistake."""
    for part in (lens.incidents, lens.counts):
        if part is not None:
            yield from _strings(part.model_dump())
    yield from _strings([lens.areas.model_dump(), [one.model_dump() for one in lens.context]])
    yield from (district.name for district in lens.districts)


@cache
def _catalogue() -> Fingerprints:
    """Fingerprints of all that the catalogues say, around what is filled in."""
    sentences = (one for language in LANGUAGES for one in Texts(language).sentences())
    parts = (part for one in sentences for part in re.split(r"\{[^}]*\}", one))
    return fingerprints_of(parts, most_words=MOST_WORDS)


def _names(publication: Publication) -> Iterator[str]:
    """Names that stand on the map: of areas, larger areas, streets and figures."""
    frames = [publication.areas, *publication.levels.values()]
    for frame in frames:
        yield from map(str, frame.index)
        for column in ("name", "parent_code", "parent_name", "district"):
            if column in frame:
                yield from frame[column].dropna().astype("str").unique()
    for table in publication.context:
        yield table.title
        yield from map(str, table.figures.columns)
    around = publication.surroundings
    for layer in (around.neighbours, around.streets) if around is not None else ():
        if layer is not None:
            yield from layer["name"].dropna().astype("str").unique()


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from (*_strings(key), *_strings(part))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _strings(part)


def _holds(sorted_prints: Fingerprints, one: np.uint64) -> bool:
    at = int(np.searchsorted(sorted_prints, one))
    return at < len(sorted_prints) and bool(sorted_prints[at] == one)
