"""Paging to the end: every record of a listing, kept page by page until all have come in."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from igh_geo.errors import DataError, OutputError, Problem
from igh_geo.sources.services.web import (
    Answer,
    NotThereError,
    RefusedError,
    ServiceError,
    Web,
)
from igh_geo.writing import file_at_once

Record = dict[str, Any]

# Pages of a day ago may be of another state of the register than those of today.
LONGEST_PAUSE = dt.timedelta(hours=24)
_MOST_STARTS = 3
_QUESTION, _LOG = "question.json", "pages.jsonl"


@dataclass(frozen=True)
class Page:
    """One answer, read.

    Attributes
    ----------
    records : list of dict
        What the page holds.
    matched : int or None
        How many records the whole listing has, where the service tells.
    next_url : str or None
        Where the next page is, where the service tells.
    """

    records: list[Record]
    matched: int | None = None
    next_url: str | None = None


@dataclass(frozen=True)
class Listing:
    """Everything a service has that fits a question.

    Parameters
    ----------
    name : str
        What is listed, in progress and messages.
    url : str
        Address of the first page.
    params : mapping of str
        Its parameters.
    read : callable
        From the JSON of an answer to a `Page`.
    key : callable
        From a record to what no other record has.
    page_size : int, optional
        Most records on a page: a full last page without a known total is doubted.
    size_param : str, optional
        Parameter with the page size, by which a full last page is tried again.
    offset_param : str, optional
        Parameter with the number of records to skip, for a service without next links.
    expected : int, optional
        Number of records, when it was asked beforehand.
    """

    name: str
    url: str
    params: Mapping[str, str]
    read: Callable[[Any], Page]
    key: Callable[[Record], str]
    page_size: int | None = None
    size_param: str | None = None
    offset_param: str | None = None
    expected: int | None = None

    def fingerprint(self) -> str:
        """Mark of the question: pages of another question are of no use to it."""
        question = json.dumps([self.url, sorted(self.params.items())])
        return hashlib.sha256(question.encode()).hexdigest()


@dataclass(frozen=True)
class Collected:
    """All pages of a listing, on disk.

    Attributes
    ----------
    n_records : int
        Number of records on all pages.
    asked : list of dict
        Of every page ``url``, ``sha256``, ``records`` and, where there is one, ``etag``.
    """

    listing: Listing
    folder: Path
    n_records: int
    asked: list[dict[str, Any]] = field(repr=False)

    def pages(self) -> Iterator[list[Record]]:
        """The records, a page at a time."""
        for line in self.asked:
            content = (self.folder / line["file"]).read_bytes()
            yield self.listing.read(json.loads(content)).records

    def records(self) -> list[Record]:
        """All records."""
        return [record for page in self.pages() for record in page]


class StopsShortError(ServiceError):
    """The service gave another number of records than there are."""


class _ChangedError(Exception):
    """The listing changed while it was read: the pages do not belong together."""


def collect(web: Web, listing: Listing, folder: Path) -> Collected:
    """Fetch a listing to its end, going on where an earlier attempt stopped.

    Parameters
    ----------
    web : Web
        The session.
    listing : Listing
        What to fetch.
    folder : pathlib.Path
        Where the pages are kept. Pages of the same question, not older than a day, whose first
        page is still the same, are not fetched again; others are thrown away.

    Returns
    -------
    Collected
        May be empty: whether that is an error, only the caller knows.

    Raises
    ------
    StopsShortError
        When the service stops before the end, or gives another number of records than it told.
    ServiceError
        When the service fails for good, or keeps changing while it is read. What came in before
        it failed stays in `folder`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{folder}.lock", timeout=0):
            return _collect_once_whole(web, listing, folder)
    except Timeout as error:
        problem = Problem(
            "The same is fetched once at a time.",
            f"another program is fetching {listing.name} into '{folder.parent.parent}'",
            "wait until it has finished",
        )
        raise DataError(str(problem)) from error


def _collect_once_whole(web: Web, listing: Listing, folder: Path) -> Collected:
    """Start again while the listing changes under our hands."""
    for start in range(1, _MOST_STARTS + 1):
        try:
            return _collect(web, listing, _Kept(folder, listing))
        except StopsShortError:
            # These pages would only stop short again.
            shutil.rmtree(folder, ignore_errors=True)
            raise
        except _ChangedError as change:
            shutil.rmtree(folder, ignore_errors=True)
            if start == _MOST_STARTS:
                raise _keeps_changing(listing, str(change)) from change
            web.tell(f"  {listing.name}: {change}; starting again")
    raise AssertionError("every start returns or raises")


