"""The deliveries in the store from which a lens reads, each with the account of its rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from igh_geo.ledger import REMARK_COLUMNS, SUMMARY_COLUMNS, LedgerSummary
from igh_geo.policy.findings import Delivery


def deliveries_of(loads: Iterable[Mapping[str, Any]]) -> tuple[Delivery, ...]:
    """The loads of a source as deliveries.

    Parameters
    ----------
    loads : iterable of mapping
        ``attrs["loads"]`` of `igh_geo.sources.store.records.read_incidents_from_store`: ``file``,
        ``delivered`` (ISO), ``sha256`` and ``ledger`` (JSON).

    Returns
    -------
    tuple of Delivery
        In the same order.
    """
    return tuple(
        Delivery(
            file=str(load["file"]),
            delivered=dt.date.fromisoformat(load["delivered"]),
            sha256=str(load["sha256"]),
            ledger=_summary(json.loads(load["ledger"])),
        )
        for load in loads
    )


def _summary(told: Mapping[str, Any]) -> LedgerSummary:
    return LedgerSummary(
        source=told["source"],
        rows_in=told["rows_in"],
        placed=told["placed"],
        set_aside=pd.DataFrame(told["set_aside"], columns=SUMMARY_COLUMNS),
        remarks=pd.DataFrame(told["remarks"], columns=REMARK_COLUMNS),
    )
