"""The ledger: rows in = rows placed + rows set aside, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.errors import DataError, Problem

# A row set aside for a fault needs mending at the source; a row set aside by selection was
# simply not asked for by the lens. A reader must be able to tell the two apart.
Sort = Literal["fault", "selection"]

SUMMARY_COLUMNS = ["reason", "sort", "count", "first_row"]
REMARK_COLUMNS = ["remark", "count", "first_row"]
# Enough to see what is the matter.
MOST_EXAMPLES = 3

# Rows of a ledger: a boolean for each of them, in their order, or the labels of some.
Rows = npt.NDArray[np.bool_] | pd.Series | pd.Index | Iterable[Any]


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
    # Position of the reason of each row in the list of reasons; -1 while it is placed.
    _reason: npt.NDArray[np.int16] = field(init=False, repr=False)
    _sorts: dict[str, Sort] = field(init=False, default_factory=dict, repr=False)
    _columns: dict[str, str] = field(init=False, default_factory=dict, repr=False)
    _remarks: dict[str, npt.NDArray[np.bool_]] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.rows.index.is_unique:
            repeated = self.rows.index[self.rows.index.duplicated()].unique()
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
        self._reason = np.full(len(self.rows), -1, dtype=np.int16)

    @property
    def rows_in(self) -> int:
        """Number of rows read."""
        return len(self.rows)

    @property
    def is_placed(self) -> pd.Series:
        """Boolean per row: not set aside (so far)."""
        return pd.Series(self._reason < 0, index=self.rows.index)

    def set_aside(
        self, rows: Rows, reason: str, *, sort: Sort = "fault", column: str | None = None
    ) -> None:
        """Set rows aside; rows that were set aside before keep their first reason.

        Parameters
        ----------
        rows : array of bool, or labels
            A boolean for every row in their order (the quickest), or labels of rows.
        reason : str
            Key of the reason in the text catalogue.
        sort : {"fault", "selection"}
            Whether the row is wrong, or was not asked for.
        column : str, optional
            Column of the rows that holds what is wrong, for `examples`.

        Raises
        ------
        KeyError
            When a label is not of a row: the account would silently miss it.
        """
        here = self._chosen(rows) & (self._reason < 0)
        self._sorts.setdefault(reason, sort)
        if column is not None:
            self._columns.setdefault(reason, column)
        self._reason[here] = list(self._sorts).index(reason)

    def remark(self, rows: Rows, remark: str, *, column: str | None = None) -> None:
        """Note something about rows that stay; parameters as of `set_aside`."""
        here = self._chosen(rows)
        if not here.any():
            return
        if column is not None:
            self._columns.setdefault(remark, column)
        self._remarks[remark] = self._remarks.get(remark, False) | here

    def _chosen(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """A boolean per row, from such booleans or from labels."""
        if isinstance(rows, (np.ndarray, pd.Series, pd.Index)) and pd.api.types.is_bool_dtype(
            rows.dtype
        ):
            if len(rows) != len(self.rows):
                raise KeyError(
                    f"{len(rows)} booleans for the {len(self.rows)} rows of '{self.source}'"
                )
            return np.asarray(rows, dtype=bool)
        named = pd.Index(rows)
        position = self.rows.index.get_indexer(named)
        unknown = named[position < 0]
        if len(unknown):
            raise KeyError(
                f"{len(unknown)} labels are of no row of '{self.source}', "
                f"the first is {unknown.tolist()[0]!r}"
            )
        here = np.zeros(len(self.rows), dtype=bool)
        here[position] = True
        return here

    def rejected(self) -> pd.DataFrame:
        """Rows set aside for a fault, with their ``reason``. Private: may hold personal data."""
        faults = [n for n, sort in enumerate(self._sorts.values()) if sort == "fault"]
        chosen = np.isin(self._reason, faults)
        names = np.array([*self._sorts, ""], dtype=object)
        return self.rows.loc[chosen].assign(
            reason=pd.array(names[self._reason[chosen]], dtype="str")
        )

    def examples(self) -> pd.DataFrame:
        """The first rows of each reason and remark, and what they hold in the column at fault.

        Returns
        -------
        pandas.DataFrame
            ``reason`` (or remark), ``row``, ``column`` and ``value`` (missing where no column is
            at fault). Private: for the terminal of who has the file, never for a result.
        """
        told: list[tuple[str, int, str | None, Any]] = []
        numbers = self.rows["row"].to_numpy()
        groups = {reason: self._reason == n for n, reason in enumerate(self._sorts)}
        groups |= {name: here & (self._reason < 0) for name, here in self._remarks.items()}
        for name, here in groups.items():
            column = self._columns.get(name)
            at = np.flatnonzero(here)
            first = pd.Series(numbers[at], index=at).nsmallest(MOST_EXAMPLES)
            # Of a million rows only these few are taken.
            cells = [pd.NA] * len(first) if column is None else self.rows[column].iloc[first.index]
            told += [
                (name, int(row), column, value) for row, value in zip(first, cells, strict=True)
            ]
        return pd.DataFrame(told, columns=["reason", "row", "column", "value"])

    def summary(self) -> LedgerSummary:
        """Counts and row numbers only; nothing from the rows themselves."""
        row = self.rows["row"].to_numpy()
        is_placed = self._reason < 0
        aside = [
            (reason, sort, int(here.sum()), int(row[here].min()))
            for n, (reason, sort) in enumerate(self._sorts.items())
            if (here := self._reason == n).any()
        ]
        remarks = [
            (name, int(here.sum()), int(row[here].min()))
            for name, told in self._remarks.items()
            if (here := told & is_placed).any()
        ]
        return LedgerSummary(
            source=self.source,
            rows_in=self.rows_in,
            placed=int(is_placed.sum()),
            set_aside=pd.DataFrame(aside, columns=SUMMARY_COLUMNS),
            remarks=pd.DataFrame(remarks, columns=REMARK_COLUMNS),
        )