def _collect(web: Web, listing: Listing, kept: _Kept) -> Collected:
    if kept.pages and not kept.is_complete:
        _check_still_same(web, listing, kept)
        web.tell(f"  {listing.name}: going on after page {len(kept.pages)}")
    n_records = sum(page["records"] for page in kept.pages)
    total = next((p["matched"] for p in kept.pages if p["matched"] is not None), listing.expected)
    while not kept.is_complete:
        is_resumed = bool(kept.pages)
        url = kept.pages[-1]["next"] if kept.pages else listing.url
        params = _parameters(listing, n_records) if _is_first_form(listing, kept) else None
        try:
            answer = web.get_json(url, params)
        except (NotThereError, RefusedError) as error:
            if is_resumed and not listing.offset_param:
                raise _ChangedError("the next page is no longer there") from error
            raise
        page = _read(listing, answer)
        if page.matched is not None and total is not None and page.matched != total:
            raise _ChangedError(f"it had {total} records and now has {page.matched}")
        total = page.matched if page.matched is not None else total
        n_records += len(page.records)
        following = _following(web, listing, page, url=url, n_records=n_records, total=total)
        kept.add(answer, page, following)
        of_total = f" of {total}" if total is not None else ""
        web.tell(f"  {listing.name}: page {len(kept.pages)}, {n_records}{of_total} records")
    _check_unique(listing, kept)
    _check_total(listing, n_records, total)
    _check_full_page(web, listing, kept, n_records=n_records, total=total)
    return Collected(listing, kept.folder, n_records, kept.pages)


def _is_first_form(listing: Listing, kept: _Kept) -> bool:
    """Whether the page is asked with our own parameters: the service's links hold theirs."""
    return not kept.pages or listing.offset_param is not None


def _parameters(listing: Listing, n_records: int) -> dict[str, str]:
    offset = {listing.offset_param: str(n_records)} if listing.offset_param else {}
    return {**listing.params, **offset}


def _following(
    web: Web, listing: Listing, page: Page, *, url: str, n_records: int, total: int | None
) -> str | None:
    """Address of the next page; None at the end."""
    if page.next_url is not None:
        _check_same_host(web, listing, page.next_url)
        if not page.records:
            raise _stops_short(listing, f"an empty page after {n_records} records leads on")
        return page.next_url
    if listing.offset_param is None or not page.records:
        return None
    return None if total is not None and n_records >= total else url


def _check_same_host(web: Web, listing: Listing, following: str) -> None:
    known = {urlsplit(listing.url).hostname, urlsplit(web.base or "").hostname}
    if urlsplit(following).hostname not in known:
        problem = Problem(
            "A service keeps its pages on its own host.",
            f"the next page of {listing.name} lies on {urlsplit(following).hostname}",
            "tell the makers of igh-geo: the service has changed, or somebody stands in between",
        )
        raise ServiceError(str(problem))


