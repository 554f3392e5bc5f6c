"""What signals say, in sentences; and what must stand beside them."""

from __future__ import annotations

import pandas as pd

from igh_geo.lens.signals import Indicator, Signals
from igh_geo.policy.hindsight import LEAST_CASES, MAIN
from igh_geo.policy.phenomenon_terms import joined_types
from igh_geo.policy.phrases import listing
from igh_geo.policy.scores import ORDERS, Hindsight, IndicatorTold
from igh_geo.texts import Texts


def indicator_words(one: Indicator, noun: str, texts: Texts) -> str:
    """What an indicator is, in a sentence.

    Parameters
    ----------
    one : Indicator
    noun : str
        What is counted, plural.
    texts : Texts
    """
    if one.types:
        words = texts("signals.kind.types", types=joined_types(one.types, texts))
    elif one.figure is not None:
        words = texts("signals.kind.figure", figure=one.figure)
    else:
        words = texts("signals.kind.cases", Noun=noun[:1].upper() + noun[1:])
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


def cautions(asked: Signals, noun: str, texts: Texts) -> tuple[str, ...]:
    """What must be read beside a score, always.

    Parameters
    ----------
    asked : Signals
    noun : str
        What is counted, plural.
    texts : Texts
    """
    found = "found_in_score" if asked.uses_cases else "found"
    keys = (found, "no_proof", "chosen", "stands_in")
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


def verdict_words(hindsight: Hindsight, noun: str, texts: Texts) -> tuple[str, ...]:
    """What the test shows, of the areas with a fifth of the addresses; the verdict first.

    Parameters
    ----------
    hindsight : Hindsight
    noun : str
        What is counted, plural.
    texts : Texts
    """
    day = texts.date(hindsight.test_from)
    if hindsight.verdict == "few":
        return (texts("signals.verdict.few", day=day, noun=noun, least=LEAST_CASES),)
    things = texts(f"denominator.{hindsight.unit}")
    at_main = hindsight.curve[hindsight.curve["share_of_addresses"] == MAIN]
    found, before = (at_main[at_main["order"] == name].to_dict("records")[0] for name in ORDERS)
    values = {"day": day, "noun": noun, "things": things, "main": texts.percentage(MAIN)}
    said = [texts(f"signals.verdict.{hindsight.verdict}", noun=noun, least=LEAST_CASES, day=day)]
    if found["status"] == "shown":
        said.append(
            texts(
                "signals.test.share",
                **values,
                n=later_words(hindsight, texts),
                share=share_words(found["share_low"], found["share_high"], texts),
                low=texts.percentage(found["low"]),
                high=texts.percentage(found["high"]),
            )
        )
    else:
        said.append(texts("signals.test.withheld", **values))
    if before["status"] == "shown" and hindsight.verdict != "few_before":
        words = share_words(before["share_low"], before["share_high"], texts)
        said.append(texts("signals.test.before", **values, share=words))
    return tuple(said)
