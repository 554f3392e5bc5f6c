from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from igh_geo.out.map.breakdowns import STATUS_NUMBERS, breakdown_data, course_theme, month_marks
from igh_geo.out.map.geometry import ALPHABET
from igh_geo.policy.breakdowns import OTHER, UNKNOWN
from igh_geo.texts import LANGUAGES, Texts


def decode(text: str) -> list[int]:
    """As data.js does."""
    numbers, value, shift = [], 0, 0
    for letter in text:
        bits = ALPHABET.index(letter)
        value += (bits & 31) << shift
        shift += 5
        if not bits & 32:
            numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
            value = shift = 0
    return numbers


@pytest.fixture(scope="module")
def data(publication):
    return breakdown_data(publication, Texts("nl"))


@pytest.mark.parametrize("name", ["course", "week", "composition"])
def test_page_gets_every_count_and_status_and_nothing_else(publication, data, name) -> None:
    told = getattr(publication, name)
    packed = np.array(decode(data[name]["parts"])).reshape(told.counts.shape)
    is_shown = (told.statuses == "shown").to_numpy()
    assert (packed[is_shown] == told.counts.to_numpy(float, na_value=np.nan)[is_shown]).all()
    for status, number in STATUS_NUMBERS.items():
        assert (packed[(told.statuses == status).to_numpy()] == number).all()


def test_steps_are_named_after_their_months(data) -> None:
    assert data["course"]["keys"][:2] == ["2024-01", "2024-04"]
    assert data["course"]["names"][-1] == "okt t/m dec 2025"
    assert data["course"]["now"] == "00001111"
    assert data["course"]["per"] == "per kwartaal"


def test_steps_that_begin_in_one_month_have_addresses_of_their_own(publication) -> None:
    days = pd.to_datetime(["2025-01-01", "2025-01-15"])
    course = publication.course
    counts, statuses = (
        frame.iloc[:, :2].set_axis(days, axis=1) for frame in (course.counts, course.statuses)
    )
    cut = replace(
        course,
        counts=counts,
        statuses=statuses,
        whole=course.whole.iloc[:2].set_axis(days),
        ends=(dt.date(2025, 1, 14), dt.date(2025, 1, 31)),
    )
    data = breakdown_data(replace(publication, course=cut), Texts("nl"))
    assert data["course"]["keys"] == ["2025-01-01", "2025-01-15"]


def test_theme_classes_are_those_of_all_steps_together(publication) -> None:
    theme = course_theme(publication, Texts("nl"))
    counts = publication.course.counts.to_numpy(float, na_value=np.nan)
    lowest, *_, highest = [label for label, _ in theme.classes if label != "0"]
    assert int(lowest.split()[0]) == np.nanmin(counts[counts > 0])
    assert int(highest.split()[0]) <= np.nanmax(counts)
    assert len(theme.codes) == len(publication.areas)


def test_withheld_missing_zero_and_water_are_four_codes(publication) -> None:
    theme = course_theme(publication, Texts("nl"))
    status = publication.areas["status"].to_list()
    assert theme.codes[status.index("withheld")] == "w"
    assert theme.codes[status.index("missing")] == "m"
    assert theme.codes[status.index("not_applicable")] == "~"
    zero = publication.course.counts.iloc[:, -1] == 0
    assert {theme.codes[row] for row in np.flatnonzero(zero.fillna(value=False))} == {"0"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_theme_without_a_course_says_why(publication, language) -> None:
    theme = course_theme(replace(publication, course=None), Texts(language))
    assert theme.reason
    assert theme.codes == ""


def test_kinds_that_are_not_in_the_data_have_words_of_the_page(publication) -> None:
    names = pd.Index(["Woning", OTHER, UNKNOWN])
    told = publication.composition
    renamed = replace(
        told,
        counts=told.counts.set_axis(names, axis=1),
        statuses=told.statuses.set_axis(names, axis=1),
        whole=told.whole.set_axis(names),
    )
    data = breakdown_data(replace(publication, composition=renamed), Texts("nl"))
    assert data["composition"]["names"] == ["Woning", "Overige soorten", "Soort niet ingevuld"]


def test_nothing_told_is_nothing_in_the_page(publication) -> None:
    bare = replace(publication, course=None, week=None, composition=None)
    data = breakdown_data(bare, Texts("nl"))
    assert data["course"] is data["week"] is data["composition"] is None


def test_month_without_data_and_month_withheld_have_different_marks(publication) -> None:
    months = pd.date_range("2023-01-01", "2025-12-01", freq="MS")
    monthly = pd.Series(60.0, months, dtype="Float64")
    monthly.iloc[[3, 30]] = pd.NA
    marks = month_marks(replace(publication, monthly=monthly))
    # April 2023 lies in neither period; July 2025 does.
    assert marks[3] == "m"
    assert marks[30] == "w"
    assert set(marks) - {marks[3], marks[30]} == {"s"}


def test_month_without_a_number_has_no_data_where_nothing_is_withheld(publication) -> None:
    lens = publication.lens.model_copy(update={"audience": "analyst"})
    monthly = publication.monthly.astype("Float64")
    monthly.iloc[30] = pd.NA
    assert month_marks(replace(publication, lens=lens, monthly=monthly))[30] == "m"
