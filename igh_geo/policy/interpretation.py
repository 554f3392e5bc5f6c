"""How to read a result: what you see, how sure it is, what it does not say, what to check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from igh_geo.policy.phrases import (
    block_words,
    has_provisional,
    level_name,
    level_of,
    listing,
    number_of_areas,
    total_change,
    unit,
)
from igh_geo.policy.publication import Interpretation, Publication
from igh_geo.policy.remarks import is_burglary, recognise_setting
from igh_geo.policy.wording import kinds
from igh_geo.texts import Texts

HOT = ("hot_99", "hot_95")
# More sentences than these nobody reads in a briefing.
MOST_SENTENCES = 4
# From these probabilities on a place among the first is called almost certain, or likely.
ALMOST_CERTAIN, LIKELY = 0.95, 0.75
# Nobody is sent out at an hour for fewer events than these.
FEWEST_AT_A_TIME = 20
MOST_STREETS = 2


def interpretation(publication: Publication, texts: Texts) -> Interpretation:
    """Say how to read a result, from published numbers only.

    Parameters
    ----------
    publication : Publication
        After disclosure: what its audience may see. A number that is not in it is in no sentence.
    texts : Texts
        The language of the sentences.

    Returns
    -------
    Interpretation
        At most four sentences in each part; the same publication gives the same sentences.
    """
    parts = (_seen, _sure, _not_said, _to_check)
    seen, sure, not_said, to_check = (
        tuple(said for said in part(publication, texts) if said)[:MOST_SENTENCES] for part in parts
    )
    return Interpretation(seen=seen, sure=sure, not_said=not_said, to_check=to_check)


def _seen(publication: Publication, texts: Texts) -> Iterator[str]:
    yield _how_many(publication, texts)
    if publication.total.count:
        yield _highest(publication, texts)
        yield _together(publication, texts)
        yield _when(publication, texts)


def _how_many(publication: Publication, texts: Texts) -> str:
    """The whole, and in how many areas it changed."""
    total, period = publication.total, publication.lens.period
    has_rate = total.rate is not None
    said = [
        texts(
            "interpretation.seen.rate" if has_rate else "interpretation.seen.count",
            period=texts.period(period.start, period.end),
            count=texts.number(total.count),
            noun=publication.noun,
            rate=texts.rate(total.rate),
            unit=_unit(publication, texts),
        )
    ]
    if total.previous is not None:
        said.append(total_change(publication, texts))
        said.append(_areas_that_changed(publication, texts))
    return " ".join(filter(None, said))


def _areas_that_changed(publication: Publication, texts: Texts) -> str:
    level, change = level_of(publication), publication.areas["change"]
    if change.isna().all():
        return ""
    counts = {kind: int((change == kind).sum()) for kind in ("up", "down")}
    told = [
        texts(f"interpretation.seen.{kind}", areas=number_of_areas(texts, n, level))
        for kind, n in counts.items()
        if n
    ]
    if not told:
        return texts("interpretation.seen.no_change", area=level_name(texts, level, plural=False))
    return texts("interpretation.seen.changed", said=listing(texts, told))


def _highest(publication: Publication, texts: Texts) -> str:
    """Where the corrected rate is highest, of the areas whose own number is large enough.

    Nothing where no order may be told: the first of an order is a part of it.
    """
    areas = publication.areas
    if "rank" not in publication.lens.rules.shows:
        return ""
    shown = areas[(areas["status"] == "shown") & areas["count"].gt(0)]
    firm = shown[shown["rate_smoothed"].notna() & (shown["reliability"] != "low")]
    column = "rate_smoothed" if len(firm) else "count"
    if not len(firm) and publication.lens.rate.denominator != "none":
        return ""
    order = _ordered(firm if len(firm) else shown, column)
    if order.empty:
        return ""
    first = order.iloc[0]
    others = order["name"].iloc[1:3].tolist()
    if column == "count":
        values = {"name": first["name"], "count": texts.number(float(first["count"]))}
        return texts("interpretation.seen.most", noun=publication.noun, **values)
    said = [
        texts(
            "interpretation.seen.highest",
            name=first["name"],
            rate=texts.rate(float(first["rate_smoothed"])),
            unit=_unit(publication, texts),
            low=texts.rate(float(first["smoothed_low"])),
            high=texts.rate(float(first["smoothed_high"])),
        )
    ]
    whole = publication.total.rate
    if whole is not None and float(first["smoothed_low"]) <= whole:
        said.append(texts("interpretation.seen.perhaps_chance"))
    elif others:
        named = {"n": len(others), "names": listing(texts, others)}
        said.append(texts("interpretation.seen.next", **named))
    return " ".join(said)


def _ordered(areas: pd.DataFrame, column: str) -> pd.DataFrame:
    """The highest first; what is equal in the order of its code."""
    by = areas.assign(code=areas.index.astype(str))
    return by.sort_values([column, "code"], ascending=[False, True], kind="stable")


def _together(publication: Publication, texts: Texts) -> str:
    """Whether areas stand out with their surroundings, and how many cells do."""
    classes, level = publication.areas["gi_class"].dropna(), level_of(publication)
    n_hot = int(classes.isin(HOT).sum())
    values = {"areas": number_of_areas(texts, len(classes), level), "hot": texts.number(n_hot)}
    key = "untested" if classes.empty else "hot" if n_hot else "no_hot"
    said = [texts(f"interpretation.seen.{key}", **values)]
    cells = publication.cells
    n_cells = 0 if cells is None else int(cells["gi_class"].isin(HOT).sum())
    if n_cells:
        side_m = texts.number(publication.lens.grid.side_m)
        said.append(texts("interpretation.seen.cells", n=texts.number(n_cells), side_m=side_m))
    return " ".join(said)


def _when(publication: Publication, texts: Texts) -> str:
    hours = publication.hours_top or publication.hours
    if hours is None:
        return ""
    where = "top" if publication.hours_top else "whole"
    if not hours.blocks:
        return texts(f"interpretation.seen.even_{where}")
    blocks = [block_words(texts, block) for block in hours.blocks[:2]]
    return texts(f"interpretation.seen.busiest_{where}", blocks=listing(texts, blocks))


def _sure(publication: Publication, texts: Texts) -> Iterator[str]:
    yield _intervals(publication, texts)
    yield _order(publication, texts)
    yield _left_out(publication, texts)
    if has_provisional(publication):
        yield texts("interpretation.sure.provisional")


def _intervals(publication: Publication, texts: Texts) -> str:
    """The interval of the whole, and how many rates are unreliable."""
    total, areas, said = publication.total, publication.areas, []
    if total.rate is not None and total.ci_low is not None:
        edges = {"low": texts.rate(total.ci_low), "high": texts.rate(total.ci_high)}
        said.append(texts("interpretation.sure.interval", unit=_unit(publication, texts), **edges))
    rated = areas["rate"].notna() & (areas["rate_status"] == "shown")
    few = int((rated & (areas["reliability"] == "low")).sum())
    if few:
        words = number_of_areas(texts, int(rated.sum()), level_of(publication))
        said.append(texts("interpretation.sure.unreliable", n=texts.number(few), areas=words))
    return " ".join(said)


def _order(publication: Publication, texts: Texts) -> str:
    """How sure the first places are, in words."""
    areas, top = publication.areas, publication.lens.priorities.top
    ranked = areas[areas["rank"].notna() & areas["p_top"].notna()]
    if len(ranked) <= top:
        # Every area is among the first then.
        return ""
    chance = ranked.loc[ranked["rank"] <= top, "p_top"].astype(float)
    parts = {
        "certain": int((chance >= ALMOST_CERTAIN).sum()),
        "likely": int(((chance >= LIKELY) & (chance < ALMOST_CERTAIN)).sum()),
        "unsure": int((chance < LIKELY).sum()),
    }
    told = [texts(f"interpretation.sure.{key}", n=texts.number(n)) for key, n in parts.items() if n]
    area = level_name(texts, level_of(publication), plural=False)
    return texts("interpretation.sure.order", area=area, top=top, said=listing(texts, told))


def _left_out(publication: Publication, texts: Texts) -> str:
    """What is not in the picture: areas that are not shown, and rows that could not be used."""
    withheld = int((publication.areas["status"] == "withheld").sum())
    faulty = sum(one.faulty for one in publication.ledger)
    told = []
    if withheld:
        words = number_of_areas(texts, withheld, level_of(publication))
        told.append(texts("interpretation.sure.withheld", areas=words))
    if faulty:
        rows_in = sum(one.rows_in for one in publication.ledger)
        values = {"faulty": texts.number(faulty), "rows": texts.number(rows_in)}
        told.append(texts("interpretation.sure.rows", **values))
    return texts("interpretation.sure.left_out", said=listing(texts, told)) if told else ""


def _not_said(publication: Publication, texts: Texts) -> Iterator[str]:
    # The same sentences as under every other result: one wording, whoever reads it.
    del texts
    yield from publication.limits


def _to_check(publication: Publication, texts: Texts) -> Iterator[str]:
    if not publication.lens.rules.shows_cells:
        # Who sees areas only is not sent into the street.
        return
    counted = kinds(publication.lens)
    yield _go_and_see(publication, texts)
    yield texts(f"interpretation.check.{counted[0] if len(counted) == 1 else 'mixed'}")
    categories = _categories(publication)
    setting = recognise_setting(publication.lens, categories)
    is_breaking_in = setting == "dwelling" and is_burglary(publication.lens, categories)
    place = "burglary" if is_breaking_in else setting or "any_setting"
    yield texts(f"interpretation.check.{place}")
    yield texts("interpretation.check.events")


def _go_and_see(publication: Publication, texts: Texts) -> str:
    """The area to look at first, at the busiest time; where an order may be told."""
    first = publication.areas[publication.areas["rank"] == 1]
    if first.empty:
        return ""
    where = first["name"].iloc[0]
    streets = _streets(publication, str(first.index[0]))
    if streets:
        where = texts("interpretation.check.streets", name=where, streets=listing(texts, streets))
    values: dict[str, Any] = {"where": where, "noun": publication.noun}
    hours = publication.hours_top or publication.hours
    blocks = () if hours is None else hours.blocks
    if hours is None or not blocks or blocks[0].share * hours.n_events < FEWEST_AT_A_TIME:
        return texts("interpretation.check.place", **values)
    when = block_words(texts, blocks[0])
    return texts("interpretation.check.place_and_time", when=when, **values)


def _streets(publication: Publication, code: str) -> list[str]:
    """Streets that most cells which stand out in an area share, the most frequent first."""
    cells = publication.cells
    if cells is None or "streets" not in cells.columns:
        return []
    here = cells.loc[cells["gi_class"].isin(HOT) & (cells["area_code"] == code), "streets"]
    names = here.dropna().astype(str).str.split(";").explode().str.strip()
    counted = names[names != ""].value_counts().rename_axis("name").reset_index()
    order = counted.sort_values(["count", "name"], ascending=[False, True], kind="stable")
    return [str(name) for name in order["name"].head(MOST_STREETS)]


def _categories(publication: Publication) -> list[str]:
    """The categories that the lens names, or those that were found."""
    lens = publication.lens
    if lens.counts is not None:
        return [lens.counts.category]
    if lens.incidents is not None and lens.incidents.categories:
        return list(lens.incidents.categories)
    if publication.composition is not None:
        return [str(name) for name in publication.composition.whole.index]
    return []


def _unit(publication: Publication, texts: Texts) -> str:
    return unit(texts, publication.lens, publication.noun, rate=True)
