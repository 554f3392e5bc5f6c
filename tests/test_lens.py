from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from igh_geo.errors import LensError
from igh_geo.lens import Lens, Part, Period, Rate, read_lens

ROOT = Path(__file__).resolve().parents[1]

SMALLEST = """
title = "Woninginbraak"
question = "Waar?"
[areas]
file = "boundaries/buurten.gpkg"
[incidents]
file = "incidents/inbraak.csv"
[period]
from = 2025-01-01
to = 2025-12-31
"""


def write(folder: Path, text: str, *, name: str = "inbraak.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def keys_of(model: type[BaseModel]) -> list[str]:
    """Keys of a part of the lens as the file spells them, with those of its parts."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(field.alias or name)
        keys += [key for part in parts_in(field.annotation) for key in keys_of(part)]
    return keys


def parts_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [part for inner in getattr(annotation, "__args__", ()) for part in parts_in(inner)]


def test_smallest_lens_takes_its_name_from_its_file_and_the_rest_from_the_defaults(
    tmp_path: Path,
) -> None:
    lens = read_lens(write(tmp_path, SMALLEST))
    assert lens.name == "inbraak"
    assert (lens.audience, lens.language, lens.sample) == ("briefing", "nl", False)
    assert lens.rate.denominator == "population"
    assert not lens.privacy.points


def test_lens_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "inbraak.toml"
    path.write_text(SMALLEST, encoding="utf-8-sig")
    assert read_lens(path).title == "Woninginbraak"


def test_language_of_the_command_line_takes_the_place_of_that_of_the_lens(tmp_path: Path) -> None:
    assert read_lens(write(tmp_path, SMALLEST), language="en").language == "en"


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("[rate]\ndenominatr = 'dwellings'", "did you mean 'denominator'"),
        ("[privacy]\nminimumcount = 5", "did you mean 'minimum_count'"),
        ("[rates]\nper = 100", "did you mean 'rate'"),
        ("[[districts]]\nname = 'N'\ncode = ['WK999901']", "did you mean 'codes'"),
    ],
)
def test_unknown_key_is_refused_with_the_nearest_valid_name(
    tmp_path: Path, line: str, nearest: str
) -> None:
    with pytest.raises(LensError, match=nearest):
        read_lens(write(tmp_path, SMALLEST + line))


def test_key_that_resembles_nothing_is_refused_with_the_valid_names(tmp_path: Path) -> None:
    path = write(tmp_path, SMALLEST + "[grid]\nzzz = 1")
    with pytest.raises(LensError, match=r"'grid\.zzz' is not\n.*Valid here: enabled, cell_m"):
        read_lens(path)


def test_name_cannot_be_given_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(LensError, match=r"'name' is not\n.*Valid here: title, question"):
        read_lens(write(tmp_path, "name = 'anders'" + SMALLEST))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    text = SMALLEST.replace('title = "Woninginbraak"', 'titel = "x"').replace(
        "to = 2025-12-31", 'to = "oudjaar"'
    )
    with pytest.raises(
        LensError, match=r"(?s)^3 problems:.*'title'.*'period\.to'.*'titel'.*did you mean 'title'"
    ):
        read_lens(write(tmp_path, text))


def test_value_outside_the_list_is_refused_with_the_list_and_the_value(tmp_path: Path) -> None:
    path = write(tmp_path, SMALLEST + "[rate]\ndenominator = 'woningen'")
    with pytest.raises(LensError, match=r"(?s)'rate\.denominator'.*'dwellings'.*'woningen'"):
        read_lens(path)


def test_file_that_is_not_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(LensError, match=r"(?s)is valid TOML.*line 2"):
        read_lens(write(tmp_path, "\ntitle = Woninginbraak"))


def test_missing_lens_is_refused_with_the_name_that_looks_like_it(tmp_path: Path) -> None:
    write(tmp_path, SMALLEST, name="woninginbraak.toml")
    with pytest.raises(LensError, match=r"did you mean 'woninginbraak\.toml'"):
        read_lens(tmp_path / "woninginbrak.toml")


def test_lens_needs_incidents_or_counts(tmp_path: Path) -> None:
    without = re.sub(r"\[incidents\]\nfile = .*\n", "", SMALLEST)
    with pytest.raises(LensError, match=r"either \[incidents\] or \[counts\]"):
        read_lens(write(tmp_path, without))


def test_lens_has_no_incidents_and_counts_together(tmp_path: Path) -> None:
    counts = "[counts]\nfile='a.csv'\ncategory='x'\nkind='offence'\nvalues={2025='n'}"
    with pytest.raises(LensError, match=r"either \[incidents\] or \[counts\]"):
        read_lens(write(tmp_path, SMALLEST + counts))


def test_points_are_refused_for_a_briefing(tmp_path: Path) -> None:
    with pytest.raises(LensError, match='only drawn for audience = "restricted"'):
        read_lens(write(tmp_path, SMALLEST + "[privacy]\npoints = true"))


@pytest.mark.parametrize("given", ["", "purpose = 'Briefing'", "legal_basis = 'Art. 10 AVG'"])
def test_restricted_export_names_its_purpose_and_its_legal_basis(
    tmp_path: Path, given: str
) -> None:
    text = "audience = 'restricted'" + SMALLEST + f"[privacy]\n{given}"
    with pytest.raises(LensError, match="names its 'purpose' and 'legal_basis'"):
        read_lens(write(tmp_path, text))


def test_restricted_export_with_purpose_and_legal_basis_may_have_points(tmp_path: Path) -> None:
    privacy = "[privacy]\npoints = true\npurpose = 'Briefing'\nlegal_basis = 'Art. 10 AVG'"
    lens = read_lens(write(tmp_path, "audience = 'restricted'" + SMALLEST + privacy))
    assert lens.privacy.points


@pytest.mark.parametrize("line", ["minimum_count = 2", "minimum_addresses = 4"])
def test_privacy_floor_cannot_be_lowered_to_nothing(tmp_path: Path, line: str) -> None:
    with pytest.raises(LensError, match=r"'privacy\.minimum_"):
        read_lens(write(tmp_path, SMALLEST + f"[privacy]\n{line}"))


def test_lens_cannot_be_changed_after_reading(tmp_path: Path) -> None:
    lens = read_lens(write(tmp_path, SMALLEST))
    with pytest.raises(ValidationError, match="frozen"):
        lens.title = "Iets anders"  # type: ignore[misc]


# Periods.


def period(start: str, end: str, previous: str = "year_before") -> Period:
    return Period.model_validate({"from": start, "to": end, "previous": previous})


def test_period_counts_both_its_first_and_its_last_day() -> None:
    assert period("2025-01-01", "2025-12-31").days == 365
    assert period("2025-03-03", "2025-03-03").days == 1


def test_year_before_a_leap_day_ends_on_28_february() -> None:
    assert period("2024-02-01", "2024-02-29").before() == (
        dt.date(2023, 2, 1),
        dt.date(2023, 2, 28),
    )


def test_year_before_a_whole_year_is_the_whole_year_before_it() -> None:
    assert period("2025-01-01", "2025-12-31").before() == (
        dt.date(2024, 1, 1),
        dt.date(2024, 12, 31),
    )


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        # Whole months: as many months, whatever their number of days.
        ("2025-03-01", "2025-03-31", ("2025-02-01", "2025-02-28")),
        ("2025-01-01", "2025-06-30", ("2024-07-01", "2024-12-31")),
        ("2024-01-01", "2025-12-31", ("2022-01-01", "2023-12-31")),
        # Other periods: as many days.
        ("2025-03-10", "2025-03-16", ("2025-03-03", "2025-03-09")),
        ("2025-03-01", "2025-03-14", ("2025-02-15", "2025-02-28")),
    ],
)
def test_preceding_period_is_as_long_and_ends_the_day_before(
    start: str, end: str, before: tuple[str, str]
) -> None:
    found = period(start, end, "preceding").before()
    assert found == tuple(map(dt.date.fromisoformat, before))


def test_no_previous_period_when_the_lens_asks_for_none() -> None:
    assert period("2025-01-01", "2025-12-31", "none").before() is None


def test_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"'to' \(2025-01-01\) lies before 'from'"):
        period("2025-02-01", "2025-01-01")


def test_period_of_more_than_a_year_is_compared_with_the_time_before_not_with_itself() -> None:
    assert period("2024-01-01", "2025-06-30").before() == (
        dt.date(2022, 7, 1),
        dt.date(2023, 12, 31),
    )


@given(
    start=st.dates(dt.date(2010, 1, 1), dt.date(2040, 12, 31)),
    days=st.integers(1, 1500),
    previous=st.sampled_from(["year_before", "preceding"]),
)
def test_previous_period_never_shares_a_day_with_the_period(
    start: dt.date, days: int, previous: str
) -> None:
    end = start + dt.timedelta(days=days - 1)
    before = period(start.isoformat(), end.isoformat(), previous).before()
    assert before is not None
    assert before[0] <= before[1] < start


# Rates.


def test_rate_is_per_thousand_unless_the_denominator_is_an_area() -> None:
    assert Rate().multiplier == 1000
    assert Rate(denominator="area_km2").multiplier == 1
    assert Rate(denominator="dwellings", per=100).multiplier == 100


def test_rate_needs_a_minimum_denominator_unless_that_is_an_area() -> None:
    assert Rate().floor == 50
    assert Rate(denominator="area_km2").floor == 0
    assert Rate(minimum_denominator=200).floor == 200


# What lies under the map.


def test_map_asks_no_background_unless_the_lens_does(tmp_path: Path) -> None:
    assert read_lens(write(tmp_path, SMALLEST)).map.background == "none"
    lens = read_lens(write(tmp_path, SMALLEST + "[map]\nbackground = 'pdok'\n"))
    assert (lens.map.background, lens.map.background_style) == ("pdok", "grijs")


def test_restricted_map_has_no_background_for_its_host_would_learn_what_is_looked_at(
    tmp_path: Path,
) -> None:
    given = "[privacy]\npurpose = 'x'\nlegal_basis = 'y'\n[map]\nbackground = 'pdok'\n"
    with pytest.raises(LensError, match="tells its host which places are looked at"):
        read_lens(write(tmp_path, "audience = 'restricted'" + SMALLEST + given))


def test_unknown_style_of_a_background_is_refused(tmp_path: Path) -> None:
    given = "[map]\nbackground = 'pdok'\nbackground_style = 'luchtfoto'\n"
    with pytest.raises(LensError, match=r"map\.background_style(?s:.)*'grijs', 'standaard'"):
        read_lens(write(tmp_path, SMALLEST + given))


# The lenses that are shipped, and their manual.


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("lenses/*.toml"), *ROOT.glob("examples/*.toml")]),
    ids=lambda path: path.stem,
)
def test_shipped_lens_is_valid(path: Path) -> None:
    lens = read_lens(path)
    assert lens.name == path.stem
    assert lens.question.endswith("?")


def test_manual_explains_every_key_of_a_lens_and_no_other() -> None:
    manual = (ROOT / "docs" / "lens.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `\[{0,2}(\w+)\]{0,2}` \|", manual, flags=re.MULTILINE))
    assert explained == set(keys_of(Lens))


def test_manual_shows_lenses_that_can_be_read(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "lens.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(title.*?)```", manual, flags=re.DOTALL)
    assert [read_lens(write(tmp_path, text)).question[-1] for text in shown] == ["?"] * len(shown)
    assert shown


def test_path_with_a_backslash_gets_a_remedy_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "proef.toml"
    path.write_text('title = "x"\n[areas]\nfile = "grenzen\\quarters.gpkg"\n', encoding="utf-8")
    with pytest.raises(LensError, match=r"in a path write / instead of"):
        read_lens(path)


def test_file_of_incidents_is_not_a_lens(tmp_path: Path) -> None:
    path = tmp_path / "meldingen.csv"
    path.write_text("nummer;datum\n1;01-02-2025\n", encoding="utf-8")
    with pytest.raises(LensError, match=r"`igh-geo new meldingen\.csv` writes a lens"):
        read_lens(path)


def test_list_of_offence_groups_is_refused_beside_a_source_that_was_read_already(
    tmp_path: Path,
) -> None:
    counts = (
        '[counts]\nsource = "politie"\ncategory = "Misdrijven"\nkind = "offence"\n'
        'offence_group_list = "groepen.toml"\n'
    )
    text = SMALLEST.replace('[incidents]\nfile = "incidents/inbraak.csv"\n', counts)
    with pytest.raises(LensError, match="offence_group_list says how a file is read"):
        read_lens(write(tmp_path, text))


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ('[rate]\ndenominator = "exposure"\n', "'unit' names an exposure of your own"),
        ('[rate]\nunit = "kilometers"\n', "only then"),
        ('[rate]\ndenominator = "exposure"\nunit = "kilometers"\n', r"columns = \{ exposure"),
        ("[clusters]\nnearest = 4\n", "'nearest' says nothing with neighbours = \"queen\""),
        ('[clusters]\nneighbours = "nearest"\ntolerance_m = 5\n', "'tolerance_m' says nothing"),
        ('[clusters]\nneighbours = "nearest"\nislands = "nearest"\n', "'islands' says nothing"),
        ('[rate]\ndenominator = "none"\nper_year = true\n', "'per_year' says nothing"),
        (
            '[rate]\ndenominator = "none"\n[clusters]\ntest = "equal_risk"\n',
            "compares the risk of one of the denominator",
        ),
        ("[grid]\ncell_m = 150\n", "cell_m"),
    ],
)
def test_key_without_the_one_it_belongs_to_is_refused(
    tmp_path: Path, changed: str, fault: str
) -> None:
    with pytest.raises(LensError, match=fault):
        read_lens(write(tmp_path, SMALLEST + changed))