def _read(listing: Listing, answer: Answer) -> Page:
    try:
        return listing.read(answer.value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = Problem(
            "The service answers in the form that it documents.",
            f"the answer for {listing.name} lacks or has otherwise: {error}",
            "the service may have changed: tell the makers of igh-geo what stands here",
        )
        raise ServiceError(str(problem)) from error


def _check_still_same(web: Web, listing: Listing, kept: _Kept) -> None:
    """Pages belong together only while the first one is what it was."""
    answer = web.get_json(listing.url, _parameters(listing, 0))
    page = _read(listing, answer)
    if _hash_of(page.records) != kept.pages[0]["records_sha256"]:
        raise _ChangedError("it changed since the earlier attempt")


def _check_unique(listing: Listing, kept: _Kept) -> None:
    """A record that comes twice was shifted by another that came or went between two pages."""
    seen: set[str] = set()
    for line in kept.pages:
        content = json.loads((kept.folder / line["file"]).read_bytes())
        for record in listing.read(content).records:
            key = listing.key(record)
            if key in seen:
                raise _ChangedError("the same record came on two pages")
            seen.add(key)


def _check_total(listing: Listing, n_records: int, total: int | None) -> None:
    if total is not None and n_records != total:
        raise _stops_short(listing, f"{n_records} records came in where there are {total}")


def _check_full_page(
    web: Web, listing: Listing, kept: _Kept, *, n_records: int, total: int | None
) -> None:
    """Doubt a last page that is exactly full: some services stop at 1,000 without a word.

    The same question in pages of one record fewer leads on to a next page when there is more.
    """
    is_full = kept.pages[-1]["records"] == listing.page_size
    if total is not None or not is_full or listing.size_param is None or listing.offset_param:
        return
    assert listing.page_size is not None
    params = {**listing.params, listing.size_param: str(listing.page_size - 1)}
    url: str | None = listing.url
    n_again = 0
    while url is not None and n_again <= n_records:
        page = _read(listing, web.get_json(url, params if n_again == 0 else None))
        n_again += len(page.records)
        url = page.next_url if page.records else None
    if n_again != n_records:
        at_least = "at least " if n_again > n_records else ""
        raise _stops_short(
            listing,
            f"{n_records} records in pages of {listing.page_size}, and {at_least}{n_again} in "
            f"pages of {listing.page_size - 1}",
        )


class _Kept:
    """The pages on disk: a file each, and a log that a page enters once its file is whole."""

    def __init__(self, folder: Path, listing: Listing) -> None:
        self.folder = folder
        self.pages: list[dict[str, Any]] = []
        question = {"fingerprint": listing.fingerprint(), "name": listing.name}
        if not self._is_of(question):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _write_at_once(folder / _QUESTION, json.dumps(question, indent=2).encode())
            return
        for line in self._log_lines():
            file = folder / line["file"]
            if not file.is_file() or _sha256(file.read_bytes()) != line["sha256"]:
                break
            self.pages.append(line)
        # What was logged after a page that is lost leads nowhere.
        lines = "".join(json.dumps(page) + "\n" for page in self.pages)
        _write_at_once(folder / _LOG, lines.encode())

    @property
    def is_complete(self) -> bool:
        """Whether the last page is there."""
        return bool(self.pages) and self.pages[-1]["next"] is None

    def add(self, answer: Answer, page: Page, following: str | None) -> None:
        """Keep a page: first its file, then its line."""
        name = f"page-{len(self.pages) + 1:05}.json"
        _write_at_once(self.folder / name, answer.content)
        line = {
            "file": name,
            "url": answer.url,
            "sha256": _sha256(answer.content),
            "records": len(page.records),
            "records_sha256": _hash_of(page.records),
            "matched": page.matched,
            "etag": answer.etag,
            "next": following,
        }
        try:
            with (self.folder / _LOG).open("a", encoding="utf-8", newline="\n") as log:
                log.write(json.dumps(line) + "\n")
        except OSError as error:
            problem = Problem(
                "Pages can be kept.",
                f"'{self.folder}': {error.strerror or error}",
                "free the disk, and run the same command again: it goes on where it stopped",
            )
            raise OutputError(str(problem)) from error
        self.pages.append(line)

    def _is_of(self, question: dict[str, str]) -> bool:
        file = self.folder / _QUESTION
        try:
            kept = json.loads(file.read_bytes())
            age = dt.datetime.now().timestamp() - file.stat().st_mtime  # noqa: DTZ005 - an age
        except (OSError, ValueError):
            return False
        return bool(kept == question) and age < LONGEST_PAUSE.total_seconds()

    def _log_lines(self) -> Iterator[dict[str, Any]]:
        file = self.folder / _LOG
        for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
            try:
                yield json.loads(line)
            except ValueError:
                # A process that was killed leaves half a line; the page is fetched again.
                return


def _hash_of(records: list[Record]) -> str:
    # The records and not the whole answer: that holds the moment at which it was given.
    return _sha256(json.dumps(records, sort_keys=True).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_at_once(path: Path, content: bytes) -> None:
    with file_at_once(path) as fresh:
        fresh.write_bytes(content)


def _stops_short(listing: Listing, evidence: str) -> StopsShortError:
    problem = Problem(
        "A service gives all records of a listing.",
        f"{listing.name}: {evidence}",
        "the service is limited or disturbed: try again later, or ask for a smaller part; nothing "
        "was written, because a part of what was asked would be missing",
    )
    return StopsShortError(str(problem))


def _keeps_changing(listing: Listing, change: str) -> ServiceError:
    problem = Problem(
        "A listing stays the same while it is read.",
        f"{listing.name}: {change}, {_MOST_STARTS} times in a row",
        "the service is being renewed: try again later",
    )
    return ServiceError(str(problem))
