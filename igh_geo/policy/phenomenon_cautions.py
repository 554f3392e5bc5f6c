"""What cases that were found can and cannot tell of the buildings they were found in."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.factor_classes import class_label
from igh_geo.policy.factors import OTHER, UNKNOWN, Phenomenon
from igh_geo.policy.phenomenon_terms import (
    LEAST_IN_TOLD,
    Row,
    joined_types,
    rows_of,
    verb,
    without_addresses,
)
from igh_geo.policy.phrases import level_name
from igh_geo.policy.wording import kinds, noun
from igh_geo.stats.rates.intervals import wilson
from igh_geo.texts import Texts

# From this share on one finder decides what is seen.
DOMINATES = 0.5
# From this share on what is missing is worth a word.
WORTH_A_WORD = 0.05


def cautions(phenomenon: Phenomenon, lens: Lens, texts: Texts) -> tuple[str, ...]:
    """What must be read with a phenomenon by building, from told numbers only.

    Parameters
    ----------
    phenomenon : Phenomenon
        After disclosure.
    lens : Lens
    texts : Texts
        The language of the sentences.

    Returns
    -------
    tuple of str
        What registered cases are, who found them, where types come from, what is not shown, what
        may not be concluded, and on what basis the data are used by whom.
    """
    words = {"noun": noun(lens, texts), "found": verb(phenomenon, texts)}

    def say(key: str, **values: str) -> str:
        return texts(f"phenomenon.caution.{key}", **(words | values))

    said = [
        say("residents"),
        say("found"),
        " ".join(_finders(phenomenon, lens, texts)),
        say("cause"),
        say("grave"),
        _origins(phenomenon, texts),
        _unmatched(phenomenon, lens, texts),
        _no_addresses(phenomenon, lens, texts),
        _withheld(phenomenon, texts),
        _areas_withheld(phenomenon, lens, texts),
        _reference(phenomenon, lens, texts),
        say("small"),
        say("stock"),
        _basis(lens, texts),
    ]
    return tuple(filter(None, said))


def _finders(phenomenon: Phenomenon, lens: Lens, texts: Texts) -> Iterator[str]:
    """Who found them, whether one decides the picture, and whether that differs by type."""
    found = phenomenon.detection
    if found is None:
        # A finder that is in the file and may not be told is not a finder that nobody noted.
        is_kept = phenomenon.has_detection
        yield texts("phenomenon.caution." + ("finder_withheld" if is_kept else "finder_unknown"))
        return
    told = found.dropna().astype(float)
    named = told.drop(index=[UNKNOWN, OTHER], errors="ignore")
    n_cases = phenomenon.n_cases
    if named.empty or not named.sum() or not n_cases:
        yield texts("phenomenon.caution.finder_withheld")
        return
    first = str(named.sort_index().idxmax())
    share = float(named[first]) / n_cases
    words = {
        "source": class_label("detection", first, texts),
        "share": texts.percentage(share),
        "noun": noun(lens, texts),
    }
    key = "finder_one" if share >= DOMINATES else "finder_several"
    yield texts(f"phenomenon.caution.{key}", **words)
    yield from _by_type(phenomenon, first, texts)
    missing = float(told.get(UNKNOWN, 0.0)) / n_cases
    if missing >= WORTH_A_WORD:
        values = {"share": texts.percentage(missing), "noun": noun(lens, texts)}
        yield texts("phenomenon.caution.finder_missing", **values)


def _by_type(phenomenon: Phenomenon, source: str, texts: Texts) -> Iterator[str]:
    """Whether the share of a finder in a higher type is another than in the reference."""
    crossing = next((one for one in phenomenon.crossings if one.name == "detection"), None)
    rows = {row.key: row for row in rows_of(phenomenon.tables[0])}
    reference = rows.get(phenomenon.tables[0].reference)
    if crossing is None or reference is None or source not in crossing.cases.columns:
        return
    counts = crossing.cases[source]
    base = _share(counts, reference)
    if base is None:
        return
    alike = []
    for row in rows.values():
        share = _share(counts, row)
        if row.verdict != "higher" or row.key == UNKNOWN or share is None:
            continue
        if share[1] > base[2] or share[2] < base[1]:
            yield _compared(row.key, share[0], base[0], phenomenon=phenomenon, texts=texts)
            return
        alike.append((row, share[0]))
    if alike:
        largest, share_of_it = max(alike, key=lambda one: one[0].cases or 0.0)
        yield _compared(
            largest.key, share_of_it, base[0], phenomenon=phenomenon, texts=texts, key="alike"
        )


def _compared(
    kind: str,
    share: float,
    base: float,
    *,
    phenomenon: Phenomenon,
    texts: Texts,
    key: str = "differs",
) -> str:
    return texts(
        f"phenomenon.caution.finder_{key}",
        types=joined_types([kind], texts),
        share_types=texts.percentage(share),
        reference=joined_types([phenomenon.tables[0].reference], texts),
        share_reference=texts.percentage(base),
    )


def _share(counts: pd.Series, row: Row) -> tuple[float, float, float] | None:
    """Share of the cases of a type by one finder, with its 95 % interval."""
    number = counts.get(row.key)
    if number is None or pd.isna(number) or not row.cases:
        return None
    # A told number rounds, and may pass the whole.
    number = min(float(number), row.cases)
    low, high = wilson([number], [row.cases])
    return number / row.cases, float(low[0]), float(high[0])


def _origins(phenomenon: Phenomenon, texts: Texts) -> str:
    origins = phenomenon.origins
    total = sum(origins.values())
    if not total:
        return ""
    shares = {key: origins.get(key, 0) / total for key in ("own", "derived", "unknown")}
    values = {key: texts.percentage(share) for key, share in shares.items()}
    values |= {
        f"n_{key}": texts.number(100 * share) if round(100 * share) else "0"
        for key, share in shares.items()
    }
    return texts("phenomenon.caution." + ("derived" if origins.get("derived") else "own"), **values)


def _unmatched(phenomenon: Phenomenon, lens: Lens, texts: Texts) -> str:
    rules = lens.rules
    if phenomenon.n_matched is None:
        if rules.rounding > 1:
            return ""
        few = {"n": texts.number(rules.minimum_count), "noun": noun(lens, texts)}
        return texts("phenomenon.caution.unmatched_few", **few)
    share = 1 - phenomenon.n_matched / phenomenon.n_cases if phenomenon.n_cases else 0.0
    if round(100 * share) < 1:
        return ""
    values = {"share": texts.percentage(share), "noun": noun(lens, texts)}
    return texts("phenomenon.caution.unmatched", **values)


def _withheld(phenomenon: Phenomenon, texts: Texts) -> str:
    hidden = [row.key for row in rows_of(phenomenon.tables[0]) if row.status == "withheld"]
    if not hidden:
        return ""
    return texts("phenomenon.caution.withheld", types=joined_types(hidden, texts))


def _no_addresses(phenomenon: Phenomenon, lens: Lens, texts: Texts) -> str:
    """Types of which cases are told and no address is known."""
    kinds_without = [row.key for row in without_addresses(rows_of(phenomenon.tables[0]))]
    if not kinds_without:
        return ""
    return texts(
        "phenomenon.caution.no_addresses",
        types=joined_types(kinds_without, texts),
        noun=noun(lens, texts),
        areas=level_name(texts, lens.areas.level),
    )


def _areas_withheld(phenomenon: Phenomenon, lens: Lens, texts: Texts) -> str:
    """That ratios within areas rest partly on guesses, and of what they are not told therefore."""
    status = phenomenon.areas["status"]
    n_withheld = int((status == "withheld").sum())
    if not n_withheld or phenomenon.model is None:
        return ""
    words = {
        "n": texts.number(n_withheld),
        "noun": noun(lens, texts),
        "area": level_name(texts, lens.areas.level, plural=False),
        "areas": level_name(texts, lens.areas.level),
    }
    said = texts("phenomenon.caution.areas_withheld", **words)
    in_told = float(phenomenon.areas["cases"].astype(float).where(status == "shown").sum())
    if len(phenomenon.tables) > 1 and in_told < LEAST_IN_TOLD * phenomenon.n_cases:
        said += " " + texts("phenomenon.caution.others_not_within", **words)
    return said


def _reference(phenomenon: Phenomenon, lens: Lens, texts: Texts) -> str:
    """That types are compared with another one than the lens asks for."""
    asked = lens.phenomenon.reference if lens.phenomenon is not None else None
    used = phenomenon.tables[0].reference
    if asked is None or asked == used or "rates" not in lens.rules.shows:
        return ""
    words = {"asked": joined_types([asked], texts), "noun": noun(lens, texts)}
    if not used:
        return texts("phenomenon.caution.reference_none", **words)
    return texts("phenomenon.caution.reference", reference=joined_types([used], texts), **words)


def _basis(lens: Lens, texts: Texts) -> str:
    """On what legal basis, and for whom: what is known of offences may not be used without."""
    basis = lens.privacy.legal_basis
    audience = texts(
        "phenomenon.caution.audience", audience=texts(f"reading.audience.{lens.audience}")
    )
    if "offence" in kinds(lens):
        key = "legal" if basis else "legal_missing"
        said = texts(f"phenomenon.caution.{key}", **({"basis": basis} if basis else {}))
    else:
        said = texts("phenomenon.caution.basis", basis=basis) if basis else ""
    return f"{said} {audience}".strip()
