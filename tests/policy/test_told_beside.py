"""Context, counts of another division, provisional periods and deliveries at the gate."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.policy import remarks
from igh_geo.policy.disclosure import publish
from igh_geo.policy.findings import ContextFindings, Delivery, Findings
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

RESTRICTED = {
    "audience": "restricted",
    "privacy": {"purpose": "Toezicht", "legal_basis": "Politiewet"},
}


def published(findings: Findings, lens: Any) -> Publication:
    return publish(findings, lens, Texts(lens.language), made_on=dt.date(2026, 1, 12))


def figures(areas: pd.DataFrame, *values: float) -> ContextFindings:
    column = pd.array([pd.NA if np.isnan(v) else v for v in values], dtype="Float64")
    return ContextFindings("Sociaal domein", pd.DataFrame({"Bijstand (%)": column}, areas.index))


# Context -------------------------------------------------------------------------------------


def test_context_of_a_small_area_is_withheld_and_is_not_in_the_publication(town) -> None:
    # Areas 2 and 3 have fewer than ten inhabitants; of the latter nothing is known anyway.
    sizes = [900.0, 10.0, 9.0, 0.0, 500.0, 500.0]
    areas = town.areas(3, 2, size=sizes, water=(5,))
    context = figures(areas, 0.0, 12.5, 77.25, np.nan, np.nan, np.nan)
    findings = town.findings(areas, [20.0] * 6, context=(context,))
    (table,) = published(findings, town.lens()).context
    assert table.statuses["Bijstand (%)"].tolist() == [
        "shown",
        "shown",
        "withheld",
        "missing",
        "missing",
        "not_applicable",
    ]
    assert table.figures["Bijstand (%)"].iloc[:2].tolist() == [0.0, 12.5]
    assert table.figures["Bijstand (%)"].iloc[2:].isna().all()
    assert table.title == "Sociaal domein"


def test_restricted_export_tells_context_of_small_areas_too(town) -> None:
    areas = town.areas(2, 1, size=[900.0, 3.0])
    lens = town.lens(**RESTRICTED)
    findings = town.findings(areas, [20.0, 20.0], lens=lens, context=(figures(areas, 1.0, 77.0),))
    (table,) = published(findings, lens).context
    assert table.figures["Bijstand (%)"].tolist() == [1.0, 77.0]


def test_context_leaves_the_findings_as_they_were(town) -> None:
    areas = town.areas(2, 1, size=[900.0, 3.0])
    context = figures(areas, 1.0, 77.0)
    before = context.figures.copy()
    published(town.findings(areas, [20.0, 20.0], context=(context,)), town.lens())
    pd.testing.assert_frame_equal(context.figures, before)


# Counts of another division ------------------------------------------------------------------


def carried(areas: Any, *, estimated: list[bool] | None = None) -> Any:
    made = areas.assign(is_carried_over=[True, True, False])
    return made if estimated is None else made.assign(is_estimated=estimated)


def test_counts_carried_over_are_flagged_as_sums_or_estimates(town) -> None:
    areas = carried(town.areas(3, 1), estimated=[True, False, False])
    result = published(town.findings(areas, [20.0, 30.0, 40.0], carried_from=2022), town.lens())
    assert result.areas["carried_over"].fillna("-").tolist() == ["estimated", "summed", "-"]
    assert not {"is_carried_over", "is_estimated"} & set(result.areas.columns)
    assert result.carried_from == 2022


def test_without_more_knowledge_a_count_that_was_carried_over_is_an_estimate(town) -> None:
    result = published(town.findings(carried(town.areas(3, 1)), [20.0, 30.0, 40.0]), town.lens())
    assert result.areas["carried_over"].fillna("-").tolist() == ["estimated", "estimated", "-"]


def test_no_area_is_flagged_when_nothing_was_carried_over(town) -> None:
    result = published(town.findings(town.areas(3, 1), [20.0] * 3), town.lens())
    assert result.areas["carried_over"].isna().all()


@pytest.mark.parametrize(
    ("year", "language", "said"),
    [
        (2022, "nl", "Aantal omgerekend van de indeling van 2022 en dus een schatting: Buurt 0 (1"),
        (None, "nl", "Aantal omgerekend van een andere indeling en dus een schatting: Buurt 0 (1"),
        (2022, "en", "Count converted from the areas of 2022, so an estimate: Buurt 0 (1"),
    ],
)
def test_reader_is_told_which_counts_are_estimates(town, year, language, said) -> None:
    texts = Texts(language)
    areas = carried(town.areas(3, 1), estimated=[True, False, False])
    notes = remarks.carried_notes(areas, year, texts)
    assert [key for key, _ in notes] == ["carried_estimated", "carried_summed"]
    key, values = notes[0]
    assert texts(f"policy.note.{key}", **values).startswith(said)


# Provisional periods -------------------------------------------------------------------------


def facts(town: SimpleNamespace, first: dt.date | None, **changes: Any) -> Any:
    values = {
        "lens": town.lens(),
        "provisional_from": first,
        "previous": None,
        "incidents": pd.DataFrame(),
    }
    return SimpleNamespace(**(values | changes))


def test_reader_is_told_from_which_month_figures_are_provisional(town) -> None:
    texts = Texts("nl")
    ((key, values),) = remarks.provisional_notes(facts(town, dt.date(2025, 3, 1)), texts)
    assert texts(f"policy.note.{key}", **values) == (
        "De cijfers vanaf maart 2025 zijn voorlopig en kunnen nog stijgen."
    )


def test_provisional_year_of_counts_is_called_by_its_year(town) -> None:
    texts = Texts("nl")
    told = facts(town, dt.date(2025, 1, 1), incidents=None)
    ((_, values),) = remarks.provisional_notes(told, texts)
    assert values == {"since": "2025"}


def test_reader_of_a_comparison_is_warned_that_a_decrease_may_be_none(town) -> None:
    compared = facts(
        town, dt.date(2025, 3, 1), previous=(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    )
    for language in ("nl", "en"):
        texts = Texts(language)
        ((key, values),) = remarks.provisional_notes(compared, texts)
        assert key == "provisional_compared"
        assert "2025" in texts(f"policy.note.{key}", **values)


def test_what_is_provisional_after_the_period_is_not_told(town) -> None:
    assert remarks.provisional_notes(facts(town, dt.date(2026, 1, 1)), Texts("nl")) == []
    assert remarks.provisional_notes(facts(town, None), Texts("nl")) == []


# Months from counts --------------------------------------------------------------------------


def counted(town: SimpleNamespace, months: dict[str, float], **changes: Any) -> Findings:
    series = pd.Series(months)
    series.index = pd.DatetimeIndex(series.index)
    total = float(series.sum())
    return town.findings(
        town.areas(3, 1), [total, 0.0, 0.0], monthly_counts=series, times_known=False, **changes
    )


def test_counts_per_month_give_a_course_over_the_months(town) -> None:
    findings = counted(town, {f"2025-{m:02d}-01": 10.0 + m for m in range(1, 13)})
    result = published(findings, town.lens())
    assert result.monthly.tolist() == [10.0 + m for m in range(1, 13)]
    assert result.no_monthly == ""


def test_small_month_of_counts_is_withheld_with_another_that_would_tell_it(town) -> None:
    months = {f"2025-{m:02d}-01": 10.0 + m for m in range(1, 13)} | {"2025-04-01": 3.0}
    series = published(counted(town, months), town.lens()).monthly
    # April is small; January, the smallest of the others, keeps it from being subtracted out.
    assert series.index[series.isna()].month.tolist() == [1, 4]


def test_month_that_the_table_lacks_is_missing_and_not_zero(town) -> None:
    months = {f"2025-{m:02d}-01": 10.0 + m for m in range(1, 13) if m != 6}
    series = published(counted(town, months), town.lens()).monthly
    assert series.index[series.isna()].month.tolist() == [6]
    assert len(series) == 12


def test_counts_per_year_have_no_months(town) -> None:
    findings = town.findings(town.areas(3, 1), [40.0] * 3, months_known=False)
    assert published(findings, town.lens()).no_monthly == "unknown"


# Deliveries ----------------------------------------------------------------------------------


def test_deliveries_are_told_in_order_and_without_their_folder(town) -> None:
    findings = town.findings(
        town.areas(3, 1),
        [40.0] * 3,
        deliveries=(
            Delivery("leveringen/j.jansen/week_46.csv", dt.date(2026, 11, 17)),
            Delivery("week_45.csv", dt.date(2026, 11, 10)),
        ),
        provisional_from=dt.date(2025, 11, 1),
    )
    result = published(findings, town.lens())
    assert [one.file for one in result.deliveries] == ["week_45.csv", "week_46.csv"]
    assert result.provisional_from == dt.date(2025, 11, 1)


def test_two_tables_of_context_are_both_named_in_the_account(town) -> None:
    noticed = tuple(
        ("context_joined", {"count": "1", "example": name}) for name in ("a.csv", "b.csv")
    )
    findings = replace(town.findings(town.areas(3, 1), [40.0] * 3), areas_noticed=noticed)
    said = list(published(findings, town.lens()).choices.values())
    assert [name for name in ("a.csv", "b.csv") if any(name in line for line in said)] == [
        "a.csv",
        "b.csv",
    ]
