"""What a user reads, one catalogue per language, and how numbers and dates are written."""

from __future__ import annotations

import datetime as dt
import math
import string
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from igh_geo.lens import Lens

LANGUAGES = ("nl", "en")


class Texts:
    """One language: sentences by key, and the formats of numbers and dates.

    Parameters
    ----------
    language : {"nl", "en"}
    variant : str
        A file of texts that take the place of others, for a result that needs its own words; by
        default none.
    """

    def __init__(self, language: str = "nl", *, variant: str = "") -> None:
        self.language = language
        self._texts = _with_variant(language, variant) if variant else _catalogue(language)
        self._decimal, self._thousands = (",", ".") if language == "nl" else (".", ",")

    def __call__(self, key: str, **values: object) -> str:
        """Sentence ``key`` with ``{name}`` filled in from ``values``.

        ``{n:gebied ligt|gebieden liggen}`` follows its number: ``1 gebied ligt``, ``12 gebieden
        liggen``. With three forms the first is said, alone, of none; after ``=`` the form is said
        without the number.

        Raises
        ------
        KeyError
            When the catalogue has no such key.
        """
        text = self._texts[key]
        return _COUNTED.vformat(text, (), values) if "|" in text else text.format(**values)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds ``key``."""
        return key in self._texts

    def sentences(self) -> tuple[str, ...]:
        """Every text of the catalogue, not filled in."""
        return tuple(self._texts.values())

    def section(self, prefix: str) -> dict[str, str]:
        """All texts under ``prefix.``, without that prefix: to be handed to a page as data."""
        start = f"{prefix}."
        return {
            key[len(start) :]: text for key, text in self._texts.items() if key.startswith(start)
        }

    def number(self, value: float | None, decimals: int = 0) -> str:
        """1234.5 as ``1.234,5`` (nl) or ``1,234.5`` (en); a missing value as a dash."""
        if value is None or math.isnan(value):
            return "–"
        plain = f"{round(value, decimals) + 0.0:,.{decimals}f}"
        # A hyphen is no minus: it breaks off at the end of a line and is not read aloud.
        return plain.translate(str.maketrans(",.-", f"{self._thousands}{self._decimal}−"))

    def plain(self, value: float) -> str:
        """A number with the decimals that it has, five at the most: 0.5 as ``0,5``."""
        decimals = next((d for d in range(5) if math.isclose(value, round(value, d))), 5)
        return self.number(value, decimals)

    def rate(self, value: float | None) -> str:
        """One decimal under 100, two under 1, none above: no more than a rate can carry."""
        if value is None or math.isnan(value) or value == 0:
            return self.number(value)
        # 99.96 is written as 100, so what it rounds to decides.
        decimals = 2 if round(abs(value), 2) < 1 else 1 if round(abs(value), 1) < 100 else 0
        return self.number(value, decimals)

    def times(self, value: float | None) -> str:
        """A ratio with one decimal: ``2,3``."""
        return self.number(value, 1)

    def percentage(self, share: float) -> str:
        """A share of one as a whole percentage."""
        return f"{self.number(100 * share)}%"

    def date(self, day: dt.date) -> str:
        """22 november 2026 / 22 November 2026."""
        return f"{day.day} {self(f'month.{day.month}')} {day.year}"

    def month(self, day: dt.date) -> str:
        """Nov 2026, short."""
        return f"{self(f'month_short.{day.month}')} {day.year}"

    def period(self, start: dt.date, end: dt.date) -> str:
        """A period in words; a whole calendar year as that year."""
        if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
            return str(start.year) if start.year == end.year else f"{start.year}–{end.year}"
        if start == end:
            return self.date(start)
        return self("period.from_to", start=self.date(start), end=self.date(end))


class _Counted(string.Formatter):
    """Words that follow a number: the catalogue has both forms, and the number chooses."""

    def format_field(self, value: Any, format_spec: str) -> Any:  # noqa: ANN401 - as in string
        if "|" not in format_spec:
            return super().format_field(value, format_spec)
        is_bare = format_spec.startswith("=")
        forms = format_spec.removeprefix("=").split("|")
        number = str(value)
        if len(forms) == 3:
            if number == "0":
                return forms[0]
            forms = forms[1:]
        word = forms[0] if number == "1" else forms[1]
        return word if is_bare else f"{number} {word}"


_COUNTED = _Counted()


def texts_for(lens: Lens) -> Texts:
    """The texts of a result: what another test than the usual one finds has its own words."""
    test = lens.clusters.test
    return Texts(lens.language, variant="" if test == "eb_rate" else test)


@cache
def _with_variant(language: str, variant: str) -> dict[str, str]:
    texts = _catalogue(language)
    start = f"{variant}."
    own = {key.removeprefix(start): text for key, text in texts.items() if key.startswith(start)}
    unknown = sorted(own.keys() - texts.keys())
    if unknown or not own:
        raise KeyError(f"variant {variant!r} has no texts, or replaces none by {unknown[:1]}")
    return texts | own


@cache
def _catalogue(language: str) -> dict[str, str]:
    if language not in LANGUAGES:
        raise KeyError(f"no texts in language {language!r}; there are {', '.join(LANGUAGES)}")
    texts: dict[str, str] = {}
    folder = resources.files("igh_geo.texts") / language
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            section = file.name.removesuffix(".toml")
            read = tomllib.loads(file.read_text(encoding="utf-8"))
            # `base.toml` holds what every page shares; other files prefix their own name.
            _flatten(read, "" if section == "base" else section, texts)
    return texts


def _flatten(table: dict[str, Any], prefix: str, into: dict[str, str]) -> None:
    for key, value in table.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            _flatten(value, name, into)
        else:
            into[name] = str(value)
