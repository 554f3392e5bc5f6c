"""Global statistics beside those of R's spdep, on data that come with it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from igh_geo.stats.autocorrelation.geary import geary_c
from igh_geo.stats.autocorrelation.general_g import general_g
from igh_geo.stats.autocorrelation.join_counts import join_counts
from igh_geo.stats.autocorrelation.moran import eb_moran, global_moran

SCRIPT = """
suppressMessages(library(spdep))
folder <- commandArgs(TRUE)[1]
areas <- read.csv(file.path(folder, "areas.csv"))
links <- read.csv(file.path(folder, "links.csv"))
n <- nrow(areas)
nb <- lapply(split(links$neighbour, factor(links$focal, levels = 1:n)), as.integer)
names(nb) <- NULL
class(nb) <- "nb"
attr(nb, "region.id") <- as.character(1:n)
rows <- nb2listw(nb, style = "W")
binary <- nb2listw(nb, style = "B")
test <- function(t) unname(c(t$estimate[1:3], t$statistic))
options(digits = 17)
set.seed(1)
eb <- suppressMessages(EBImoran.mc(areas$count, areas$people, rows, nsim = 9999,
                                   alternative = "two.sided"))
joins <- joincount.multi(factor(areas$yes), binary)
answer <- list(
  moran = test(moran.test(areas$value, rows)),
  moran_normal = unname(moran.test(areas$value, rows, randomisation = FALSE)$statistic),
  geary = test(geary.test(areas$value, rows)),
  g = test(globalG.test(areas$value, binary)),
  eb = c(unname(eb$statistic), eb$p.value),
  same = unlist(lapply(joincount.test(factor(areas$yes), binary), test)),
  mixed = unname(joins["1:0", ])
)
write(jsonlite::toJSON(answer, digits = NA), file.path(folder, "answer.json"))
"""


@dataclass(frozen=True)
class Map:
    """A classic data set: a value, a yes or no, counts and people, and who touches whom."""

    table: pd.DataFrame
    graph: Graph


def ask_spdep(areas: Map, folder: Path) -> dict[str, Any]:
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("no R on this machine")
    has = 'quit(status = !all(sapply(c("spdep", "jsonlite"), requireNamespace, quietly = TRUE)))'
    if subprocess.run([program, "-e", has], capture_output=True, check=False).returncode:
        pytest.skip("R has no spdep or jsonlite")
    areas.table.astype(float).to_csv(folder / "areas.csv", index=False)
    number = pd.Series(np.arange(1, len(areas.table) + 1), index=areas.table.index)
    links = areas.graph.adjacency.index.to_frame(index=False)
    pd.DataFrame(
        {
            "focal": number.loc[links["focal"]].array,
            "neighbour": number.loc[links["neighbor"]].array,
        }
    ).to_csv(folder / "links.csv", index=False)
    (folder / "ask.R").write_text(SCRIPT)
    subprocess.run([program, folder / "ask.R", folder], capture_output=True, check=True, text=True)
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_text())
    return answer


def columbus() -> Map:
    """The 49 quarters of Columbus, Ohio, as libpysal ships them; queen contiguity."""
    from libpysal import examples

    areas = gpd.read_file(examples.get_path("columbus.shp")).set_index("POLYID")
    people = np.round(1000 * areas["AREA"] * 400)
    table = pd.DataFrame(
        {
            "value": areas["CRIME"],
            "yes": areas["CRIME"] > 35,
            "count": np.round(areas["CRIME"] * people / 1000),
            "people": people,
        }
    )
    return Map(table, Graph.build_contiguity(areas, rook=False))


def north_carolina(folder: Path) -> Map:
    """Sudden infant deaths 1974 to 1978; neighbours of Cressie and Read (1985)."""
    areas = pd.read_csv(folder / "nc_sids.csv").set_index("FIPSNO")
    links = pd.read_csv(folder / "neighbours_ncCR85.csv")
    table = pd.DataFrame(
        {
            "value": 1000 * areas["SID74"] / areas["BIR74"],
            "yes": 1000 * areas["SID74"] / areas["BIR74"] > 2,
            "count": areas["SID74"],
            "people": areas["BIR74"],
        }
    )
    graph = Graph.from_arrays(links["id"], links["neighbour"], np.ones(len(links)))
    connected = table.loc[table.index.isin(graph.unique_ids)]
    return Map(connected, graph)


@pytest.fixture(params=["columbus", pytest.param("north carolina", marks=pytest.mark.real)])
def areas(request: pytest.FixtureRequest) -> Map:
    if request.param == "columbus":
        return columbus()
    return north_carolina(request.getfixturevalue("real_data") / "reference" / "moran_nc_sids")


@pytest.mark.peer
@pytest.mark.slow
def test_values_moments_and_p_agree_with_spdep(areas: Map, tmp_path: Path) -> None:
    peer = ask_spdep(areas, tmp_path)
    table, graph = areas.table, areas.graph

    moran = global_moran(table["value"], graph, seed=1)
    assert (moran.value, moran.expected, moran.z) == pytest.approx(
        tuple(peer["moran"][place] for place in (0, 1, 3)), rel=1e-9
    )
    assert moran.z_normality == pytest.approx(peer["moran_normal"][0], rel=1e-9)
    # spdep takes C from its expected value, so that alike is positive there.
    geary = geary_c(table["value"], graph, seed=1)
    assert (geary.value, -geary.z) == pytest.approx((peer["geary"][0], peer["geary"][3]), rel=1e-9)
    g = general_g(table["value"], graph, seed=1)
    assert (g.value, g.expected, g.z) == pytest.approx(
        tuple(peer["g"][place] for place in (0, 1, 3)), rel=1e-9
    )
    joins = join_counts(table["yes"], graph, seed=1)
    ours = [
        number
        for found in (joins.both_no, joins.both_yes)
        for number in (found.value, found.expected, ((found.value - found.expected) / found.z) ** 2)
    ]
    assert ours == pytest.approx([peer["same"][place] for place in (0, 1, 2, 4, 5, 6)], rel=1e-9)
    assert (joins.mixed.value, joins.mixed.expected, joins.mixed.z) == pytest.approx(
        tuple(peer["mixed"][place] for place in (0, 1, 3)), rel=1e-9
    )
    # spdep permutes too, and both p are at most 0.01 apart by chance.
    eb = eb_moran(table["count"], table["people"], graph, seed=1)
    assert eb.value == pytest.approx(peer["eb"][0], rel=1e-9)
    assert eb.p == pytest.approx(peer["eb"][1], abs=0.02)


@pytest.mark.real
def test_north_carolina_has_the_neighbours_and_rates_of_the_literature(real_data: Path) -> None:
    areas = north_carolina(real_data / "reference" / "moran_nc_sids")

    assert areas.table["count"].sum() == 667  # Cressie and Chan (1989): 667 deaths
    assert areas.table["people"].sum() == 329_962  # among 329,962 births
