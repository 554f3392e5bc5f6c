"""What signals say, in sentences; and what must stand beside them."""

from __future__ import annotations

import pandas as pd

from igh_geo.lens.signals import Indicator, Signals
from igh_geo.policy.hindsight import LEAST_CASES, MAIN
from igh_geo.policy.phenomenon_terms import joined_types
from igh_geo.policy.phrases import listing
from igh_geo.policy.scores import ORDERS, Hindsight, IndicatorTold
from igh_geo.texts import Texts


def indicator_words(one: Indicator, noun: str, texts: Texts, *, found: str) -> str:
    """What an indicator is, in a sentence.

    Parameters
    ----------
    one : Indicator
    noun : str
        What is counted, plural.
    texts : Texts
    found : str
        What became of it, from `policy.phenomenon_terms.verb`.
    """
    if one.types:
        words = texts("signals.kind.types", types=joined_types(one.types, texts))
    elif one.figure is not None:
        words = texts("signals.kind.figure", figure=one.figure)
    else:
        words = texts("signals.kind.cases", Noun=noun[:1].upper() + noun[1:], found=found)
    return words if one.weight > 0 else f"{words} {texts('signals.kind.protective')}"


def sentences(
    areas: pd.DataFrame, indicators: tuple[IndicatorTold, ...], texts: Texts
) -> tuple[str, ...]:
    """What the score is, and how many areas have none.

    Parameters
    ----------
    areas : pandas.DataFrame
        As `SignalsTold.areas`.
    indicators : tuple of IndicatorTold
    texts : Texts
    """
    weights = [
        texts(
            "signals.weight",
            name=one.name,
            weight=texts.plain(one.weight),
            share=texts.percentage(one.share),
        )
        for one in indicators
    ]
    n_without = int(areas["status"].isin(["missing", "withheld"]).sum())
    said = [
        texts("signals.what"),
        texts("signals.weights", weights=listing(texts, weights, most=len(weights))),
    ]
    if n_without:
        said.append(texts("signals.without", n=texts.number(n_without)))
    return tuple(said)


def cautions(asked: Signals, noun: str, texts: Texts, *, is_found: bool) -> tuple[str, ...]:
    """What must be read beside a score, always.

    Parameters
    ----------
    asked : Signals
    noun : str
        What is counted, plural.
    texts : Texts
    is_found : bool
        Whether it is found by looking for it, and not only registered.
    """
    known = "found" if is_found else "registered"
    known = f"{known}_in_score" if asked.uses_cases else known
    keys = (known, "no_proof", "chosen", "stands_in")
    return tuple(texts(f"signals.caution.{key}", noun=noun) for key in keys)


def share_words(low: float, high: float, texts: Texts) -> str:
    """A share as it is told: "48%", or "40% tot 55%" where numbers are withheld.

    Parameters
    ----------
    low, high : float
        Of one; equal where the number itself is told.
    texts : Texts
    """
    if low == high:
        return texts.percentage(low)
    low_words, high_words = texts.percentage(low), texts.percentage(high)
    return texts("signals.range", low=low_words, high=high_words)


def later_words(hindsight: Hindsight, texts: Texts) -> str:
    """Number of later cases as it is told: "84", or "75 tot 95".

    Parameters
    ----------
    hindsight : Hindsight
    texts : Texts
    """
    low, high = hindsight.later_low, hindsight.later_high
    if low == high:
        return texts.number(low)
    return texts("signals.range", low=texts.number(low), high=texts.number(high))


def why_no_list(hindsight: Hindsight | None, noun: str, texts: Texts) -> str:
    """Why no areas with the highest score are named: whoever follows a list, acts on it.

    Parameters
    ----------
    hindsight : Hindsight or None
    noun : str
        What is counted, plural.
    texts : Texts

    Returns
    -------
    str
        Empty where the score points out better than looking nowhere in particular, and no worse
        than looking where it was found before.
    """
    why = "untested" if hindsight is None else hindsight.against_even
    if hindsight is not None and hindsight.verdict == "worse":
        why = "worse"
    if why == "better":
        return ""
    return texts(f"signals.no_list.{why}", noun=noun, sheet=texts("workbook.sheet.signals"))


def verdict_words(hindsight: Hindsight, noun: str, texts: Texts, *, found: str) -> tuple[str, ...]:
    """What the test shows, of the areas with a fifth of the addresses; the verdicts first.

    Parameters
    ----------
    hindsight : Hindsight
    noun : str
        What is counted, plural.
    texts : Texts
    found : str
        What became of it, from `policy.phenomenon_terms.verb`.
    """
    day = texts.date(hindsight.test_from)
    verdicts = {"day": day, "noun": noun, "least": LEAST_CASES, "found": found}
    first = texts(f"signals.even.{hindsight.against_even}", **verdicts)
    if hindsight.against_even == "few":
        return (first,)
    things = texts(f"denominator.{hindsight.unit}")
    at_main = hindsight.curve[hindsight.curve["share_of_addresses"] == MAIN]
    score, before = (at_main[at_main["order"] == name].to_dict("records")[0] for name in ORDERS)
    values = {
        "day": day,
        "noun": noun,
        "found": found,
        "things": things,
        "main": texts.percentage(MAIN),
    }
    said = [first, texts(f"signals.verdict.{hindsight.verdict}", **verdicts)]
    if score["status"] == "shown":
        said.append(
            texts(
                "signals.test.share",
                **values,
                n=later_words(hindsight, texts),
                share=share_words(score["share_low"], score["share_high"], texts),
                low=texts.percentage(score["low"]),
                high=texts.percentage(score["high"]),
            )
        )
    else:
        said.append(texts("signals.test.withheld", **values))
    if before["status"] == "shown" and hindsight.verdict != "few_before":
        words = share_words(before["share_low"], before["share_high"], texts)
        said.append(texts("signals.test.before", **values, share=words))
    return tuple(said)
