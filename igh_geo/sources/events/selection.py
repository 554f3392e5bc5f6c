"""Which incidents the lens asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from igh_geo.errors import LensError, Problem, raise_all
from igh_geo.ledger import Ledger
from igh_geo.lens import Incidents
from igh_geo.sources.events.ledger_rows import LedgerRows

ONE_DAY = pd.Timedelta(days=1)


def select(
    incidents: pd.DataFrame,
    wanted: Incidents,
    ledger: Ledger,
    *,
    periods: Sequence[tuple[dt.date, dt.date]],
) -> pd.DataFrame:
    """Keep the incidents the lens asks for, and account for the others.

    Parameters
    ----------
    incidents : pandas.DataFrame
        The table ``incidents``.
    wanted : Incidents
        Categories, kinds and whether only verified records count. An empty list asks for all.
    ledger : Ledger
        Rows that are not asked for are set aside in it, as a selection.
    periods : sequence of pairs of datetime.date
        First and last day of each period; the day on which an incident began decides.

    Returns
    -------
    pandas.DataFrame
        The rows that stay.

    Raises
    ------
    LensError
        When a category or kind asked for does not occur, or when several kinds would be summed
        into one rate without the lens asking for that.
    """
    _check_names(incidents, wanted)
    rows = LedgerRows.of(incidents, ledger)
    stay = np.ones(len(incidents), dtype=bool)

    def leave(condition: pd.Series, reason: str) -> None:
        nonlocal stay
        # Bare arrays: a Series as a mask makes pandas build a hash table of a million labels.
        is_left = condition.to_numpy(dtype=bool)
        ledger.set_aside(rows.marked(stay & is_left), reason, sort="selection")
        stay = stay & ~is_left

    if wanted.categories:
        leave(~incidents["category"].isin(wanted.categories), "category_not_selected")
    if wanted.kinds:
        leave(~incidents["kind"].isin(wanted.kinds), "kind_not_selected")
    if wanted.verified_only:
        leave(~incidents["verified"].fillna(value=False).astype(bool), "not_verified")
    began = incidents["occurred_from"].dt.tz_localize(None)
    is_inside = pd.Series(False, index=incidents.index)
    for start, end in periods:
        is_inside |= (began >= pd.Timestamp(start)) & (began < pd.Timestamp(end) + ONE_DAY)
    leave(~is_inside, "outside_period")
    chosen = incidents[stay]
    _check_kinds(chosen, wanted)
    return chosen


def _check_names(incidents: pd.DataFrame, wanted: Incidents) -> None:
    problems = []
    for column, names in (("category", wanted.categories), ("kind", wanted.kinds)):
        present = incidents[column].value_counts()
        absent = [name for name in names if name not in present.index]
        if absent:
            listed = ", ".join(f"{name} ({count})" for name, count in present.head(20).items())
            problems.append(
                Problem(
                    f"Every {column} the lens asks for occurs in the incidents.",
                    f"not found: {', '.join(absent)}",
                    f"choose from: {listed}",
                )
            )
    raise_all(problems, LensError)


def _check_kinds(chosen: pd.DataFrame, wanted: Incidents) -> None:
    kinds = chosen["kind"].value_counts()
    if len(kinds) <= 1 or wanted.combine_kinds:
        return
    listed = ", ".join(f"{kind} ({count})" for kind, count in kinds.items())
    problem = Problem(
        "Kinds of records are never summed into one rate by accident: "
        "fines measure where officers were sent.",
        f"the selection holds {listed}",
        f'name one under [incidents], such as kinds = ["{kinds.index[0]}"], '
        "or set combine_kinds = true",
    )
    raise LensError(str(problem))
