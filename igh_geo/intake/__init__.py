"""From the inputs of a lens to areas and counts, with an account of every row."""

from __future__ import annotations

import datetime as dt

from igh_geo.intake.areas import StudyAreas, read_known_addresses, read_study_areas
from igh_geo.intake.building_cases import building_cases, read_buildings
from igh_geo.intake.counted import read_counted
from igh_geo.intake.events import Events
from igh_geo.intake.inputs import Inputs
from igh_geo.intake.placed import read_placed
from igh_geo.intake.surroundings import Around, read_surroundings
from igh_geo.lens import Lens
from igh_geo.sources.bag.register import Register

__all__ = [
    "Around",
    "Events",
    "Inputs",
    "StudyAreas",
    "building_cases",
    "read_buildings",
    "read_events",
    "read_known_addresses",
    "read_study_areas",
    "read_surroundings",
]


def read_events(
    lens: Lens,
    study: StudyAreas,
    inputs: Inputs,
    *,
    today: dt.date,
    register: Register | None = None,
) -> Events:
    """Read what a lens counts, from its incidents or from its counts.

    Raises
    ------
    DataError, LensError
        When nothing is left to count, with the ledger as evidence.
    """
    if lens.counts is not None:
        return read_counted(lens, study, inputs)
    return read_placed(lens, study.areas, inputs, today=today, register=register)
