from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from igh_geo.errors import DataError
from igh_geo.stats.points.density import quartic_density
from igh_geo.stats.points.edge import edge_corrected_density, kernel_mass

Grid = tuple[np.ndarray, np.ndarray]


def centres(columns: int, rows: int, side: float = 50.0) -> Grid:
    axes = (np.arange(columns) + 0.5) * side, (np.arange(rows) + 0.5) * side
    y, x = (grid.ravel() for grid in np.meshgrid(axes[1], axes[0], indexing="ij"))
    return x, y


def test_mass_by_hand() -> None:
    # Three cells of 100 m in a row, h = 150 m. Centres at 0 count 1, at 100 m (1 - 4/9)² = 25/81,
    # at 141 m (1 - 8/9)² = 1/81; at 200 m nothing. On an endless grid: 1 + 4·25/81 + 4·1/81 =
    # 185/81. The middle cell has two neighbours: (81 + 50)/185. An end has one: (81 + 25)/185.
    mass = kernel_mass([50, 150, 250], [50, 50, 50], bandwidth_m=150, cell_m=100)

    assert mass == pytest.approx([106 / 185, 131 / 185, 106 / 185])


def test_mass_is_whole_inside_half_on_a_border_and_a_quarter_in_a_corner() -> None:
    x, y = centres(81, 81, side=25.0)
    mass = kernel_mass(x, y, bandwidth_m=500, cell_m=25).reshape(81, 81)

    assert mass[40, 40] == pytest.approx(1.0, rel=1e-12)
    assert mass[0, 40] == pytest.approx(0.5, abs=0.03)
    assert mass[0, 0] == pytest.approx(0.25, abs=0.03)
    assert ((mass > 0) & (mass <= 1)).all()


def test_even_density_is_found_up_to_the_border() -> None:
    # One event on each cell of 50 m: 400 per km² everywhere.
    x, y = centres(40, 40)

    plain = quartic_density(x, y, at_x=x, at_y=y, bandwidth_m=500)
    corrected = edge_corrected_density(x, y, at_x=x, at_y=y, bandwidth_m=500, cell_m=50)

    assert plain.min() < 130
    np.testing.assert_allclose(corrected, 400, rtol=0.01)


def test_events_outside_the_study_cells_are_left_out() -> None:
    x, y = centres(20, 20)
    inside = edge_corrected_density([500.0], [500.0], at_x=x, at_y=y, bandwidth_m=300, cell_m=50)

    both = edge_corrected_density(
        [500.0, -1.0, 1_000.0], [500.0, 500.0, 500.0], at_x=x, at_y=y, bandwidth_m=300, cell_m=50
    )

    assert np.array_equal(both, inside)


def test_order_of_cells_and_events_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    x, y = centres(15, 12)
    kept = rng.permutation(len(x))[:120]
    events_x, events_y = rng.uniform(0, 700, (2, 80))
    straight = edge_corrected_density(
        events_x, events_y, at_x=x[kept], at_y=y[kept], bandwidth_m=200, cell_m=50
    )

    turned = edge_corrected_density(
        events_x[::-1], events_y[::-1], at_x=x[kept[::-1]], at_y=y[kept[::-1]],
        bandwidth_m=200, cell_m=50,
    )  # fmt: skip

    np.testing.assert_allclose(turned[::-1], straight, rtol=1e-12)


def test_without_events_or_cells_nothing_is_missing() -> None:
    x, y = centres(3, 3)
    none = edge_corrected_density([], [], at_x=x, at_y=y, bandwidth_m=200, cell_m=50)

    assert none.tolist() == [0.0] * 9
    assert edge_corrected_density([], [], at_x=[], at_y=[], bandwidth_m=200, cell_m=50).size == 0
    assert kernel_mass([], [], bandwidth_m=200, cell_m=50).size == 0


def test_bandwidth_smaller_than_a_cell_needs_no_correction() -> None:
    x, y = centres(4, 4)
    assert kernel_mass(x, y, bandwidth_m=20, cell_m=50).tolist() == [1.0] * 16


def test_cells_off_the_grid_or_given_twice_are_refused() -> None:
    with pytest.raises(DataError, match="1 lie off the grid of the first, 0 occur again"):
        kernel_mass([50, 150, 260], [50, 50, 50], bandwidth_m=150, cell_m=100)
    with pytest.raises(DataError, match="0 lie off the grid of the first, 1 occur again"):
        kernel_mass([50, 150, 150], [50, 50, 50], bandwidth_m=150, cell_m=100)
    with pytest.raises(DataError, match="cell_m=0"):
        kernel_mass([50], [50], bandwidth_m=150, cell_m=0)


@pytest.mark.peer
def test_spatstat_corrects_the_edge_by_the_same_mass() -> None:
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("no R on this machine")
    # spatstat divides by the mass at the pixel with edge=TRUE, diggle=FALSE. It convolves on the
    # pixels with the fast Fourier transform; the ratio of both surfaces is its mass.
    code = """
    suppressMessages({library(jsonlite); library(spatstat.geom); library(spatstat.explore)})
    W <- owin(c(0, 2000), c(0, 2000))
    at <- expand.grid(x = seq(25, 1975, 50), y = seq(25, 1975, 50))
    X <- ppp(at$x, at$y, window = W)
    surface <- function(edge) density(X, sigma = 500 / sqrt(8), kernel = "quartic", edge = edge,
                                      diggle = FALSE, dimyx = c(40, 40))$v
    cat(toJSON(as.numeric(t(surface(FALSE) / surface(TRUE))), digits = NA))
    """
    ran = subprocess.run(
        [program, "--vanilla", "-e", code], capture_output=True, text=True, check=False
    )
    if "there is no package" in ran.stderr:
        pytest.skip("a package of R is not on this machine")
    assert ran.returncode == 0, ran.stderr
    x, y = centres(40, 40)

    mass = kernel_mass(x, y, bandwidth_m=500, cell_m=50)

    np.testing.assert_allclose(mass, json.loads(ran.stdout), rtol=1e-9)


def test_whole_kernel_takes_no_memory_for_a_bandwidth_of_many_cells() -> None:
    # All pairs of a column and a row within reach would be 6,001² places.
    mass = kernel_mass([0.0, 1.0], [0.0, 0.0], bandwidth_m=3_000, cell_m=1)

    assert mass == pytest.approx([2 * 3 / (np.pi * 3_000**2)] * 2, rel=1e-6)
