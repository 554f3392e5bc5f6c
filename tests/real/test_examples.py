"""The main job on real Dutch data: the lenses of `examples/`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from igh_geo.lens import read_lens
from igh_geo.pipeline import Run, run

pytestmark = pytest.mark.real

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOW = dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)
LARGEST_MAP_BYTES = 1_500_000
NAMES = (
    "brandweer_amsterdam",
    "brandweer_amsterdam_inwoners",
    "verkeer_utrecht",
    "verkeer_utrecht_inwoners",
    "misdrijven_enschede",
    "misdrijven_aa_en_hunze",
    "woninginbraak_gemeenten",
    "woninginbraak_2018_op_2024",
)


@pytest.fixture(scope="module")
def runs(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    out = tmp_path_factory.mktemp("real") / "maps"
    return {
        name: run(read_lens(EXAMPLES / f"{name}.toml"), data=real_data, out=out, now=NOW)
        for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_example_gives_a_map_of_modest_size(runs: dict[str, Run], name: str) -> None:
    folder = runs[name].folder
    assert 100_000 < (folder / "map.html").stat().st_size < LARGEST_MAP_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_accounted_for(runs: dict[str, Run], name: str) -> None:
    (ledger,) = runs[name].publication.ledger
    assert ledger.rows_in == ledger.placed + ledger.set_aside["count"].sum()
    assert ledger.placed > 0


def test_fire_calls_without_denominator_have_counts_and_density_but_no_rate(
    runs: dict[str, Run],
) -> None:
    published = runs["brandweer_amsterdam"].publication
    assert published.total.count == 297
    assert published.total.rate is None
    assert published.areas["rate"].isna().all()
    assert len(published.density) > 100
    assert published.hours is not None
    assert any("geen noemer" in note for note in published.notes)
    assert "geen noemer" in (runs["brandweer_amsterdam"].folder / "map.html").read_text("utf-8")


def test_fire_calls_with_joined_population_have_a_rate(runs: dict[str, Run]) -> None:
    published = runs["brandweer_amsterdam_inwoners"].publication
    assert published.total.rate == pytest.approx(1000 * 297 / 930_000, rel=0.05)
    assert published.areas["rate"].notna().any()


def test_accidents_known_to_the_year_keep_all_years_in_the_comparison(
    runs: dict[str, Run],
) -> None:
    published = runs["verkeer_utrecht"].publication
    (ledger,) = published.ledger
    assert ledger.rows_in == 15_374
    assert published.total.count + published.total.previous == ledger.placed
    assert ledger.not_selected == 0
    assert published.hours is None
    assert published.monthly is None


def test_accidents_per_inhabitant_come_with_a_warning(runs: dict[str, Run]) -> None:
    warned = [
        any("slechte noemer voor verkeer" in note for note in runs[name].publication.notes)
        for name in ("verkeer_utrecht_inwoners", "verkeer_utrecht")
    ]
    assert warned == [True, False]


def test_counts_per_area_have_no_cells_and_no_hours(runs: dict[str, Run]) -> None:
    published = runs["misdrijven_enschede"].publication
    assert len(published.areas) == 70
    assert published.cells is None
    assert published.density is None
    assert published.hours is None
    assert published.areas["rank"].idxmin() == "BU01530000"
    assert published.total.change == "up"


def test_burglaries_of_2018_are_carried_over_to_the_municipalities_of_2024(
    runs: dict[str, Run],
) -> None:
    published = runs["woninginbraak_2018_op_2024"].publication
    assert published.carried_from == 2018
    carried = published.areas["carried_over"].value_counts()
    assert (carried["estimated"], carried["summed"]) == (10, 17)
    # Haren and Ten Boer went to Groningen, whole: their counts are simply added.
    assert published.areas.loc["GM0014", "carried_over"] == "summed"


def test_registered_crimes_per_neighbourhood_are_the_total_and_not_twice_that(
    runs: dict[str, Run],
) -> None:
    assert runs["misdrijven_aa_en_hunze"].publication.total.count == 1905
    assert runs["woninginbraak_gemeenten"].publication.total.count == 22_375
