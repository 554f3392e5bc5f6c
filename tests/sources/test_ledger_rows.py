from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.ledger import Ledger
from igh_geo.sources.events.ledger_rows import LedgerRows


def reports(n: int = 5) -> pd.DataFrame:
    index = pd.Index([f"M{i}" for i in range(n)], name="incident_id", dtype="str")
    return pd.DataFrame({"row": range(2, 2 + n)}, index=index)


def test_what_is_placed_is_marked_at_its_own_rows() -> None:
    # Of M0 to M4, M1 is set aside; of the four that are left the second and the last are M2, M4.
    ledger = Ledger("meldingen.csv", reports())
    ledger.set_aside(["M1"], "no_date")
    rows = LedgerRows.of(reports().drop("M1"), ledger)
    marked = rows.marked(np.array([False, True, False, True]))
    assert marked.tolist() == [False, False, True, False, True]


@given(
    order=st.permutations(range(6)),
    n_incidents=st.integers(0, 6),
    n_aside=st.integers(0, 6),
    data=st.data(),
)
def test_positions_mark_what_labels_mark_in_any_order(
    order: list[int], n_incidents: int, n_aside: int, data: st.DataObject
) -> None:
    ledger = Ledger("meldingen.csv", reports(6))
    ledger.set_aside(ledger.rows.index[:n_aside], "no_date")
    incidents = reports(6).iloc[order[:n_incidents]]
    drawn = st.lists(st.booleans(), min_size=n_incidents, max_size=n_incidents)
    here = np.array(data.draw(drawn), dtype=bool)
    marked = LedgerRows.of(incidents, ledger).marked(here)
    assert marked.tolist() == ledger.rows.index.isin(incidents.index[here]).tolist()


def test_incident_that_is_not_in_the_ledger_is_refused() -> None:
    ledger = Ledger("meldingen.csv", reports(2))
    with pytest.raises(KeyError, match=r"1 labels are of no row of 'meldingen\.csv'.*'M2'"):
        LedgerRows.of(reports(3), ledger)
    with pytest.raises(KeyError, match="'M2'"):
        LedgerRows.of(reports(3).iloc[1:], ledger)
