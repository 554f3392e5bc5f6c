"""What cases by building show, in sentences for who decides on a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.factors import UNKNOWN, Phenomenon
from igh_geo.policy.phenomenon_terms import (
    LEAST_PART,
    PARTS,
    Row,
    edges,
    joined_types,
    part_of,
    rows_of,
    times,
    verb,
    without_addresses,
)
from igh_geo.policy.phrases import level_name, listing
from igh_geo.policy.wording import noun
from igh_geo.texts import Texts

# More building types than these nobody keeps apart.
MOST_TYPES = 3
MOST_AREAS = 5
MOST_MONTHS = 3
# Of months that differ by chance alone one in twenty is told as different.
CLEAR = 0.05
# Under this share nothing that unknown types could be changes what is seen.
LEAST_UNKNOWN = 0.01
# From this share on a register that lacks their addresses is not complete.
MANY_WITHOUT = 0.05


def headline(
    phenomenon: Phenomenon, lens: Lens, texts: Texts, *, names: pd.Series | None = None
) -> tuple[str, ...]:
    """What it shows, the most important first, from told numbers only.

    Parameters
    ----------
    phenomenon : Phenomenon
        After disclosure.
    lens : Lens
    texts : Texts
        The language of the sentences.
    names : pandas.Series, optional
        Names of the areas by ``area_code``; without it areas go by their code.

    Returns
    -------
    tuple of str
        Sentences with ratios and their 95 % intervals. How much of a difference is left within
        areas is told by no more precise a word than its interval allows, and called uncertain
        where that reaches over more than two words.
    """
    if not phenomenon.n_cases:
        return (texts("phenomenon.headline.no_cases", **_common(phenomenon, lens, texts)),)
    teller = _Teller(phenomenon, lens, texts)
    said = [
        teller.incomplete(),
        *teller.types(),
        teller.reach(),
        teller.lower(),
        teller.areas(names),
        *teller.trends(),
        teller.season(),
        teller.unknown(),
    ]
    return tuple(filter(None, said))


def _common(phenomenon: Phenomenon, lens: Lens, texts: Texts) -> dict[str, str]:
    """What nearly every sentence fills in."""
    level = lens.areas.level
    return {
        "noun": noun(lens, texts),
        "found": verb(phenomenon, texts),
        "area": level_name(texts, level, plural=False),
        "areas": level_name(texts, level),
    }


class _Teller:
    """The sentences of one phenomenon."""

    def __init__(self, phenomenon: Phenomenon, lens: Lens, texts: Texts) -> None:
        self.phenomenon, self.texts = phenomenon, texts
        self.common = _common(phenomenon, lens, texts)
        table = phenomenon.tables[0]
        self.rows = rows_of(table)
        self.reference = next((row for row in self.rows if row.key == table.reference), None)
        self.n_addresses = sum(row.addresses for row in self.rows)
        known = [row for row in self.rows if row.key != UNKNOWN]
        self.higher = sorted(
            (row for row in known if row.verdict == "higher"), key=self._excess, reverse=True
        )
        self.lower_rows = [row for row in known if row.verdict == "lower"]
        self.unmasked = [
            row
            for row in known
            if row.verdict == "unclear" and row.within_verdict in ("higher", "lower")
        ]
        self.is_comparable = any(row.verdict in ("higher", "lower", "unclear") for row in known)

    def say(self, key: str, **values: str) -> str:
        """A sentence with what every one of them may fill in."""
        named = {} if self.reference is None else {"reference": self.types_of([self.reference])}
        return self.texts(f"phenomenon.{key}", **(self.common | named | values))

    def types_of(self, rows: Sequence[Row]) -> str:
        """Types in words."""
        return joined_types([row.key for row in rows], self.texts)

    def incomplete(self) -> str:
        """That the register lacks addresses, where many cases are of a type that it has none of."""
        cases = sum(row.cases or 0.0 for row in without_addresses(self.rows))
        share = cases / self.phenomenon.n_cases
        if share < MANY_WITHOUT:
            return ""
        return self.say("headline.incomplete", share=self.texts.percentage(share))

    def types(self) -> Iterator[str]:
        """Types that stand out, each with what is left of it within areas."""
        if not self.is_comparable:
            yield self.say("headline.incomparable")
            return
        for row in self.higher[:MOST_TYPES]:
            ratio, low, high = row.ratio
            crude = self.say(
                "headline.higher",
                types=self.types_of([row]),
                ratio=times(self.texts, ratio),
                **edges(self.texts, low, high),
            )
            yield f"{crude} {self.within(row)}"
        if self.higher[MOST_TYPES:]:
            yield self.say("headline.also_higher", said=self._ratios(self.higher[MOST_TYPES:]))
        for row in self.unmasked:
            within, low, high = row.within
            yield self.say(
                "headline.unmasked",
                types=self.types_of([row]),
                within=times(self.texts, within),
                **edges(self.texts, low, high),
            )
        if not (self.higher or self.lower_rows or self.unmasked):
            yield self.say("headline.none_clear")

    def within(self, row: Row) -> str:
        """What is left of a type that is clearly higher, among addresses of one area."""
        within, low, high = row.within
        ratio = row.ratio[0]
        if within is None or low is None or high is None or ratio is None or not row.within_verdict:
            return self.say("within.unknown")
        figures = {"within": times(self.texts, within), **edges(self.texts, low, high)}
        most = part_of((high - 1) / (ratio - 1))
        if row.within_verdict == "lower":
            return self.say("within.reversed", **figures)
        if row.within_verdict != "higher":
            key = "explained" if most in ("quarter", LEAST_PART) else "unsure"
            return self.say(f"within.{key}", **figures)
        if low > ratio:
            return self.say("within.larger", **figures)
        least = part_of((low - 1) / (ratio - 1))
        share = row.remains if row.remains is not None else (within - 1) / (ratio - 1)
        words = [word for word, _ in PARTS] + [LEAST_PART]
        if words.index(least) - words.index(most) <= 1:
            remains = self.texts(f"phenomenon.remains.{part_of(share)}")
            return self.say("within.remains", remains=remains, **figures)
        guess = part_of(share)
        others = [self.texts(f"phenomenon.part.{word}") for word in (least, most) if word != guess]
        return self.say(
            "within.uncertain",
            part=self.texts(f"phenomenon.part.{guess}"),
            others=self.texts("phenomenon.headline.or").join(others),
            **figures,
        )

    def reach(self) -> str:
        """What part of the cases, and of the addresses, the higher types hold.

        Without any that is clearly higher: the type with most cases.
        """
        n_cases = self.phenomenon.n_cases
        told = [row for row in self.higher[:MOST_TYPES] if row.cases]
        if told:
            cases = sum(row.cases or 0.0 for row in told)
            return self.say(
                "headline.reach",
                n=self.texts.number(100 * cases / n_cases),
                types=self.types_of(told),
                addresses=self._share(sum(row.addresses for row in told)),
            )
        counted = [row for row in self.rows if row.cases and row.addresses and row.key != UNKNOWN]
        most = max(counted, key=lambda row: row.cases or 0.0, default=None)
        if most is None or most.cases is None:
            return ""
        return self.say(
            "headline.biggest",
            types=self.types_of([most]),
            cases=self.texts.percentage(most.cases / n_cases),
            addresses=self._share(most.addresses),
        )

    def lower(self) -> str:
        """Types where fewer are found; and which of these stay so within areas."""
        if not self.lower_rows:
            return ""
        said = self.say("headline.lower", said=self._ratios(self.lower_rows))
        within = [row for row in self.lower_rows if row.within_verdict == "lower"]
        if not within:
            return said
        of = [self._ratio_words(row, row.within) for row in within]
        return f"{said} {self.say('headline.lower_within', said='; '.join(of))}"

    def areas(self, names: pd.Series | None) -> str:
        """Areas above what their mix of buildings leads one to expect."""
        told = self.phenomenon.areas
        told = told[(told["status"] == "shown") & told["ratio_low"].notna()]
        if told.empty:
            return ""
        above = told[told["verdict"] == "higher"].assign(code=lambda rows: rows.index.astype(str))
        if above.empty:
            return self.say("headline.areas_none", n_told=self.texts.number(len(told)))
        order = above.sort_values(["ratio_low", "code"], ascending=[False, True], kind="stable")
        words = [
            self.say(
                "headline.area_ratio",
                name=str(code if names is None else names.get(code, code)),
                ratio=times(self.texts, float(ratio)),
            )
            for code, ratio in order["ratio"].items()
        ]
        return self.say(
            "headline.areas",
            n=self.texts.number(len(above)),
            n_told=self.texts.number(len(told)),
            names=listing(self.texts, words, most=MOST_AREAS),
        )

    def trends(self) -> Iterator[str]:
        """Types with clearly more, or fewer, each year."""
        if self.phenomenon.trend is None:
            return
        rows = self.phenomenon.trend.rows
        for way in ("up", "down"):
            for key, of in rows[rows["change"] == way].to_dict(orient="index").items():
                yield self.say(
                    f"headline.trend_{way}",
                    types=joined_types([str(key)], self.texts),
                    ratio=times(self.texts, float(of["per_year"]), apart=True),
                    **edges(self.texts, float(of["low"]), float(of["high"])),
                )

    def season(self) -> str:
        """The months with most and fewest, where months differ by more than chance."""
        season = self.phenomenon.season
        if season is None or season.p is None or season.p >= CLEAR:
            return ""
        counts = season.counts.dropna().astype(float)
        if len(counts) < len(season.counts):
            # A month that is withheld may well be the one with fewest.
            return ""
        ordered = counts.sort_values(ascending=False, kind="stable")
        is_tied = (
            ordered.iloc[MOST_MONTHS - 1] == ordered.iloc[MOST_MONTHS]
            or ordered.iloc[-MOST_MONTHS] == ordered.iloc[-MOST_MONTHS - 1]
        )
        if is_tied:
            # Which of equal months would be named is decided by the calendar.
            return self.say("headline.season_tied")
        order = ordered.index

        def named(months: Iterable[Any]) -> str:
            words = [self.texts(f"month.{month}") for month in sorted(map(int, months))]
            return listing(self.texts, words)

        return self.say(
            "headline.season", most=named(order[:MOST_MONTHS]), least=named(order[-MOST_MONTHS:])
        )

    def unknown(self) -> str:
        """What the highest type would be if all unknown addresses were the one or the other."""
        row = next((one for one in self.rows if one.key == UNKNOWN), None)
        if row is None or row.cases is None or self.reference is None or not self.higher:
            return ""
        shares = row.cases / self.phenomenon.n_cases, row.addresses / self.n_addresses
        of, reference = self.higher[0], self.reference
        if max(shares) < LEAST_UNKNOWN or not of.cases or not reference.cases:
            return ""
        years = (of.address_years, reference.address_years)
        as_reference = (of.cases / years[0]) / (
            (reference.cases + row.cases) / (years[1] + row.address_years)
        )
        as_type = ((of.cases + row.cases) / (years[0] + row.address_years)) / (
            reference.cases / years[1]
        )
        return self.say(
            "headline.unknown",
            cases=self.texts.percentage(shares[0]),
            addresses=self.texts.percentage(shares[1]),
            types=self.types_of([of]),
            as_reference=times(self.texts, as_reference),
            as_type=times(self.texts, as_type),
        )

    def _excess(self, row: Row) -> float:
        """Cases above what the type would have at the rate of the reference."""
        ratio = row.ratio[0]
        return (row.cases or 0.0) * (1 - 1 / ratio) if ratio else 0.0

    def _share(self, addresses: float) -> str:
        return self.texts.percentage(addresses / self.n_addresses)

    def _ratios(self, rows: Sequence[Row]) -> str:
        return "; ".join(self._ratio_words(row, row.ratio) for row in rows)

    def _ratio_words(
        self, row: Row, figures: tuple[float | None, float | None, float | None]
    ) -> str:
        ratio, low, high = figures
        return self.say(
            "headline.type_ratio",
            types=self.types_of([row]),
            ratio=times(self.texts, ratio),
            **edges(self.texts, low, high),
        )
