"""What a result means, in words: reasons, notes, method and limits."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import count
from typing import Any

import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.factor_classes import class_label
from igh_geo.policy.factors import Phenomenon
from igh_geo.policy.findings import Findings
from igh_geo.texts import Texts

# Under this many events a percentage would look more certain than it is.
CLEAR_EXCESS = 1.0
CLEAR_RATIO = 1.05


def noun(lens: Lens, texts: Texts) -> str:
    """What is counted, plural: "meldingen", or the word the lens gives."""
    if lens.noun is not None:
        return lens.noun
    named = kinds(lens)
    return texts(f"kind_plural.{named[0]}" if len(named) == 1 else "kind_plural.mixed")


def kinds(lens: Lens) -> tuple[str, ...]:
    """Kinds of records that the lens names; none when it takes them as they come."""
    return (lens.counts.kind,) if lens.counts else lens.incidents.kinds if lens.incidents else ()


def denominator(lens: Lens, texts: Texts) -> str:
    """What the rate is per, plural: "woningen", or the exposure that the lens names."""
    return lens.rate.unit or texts(f"denominator.{lens.rate.denominator}")


def reasons(areas: pd.DataFrame, things: str, texts: Texts) -> pd.Series:
    """Why an area stands where it stands, from published numbers only.

    Parameters
    ----------
    areas : pandas.DataFrame
        A table of areas after disclosure: ``smr``, ``excess``, ``reliability``, ``change``,
        ``count``, ``previous`` and, where tested, ``gi_class``.
    things : str
        What is counted, plural.
    texts : Texts

    Returns
    -------
    pandas.Series
        Same index; sentences joined by newlines, empty where there is nothing to say.
    """
    said = [
        "\n".join(_reasons_of(row, things, texts))
        for row in areas.replace({pd.NA: None}).to_dict(orient="records")
    ]
    return pd.Series(said, index=areas.index, dtype="str")


def _reasons_of(row: Mapping[Hashable, object], things: str, texts: Texts) -> list[str]:
    said = []
    ratio, excess = _number(row.get("smr")), _number(row.get("excess"))
    # "1,0 keer zo veel" is no reason.
    if ratio is not None and excess is not None and excess >= CLEAR_EXCESS and ratio >= CLEAR_RATIO:
        sure = "ratio" if _is_clearly_above(row, ratio) else "ratio_unsure"
        said.append(texts(f"policy.reason.{sure}", ratio=texts.times(ratio)))
        key = "excess_one" if round(excess) == 1 else "excess"
        said.append(texts(f"policy.reason.{key}", excess=texts.number(excess), things=things))
    gi = row.get("gi_class")
    if isinstance(gi, str) and gi.startswith("hot"):
        # Else the same area reads as chance and as more than chance.
        is_own = ratio is not None and _is_clearly_above(row, ratio)
        key = "hot_90" if gi == "hot_90" else "hotspot" if is_own else "hotspot_with_neighbours"
        said.append(texts(f"policy.reason.{key}"))
    now, before = _number(row.get("count")), _number(row.get("previous"))
    if row.get("change") in ("up", "down") and now is not None and before is not None:
        said.append(
            texts(
                f"policy.reason.{row['change']}",
                before=texts.number(before),
                now=texts.number(now),
            )
        )
    if row.get("reliability") == "low" and said:
        said.append(texts("policy.reason.unreliable"))
    return said


def _is_clearly_above(row: Mapping[Hashable, object], ratio: float) -> bool:
    """Whether the whole interval of the smoothed rate lies above the average."""
    rate, low = _number(row.get("rate")), _number(row.get("smoothed_low"))
    return rate is not None and low is not None and ratio > 0 and low > rate / ratio


def may_be_chance(row: Mapping[Any, object]) -> bool:
    """Whether the interval of an area holds the average; an area without one is not doubted.

    Reads ``smr``, ``rate``, and ``smoothed_low`` and ``smoothed_high``.
    """
    names = ("smr", "rate", "smoothed_low", "smoothed_high")
    ratio, rate, low, high = (_number(row.get(name)) for name in names)
    if ratio is None or rate is None or low is None or high is None or ratio <= 0:
        return False
    return low <= rate / ratio <= high


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value == value else None


def notes(findings: Findings, lens: Lens, texts: Texts) -> tuple[str, ...]:
    """What a user must read with this result."""
    said = [texts(f"policy.note.{key}", **values) for key, values in findings.notes]
    return tuple(said + list(lens.caveats))


def withheld_notes(areas: pd.DataFrame, lens: Lens, texts: Texts) -> tuple[str, ...]:
    """Whether so many areas are withheld that larger ones, or a longer period, would serve."""
    n_withheld = int((areas["status"] == "withheld").sum())
    n_told = int((areas["count"] > 0).sum())
    if n_withheld <= n_told:
        return ()
    level = f"level_plural.{lens.areas.level}"
    return (
        texts(
            "policy.note.many_withheld",
            count=texts.number(n_withheld),
            told=texts.number(n_told),
            none=texts.number(int((areas["count"] == 0).sum())),
            level=texts(level) if texts.has(level) else lens.areas.level,
        ),
    )


def told_notes(areas: pd.DataFrame, lens: Lens, texts: Texts) -> tuple[str, ...]:
    """That counts are rounded, and that all numbers follow from the counts as they are told."""
    said = []
    if lens.rules.rounding > 1:
        said.append(texts("policy.note.rounded", step=texts.number(lens.rules.rounding)))
    if lens.rules.rounding > 1 or (areas[["status", "previous_status"]] == "withheld").any(
        axis=None
    ):
        said.append(texts("policy.note.from_told"))
    return tuple(said)


def limits(lens: Lens, texts: Texts) -> tuple[str, ...]:
    """What the result does not show."""
    said = [texts("policy.limit.registered", things=noun(lens, texts))]
    if "fine" in kinds(lens):
        said.append(texts("policy.limit.fines"))
    said.append(texts("policy.limit.not_cause"))
    said.append(texts("policy.limit.no_hotspot"))
    return tuple(said)


def choices(findings: Findings, texts: Texts) -> dict[str, str]:
    """What the software chose or repaired by itself, in words."""
    chosen = {
        key: texts(f"policy.choice.{key}", **values) for key, values in findings.choices.items()
    }
    for key, values in findings.areas_noticed:
        said = texts(f"area_note.{key}", **values)
        # Two tables of context may each have something of the same kind to tell.
        named = (f"areas_{key}" if number == 1 else f"areas_{key}_{number}" for number in count(1))
        free = next(name for name in named if name not in chosen)
        about = "buildings" if key.startswith("register.") else "areas"
        chosen[free] = texts(f"policy.choice.{about}", said=said)
    return chosen


def references(found: Phenomenon | None, lens: Lens, texts: Texts) -> dict[str, str]:
    """What classes of buildings are compared with, where that is not what the lens names."""
    asked = lens.phenomenon.reference if lens.phenomenon is not None else None
    chosen = {
        f"reference_{table.factor}": texts(
            "policy.choice.reference",
            factor=texts(f"building.factor.{table.factor}"),
            reference=class_label(table.factor, table.reference, texts),
        )
        for table in (found.tables if found is not None else ())
        if table.reference and not (table.factor == "building_type" and table.reference == asked)
    }
    if found is not None and asked is not None and "reference_building_type" in chosen:
        label = class_label("building_type", str(asked), texts)
        said = texts("phenomenon.reference_asked", asked=label)
        chosen["reference_building_type"] += f" {said}"
    return chosen
