"""What the tables of cases by building have in common: their counts, and what withholds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from igh_geo.lens import Lens
from igh_geo.policy.breakdowns import LEAST_TOLD
from igh_geo.policy.crossed import Hidden, Pinned, protected
from igh_geo.policy.factors import PER_ADDRESS_YEARS, UNKNOWN, BuildingCases, Crossing
from igh_geo.policy.precision import multiples
from igh_geo.policy.suppression import withheld

TYPE, AREA = "building_type", "area_code"
# Among fewer addresses a rate means nothing.
LEAST_ADDRESSES = 10


@dataclass(frozen=True)
class Gate:
    """Cases, addresses, and the rules of an audience.

    Attributes
    ----------
    buildings : BuildingCases
    lens : Lens
    """

    buildings: BuildingCases
    lens: Lens

    @property
    def tells_unmatched(self) -> bool:
        """Whether it is told of how many cases the address was not found.

        A few of them are protected as a few of any class are; and where counts are rounded an
        exact number of them would undo that.
        """
        n_unmatched = int(self.unplaced().sum())
        rules = self.lens.rules
        is_small = 0 < n_unmatched < self.minimum
        return not self.withholds or (rules.rounding == 1 and not is_small)

    def unplaced(self, *factors: str) -> pd.Series:
        """Which cases have no address, and of these no known class of some factors."""
        cases = self.buildings.cases
        found = ~cases["is_matched"].astype(bool)
        for factor in factors:
            found &= cases[factor] == UNKNOWN
        return found

    def n_free(self, *factors: str) -> int:
        """How many of UNKNOWN everybody knows, for the account of the rows tells them.

        A case without an address may have a type of its own, and is then of UNKNOWN in the other
        factors alone; so of each factor they are others. A few are protected as any few are.
        """
        number = int(self.unplaced(*factors).sum())
        is_small = self.withholds and number < self.minimum
        return number if self.tells_unmatched and not is_small else 0

    @property
    def minimum(self) -> int:
        """Smallest number of cases, other than zero, that is told."""
        return self.lens.rules.minimum_count

    @property
    def withholds(self) -> bool:
        """Whether any count is kept from the audience."""
        return self.lens.rules.withholds

    def told(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Counts in the steps of the audience."""
        step = self.lens.rules.rounding
        columns = [multiples(counts.iloc[:, at], step) for at in range(counts.shape[1])]
        told = np.column_stack(columns) if columns else np.empty(counts.shape)
        return pd.DataFrame(told, counts.index, counts.columns).astype("Float64")

    def told_whole(self, counts: pd.Series, hidden: pd.Series) -> pd.Series:
        """Totals in the steps of the audience, missing where withheld."""
        return self.told(counts.where(~hidden).to_frame("cases"))["cases"]

    def hidden_of(self, counts: pd.Series, small: pd.Series | None = None) -> pd.Series:
        """Which parts of the whole are withheld: small ones, and what would tell them."""
        if not self.withholds:
            return pd.Series(False, index=counts.index)
        whole = pd.Series("whole", index=counts.index, dtype="str")
        return withheld(counts, [whole], minimum=self.minimum, small=small)

    def few(self, addresses: pd.DataFrame) -> pd.DataFrame:
        """So few addresses that a case among them is as good as found."""
        return (addresses > 0) & (addresses < self.lens.rules.minimum_addresses)

    def small(self, counts: pd.DataFrame, addresses: pd.DataFrame | None = None) -> pd.DataFrame:
        """Counts that may not be told for what they are themselves."""
        is_small = counts < self.minimum
        if addresses is not None:
            is_small |= self.few(addresses)
        return is_small & (counts > 0)

    def margin(self, factor: str) -> pd.DataFrame:
        """Addresses and cases of the classes of a factor that have any.

        Returns
        -------
        pandas.DataFrame
            ``addresses``, ``address_years``; ``count`` (cases), and ``free``, those of UNKNOWN
            whose address was not found, which are not in it; ``is_small``, and ``is_hidden``.
        """
        stock, cases = self.buildings.stock, self.buildings.cases
        present = {*stock[factor].unique(), *cases[factor].unique()}
        classes = [name for name in self.buildings.classes[factor] if name in present]
        table = stock.groupby(factor)[["addresses", "address_years"]].sum()
        table = table.reindex(pd.Index(classes, dtype="str", name=factor), fill_value=0.0)
        count = cases[factor].value_counts().reindex(classes, fill_value=0).astype(float)
        table["free"] = np.where(table.index == UNKNOWN, float(self.n_free(factor)), 0.0)
        table["count"] = count.to_numpy() - table["free"]
        small = self.small(table[["count"]], table[["addresses"]].set_axis(["count"], axis=1))
        table["is_small"] = small["count"] & self.withholds
        return table.assign(is_hidden=self.hidden_of(table["count"], table["is_small"]))

    def more_hidden(self, margin: pd.DataFrame, among: tuple[object, ...]) -> pd.DataFrame:
        """A margin with one class more withheld, the smallest of some, and what would tell it."""
        every = margin["count"] + margin["free"]
        shown = margin.index[~margin["is_hidden"] & (every > 0)]
        wanted = [name for name in shown if name in among] or list(shown)
        if not wanted:
            return margin
        chosen = every[wanted].idxmin()
        small = margin["is_hidden"] | (margin.index == chosen)
        return margin.assign(is_hidden=self.hidden_of(margin["count"], small))

    def crossed(self, row: pd.Series, column: pd.Series, like: pd.DataFrame) -> pd.DataFrame:
        """Cases per row and column, with the labels of another table."""
        n_columns = like.shape[1]
        at = like.index.get_indexer(pd.Index(row)) * n_columns
        at += like.columns.get_indexer(pd.Index(column))
        number = np.bincount(at, minlength=like.size).astype(float)
        return pd.DataFrame(number.reshape(like.shape), like.index, like.columns)

    def stock(self, row: str, column: str, *, labels: tuple[pd.Index, pd.Index]) -> Stock:
        """Addresses and address-years per row and column."""
        index, columns = labels

        def of(name: str) -> pd.DataFrame:
            wide = self.buildings.stock.pivot_table(
                index=row, columns=column, values=name, aggfunc="sum", fill_value=0.0
            )
            return wide.reindex(index=index, columns=columns, fill_value=0.0).astype(float)

        return Stock(of("addresses"), of("address_years"))

    def hidden_cells(
        self,
        counts: pd.DataFrame,
        small: pd.DataFrame,
        *,
        rows: tuple[pd.Series, pd.Series],
        columns: pd.DataFrame,
        every: bool = False,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Say which cells of a table are withheld, and of which columns the totals must be.

        Parameters
        ----------
        counts : pandas.DataFrame
            Missing where nothing can be.
        small : pandas.DataFrame
            Cells that may not be told for what they are.
        rows : tuple of pandas.Series
            Rows whose total is withheld, and those of them that are secrets.
        columns : pandas.DataFrame
            A margin.
        every : bool
            Whether no cell is told anyhow.

        Returns
        -------
        pandas.DataFrame
            Boolean; all of them where nothing helps.
        pandas.DataFrame
            The margin, with what had to be withheld more.
        """
        while True:
            is_hidden = columns["is_hidden"]
            secret = Hidden(small, rows[1], columns["is_small"])
            found = self._protected(
                counts, small | every, lines=(rows[0], is_hidden), secret=secret
            )
            if isinstance(found, Hidden):
                return found.cells, columns
            wider = self.more_hidden(columns, found.columns)
            if wider["is_hidden"].equals(is_hidden):
                return pd.DataFrame(True, counts.index, counts.columns), columns
            columns = wider

    def statuses(
        self, counts: pd.DataFrame, types: pd.DataFrame, columns: pd.Series
    ) -> pd.DataFrame | None:
        """Statuses of building types by something; None where told totals give cells away.

        ``counts`` is missing where nothing can be, ``types`` a margin, and ``columns`` says of
        which the total is withheld.
        """
        statuses = pd.DataFrame("shown", counts.index, counts.columns, dtype="str")
        if self.withholds:
            rows, small = types["is_hidden"], self.small(counts)
            secret = Hidden(small, types["is_small"], columns)
            found = self._protected(counts, small, lines=(rows, columns), secret=secret)
            if not isinstance(found, Hidden):
                return None
            statuses = statuses.mask(found.cells, "withheld")
        return statuses.mask(counts.isna(), "not_applicable")

    def _protected(
        self,
        counts: pd.DataFrame,
        cells: pd.DataFrame,
        *,
        lines: tuple[pd.Series, pd.Series],
        secret: Hidden,
    ) -> Hidden | Pinned:
        """Withhold cells, rows and columns whose total is withheld, and what would tell these."""
        rows, columns = lines
        whole = cells | rows.to_numpy()[:, None] | columns.to_numpy()[None, :]
        start = Hidden(whole, rows, columns)
        return protected(counts, start, secret=secret, minimum=self.minimum)

    def crossing(
        self,
        name: str,
        counts: pd.DataFrame,
        statuses: pd.DataFrame,
        *,
        stock: Stock | None = None,
    ) -> Crossing:
        """What is told of a table, with rates where there are addresses enough."""
        is_shown = statuses == "shown"
        told = self.told(counts.where(is_shown))
        if stock is None:
            return Crossing(name, told, statuses)
        rates = None
        if "rates" in self.lens.rules.shows:
            years = stock.address_years.where(stock.address_years > 0)
            enough = is_shown & (stock.addresses >= LEAST_ADDRESSES) & years.notna()
            rates = (PER_ADDRESS_YEARS * told / years).where(enough).astype("Float64")
        return Crossing(name, told, statuses, stock.address_years, rates)


@dataclass(frozen=True)
class Stock:
    """Addresses, and the years that these existed in the period, per row and column."""

    addresses: pd.DataFrame
    address_years: pd.DataFrame


def if_most(crossing: Crossing, counts: pd.DataFrame) -> Crossing | None:
    """A table, where half of the cases can be told; otherwise it hides more than it shows."""
    return crossing if share_told(crossing, counts) >= LEAST_TOLD else None


def share_told(crossing: Crossing, counts: pd.DataFrame, *, of: float | None = None) -> float:
    """Which part of the cases of a table is told; of so many, where it does not hold all."""
    told = float(counts.where(crossing.statuses == "shown", 0.0).to_numpy().sum())
    every = float(counts.to_numpy().sum()) if of is None else of
    return told / every if every > 0 else 0.0
