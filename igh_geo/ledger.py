"""The ledger: rows in = rows placed + rows set aside, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from igh_geo.errors import DataError, Problem

# A row set aside for a fault needs mending at the source; a row set aside by selection was
# simply not asked for by the lens. A reader must be able to tell the two apart.
Sort = Literal["fault", "selection"]

SUMMARY_COLUMNS = ["reason", "sort", "count", "first_row"]
REMARK_COLUMNS = ["remark", "count", "first_row"]


@dataclass(frozen=True)
class LedgerSummary:
    """What may be told of a ledger outside the private folder: reasons, counts, row numbers.

    Attributes
    ----------
    source : str
        Name of the input, without a path.
    rows_in, placed : int
        Rows read, and rows that take part in the analysis.
    set_aside : pandas.DataFrame
        Columns ``reason``, ``sort`` (fault or selection), ``count``, ``first_row`` (row number
        in the source file).
    remarks : pandas.DataFrame
        Columns ``remark``, ``count``, ``first_row``: rows that were placed with something to say.
    """

    source: str
    rows_in: int
    placed: int
    set_aside: pd.DataFrame
    remarks: pd.DataFrame

    @property
    def faulty(self) -> int:
        """Rows set aside because something is wrong with them."""
        return int(self.set_aside.loc[self.set_aside["sort"] == "fault", "count"].sum())

    @property
    def not_selected(self) -> int:
        """Rows set aside because the lens did not ask for them."""
        return int(self.set_aside.loc[self.set_aside["sort"] == "selection", "count"].sum())

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        return {
            "source": self.source,
            "rows_in": self.rows_in,
            "placed": self.placed,
            "set_aside": self.set_aside.to_dict(orient="records"),
            "remarks": self.remarks.to_dict(orient="records"),
        }


@dataclass
class Ledger:
    """Account of every row of one input.

    A row is set aside once, for the first reason that applies; what is not set aside is placed.
    The account therefore always adds up.

    Parameters
    ----------
    source : str
        Name of the input, without a path.
    rows : pandas.DataFrame
        The rows as they were read. The index labels them, each with its own label; ``row`` gives
        the row number in the source file, and is made (1, 2, 3, ...) when the column is missing.

    Raises
    ------
    DataError
        When two rows have the same label: one of them could not be accounted for.
    """

    source: str
    rows: pd.DataFrame
    _reason: pd.Series = field(init=False, repr=False)
    _sort: dict[str, Sort] = field(init=False, default_factory=dict, repr=False)
    _remarks: list[tuple[str, pd.Index]] = field(init=False, default_factory=list, repr=False)

    def __post_init__(self) -> None:
        repeated = self.rows.index[self.rows.index.duplicated()].unique()
        if len(repeated):
            raise DataError(
                str(
                    Problem(
                        f"Every row of '{self.source}' has its own label.",
                        f"{len(repeated)} labels occur more than once, "
                        f"the first is {repeated[0]!r}",
                        "use rows.reset_index()",
                    )
                )
            )
        if "row" not in self.rows.columns:
            self.rows = self.rows.assign(row=range(1, len(self.rows) + 1))
        self._reason = pd.Series(pd.NA, index=self.rows.index, dtype="string")

    @property
    def rows_in(self) -> int:
        """Number of rows read."""
        return len(self.rows)

    @property
    def is_placed(self) -> pd.Series:
        """Boolean per row: not set aside (so far)."""
        return self._reason.isna()

    def set_aside(
        self, labels: pd.Index | Iterable[Any], reason: str, *, sort: Sort = "fault"
    ) -> None:
        """Set rows aside; rows that were set aside before keep their first reason.

        Parameters
        ----------
        labels : pandas.Index
            Labels of the rows.
        reason : str
            Key of the reason in the text catalogue.
        sort : {"fault", "selection"}
            Whether the row is wrong, or was not asked for.

        Raises
        ------
        KeyError
            When a label is not of a row: the account would silently miss it.
        """
        here = self._known(labels)
        here = here[self._reason.loc[here].isna().to_numpy()]
        self._reason.loc[here] = reason
        self._sort[reason] = sort

    def remark(self, labels: pd.Index | Iterable[Any], remark: str) -> None:
        """Note something about rows that stay; as `set_aside`, for labels of rows only."""
        here = self._known(labels)
        if len(here):
            self._remarks.append((remark, here))

    def _known(self, labels: pd.Index | Iterable[Any]) -> pd.Index:
        named = pd.Index(labels)
        unknown = named[~named.isin(self.rows.index)]
        if len(unknown):
            raise KeyError(
                f"{len(unknown)} labels are of no row of '{self.source}', "
                f"the first is {unknown.tolist()[0]!r}"
            )
        return self.rows.index.intersection(named)

    def rejected(self) -> pd.DataFrame:
        """Rows set aside for a fault, with their ``reason``. Private: may hold personal data."""
        faults = [reason for reason, sort in self._sort.items() if sort == "fault"]
        chosen = self._reason.isin(faults)
        return self.rows.loc[chosen].assign(reason=self._reason[chosen])

    def summary(self) -> LedgerSummary:
        """Counts and row numbers only; nothing from the rows themselves."""
        row = self.rows["row"]
        taken = self._reason.dropna()
        aside = []
        for reason in self._sort:
            labels = taken.index[taken == reason]
            if len(labels):
                aside.append((reason, self._sort[reason], len(labels), int(row[labels].min())))
        remarks = []
        for remark in dict.fromkeys(name for name, _ in self._remarks):
            labels = pd.Index([])
            for name, index in self._remarks:
                if name == remark:
                    labels = labels.union(index)
            labels = labels[self.is_placed.loc[labels].to_numpy()]
            if len(labels):
                remarks.append((remark, len(labels), int(row[labels].min())))
        return LedgerSummary(
            source=self.source,
            rows_in=self.rows_in,
            placed=int(self.is_placed.sum()),
            set_aside=pd.DataFrame(aside, columns=SUMMARY_COLUMNS),
            remarks=pd.DataFrame(remarks, columns=REMARK_COLUMNS),
        )
