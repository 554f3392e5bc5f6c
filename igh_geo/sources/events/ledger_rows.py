"""Which rows of a ledger the incidents are that are left of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.ledger import Ledger

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LedgerRows:
    """Incidents by their positions in the ledger, to which labels cost a second per million.

    Attributes
    ----------
    position : numpy.ndarray of int
        Position of each incident among the rows of the ledger.
    n_rows : int
        Number of rows of the ledger.
    """

    position: npt.NDArray[np.intp]
    n_rows: int

    @classmethod
    def of(cls, incidents: pd.DataFrame, ledger: Ledger) -> LedgerRows:
        """Find incidents in their ledger.

        Parameters
        ----------
        incidents : pandas.DataFrame
            Index ``incident_id``: labels of rows of the ledger.
        ledger : Ledger

        Raises
        ------
        KeyError
            When an incident is not in the ledger: the account would silently miss it.
        """
        labels = ledger.rows.index
        # As a rule they are what is placed so far, in the same order: nothing is looked up.
        placed = np.flatnonzero(ledger.is_placed.to_numpy())
        if len(placed) == len(incidents) and labels.take(placed).equals(incidents.index):
            return cls(placed, len(labels))
        position = labels.get_indexer(incidents.index)
        if (position < 0).any():
            unknown = incidents.index[position < 0]
            raise KeyError(
                f"{len(unknown)} labels are of no row of '{ledger.source}', "
                f"the first is {unknown.tolist()[0]!r}"
            )
        return cls(position, len(labels))

    def marked(self, here: BoolArray) -> BoolArray:
        """A boolean for every row of the ledger, from one for every incident."""
        everywhere = np.zeros(self.n_rows, dtype=bool)
        everywhere[self.position[here]] = True
        return everywhere
