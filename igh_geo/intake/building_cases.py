"""The cases of a lens by what they were found in: every address typed, every case given its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import PurePath

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from igh_geo.crs import FloatArray
from igh_geo.errors import DataError, Problem
from igh_geo.intake.case_addresses import column_of, match_cases
from igh_geo.intake.events import Events
from igh_geo.intake.inputs import Inputs
from igh_geo.ledger import Ledger, LedgerSummary
from igh_geo.lens import Lens, Period, Phenomenon
from igh_geo.places.assign import assign_areas
from igh_geo.places.buildings import building_types
from igh_geo.policy.factor_classes import class_keys, classed
from igh_geo.policy.factors import UNKNOWN, BuildingCases
from igh_geo.sources.bag.fields import SPELLINGS
from igh_geo.sources.bag.register import Register, read_register
from igh_geo.sources.bag.vocabulary import TYPE_WORDS, with_own, words_for
from igh_geo.sources.columns import NO_VALUE, find, plain
from igh_geo.sources.values.vocabulary import DETECTION_WORDS, translate
from igh_geo.stats.hours import LOCAL_TIME
from igh_geo.stats.rates.exposure import DAYS_PER_YEAR
from igh_geo.tables import BUILDING_TYPES, OWNERSHIPS

FLATS = ("flat", "flat_low", "flat_high")
DETECTED_BY = ("ontdekt_door", "gevonden_door", "wijze_van_ontdekken", "ontdekking", "detection")


def read_buildings(lens: Lens, inputs: Inputs) -> Register | None:
    """The addresses and buildings of a lens that asks for an analysis by building; else None.

    Raises
    ------
    DataError
        As ``read_register``.
    """
    part = lens.buildings
    if lens.phenomenon is None or part is None:
        return None
    paths = [inputs.locate(name) for name in (part.file, *part.more_files)]
    columns: dict[str, str] = {str(field): name for field, name in part.columns.items()}
    if part.street_column is not None:
        columns.setdefault("street", part.street_column)
    return read_register(
        paths,
        columns=columns or None,
        types={word: str(name) for word, name in part.types.items()} or None,
        ownerships={word: str(name) for word, name in part.ownerships.items()} or None,
    )


def building_cases(
    events: Events, areas: gpd.GeoDataFrame, register: Register, *, lens: Lens
) -> BuildingCases:
    """Give every address a type and every case its address, and count both.

    Parameters
    ----------
    events : Events
        Reads ``incidents``, ``particulars`` and ``period``.
    areas : geopandas.GeoDataFrame
        The table ``areas``.
    register : Register
    lens : Lens
        With ``[phenomenon]``.

    Returns
    -------
    BuildingCases

    Raises
    ------
    DataError
        When no address lies in the areas, or a column that the lens names is not in the file.
    """
    part = lens.phenomenon or Phenomenon()
    typed = _typed(register, part)
    factors = _known_factors(typed, part, register)
    file = lens.buildings.file if lens.buildings is not None else ""
    stock, aside = _stock(typed, areas, events.period, file=PurePath(file).name)
    kinds = stock["building_type"].unique().tolist()
    cases, matching, matches = _cases(
        events, typed, register, lens=lens, factors=factors, kinds=kinds
    )
    return BuildingCases(
        cases=cases,
        stock=_counted(stock, factors),
        years=_by_year(stock, events.period),
        factors=factors,
        classes=_classes(factors, part),
        origins={str(name): int(n) for name, n in stock["origin"].value_counts().items()},
        matches=matches,
        ledgers=(*register.ledgers, aside),
        matching=matching,
        has_detection=bool(cases["detection"].notna().any()),
    )


def _typed(register: Register, part: Phenomenon) -> pd.DataFrame:
    """Every address with its classes, and where its type comes from."""
    objects = register.objects
    derived = building_types(objects, register.panden, register.links)["building_type"]
    own = objects["type"]
    kind = own.fillna(derived)
    origin = np.where(own.notna(), "own", np.where(derived == UNKNOWN, UNKNOWN, "derived"))
    return objects[["x", "y", "year_built", "floor_area_m2"]].assign(
        building_type=kind.astype("str"),
        ownership=objects["ownership"].fillna(UNKNOWN).astype("str"),
        year_class=classed(objects["year_built"], part.year_limits),
        floor_area_class=classed(objects["floor_area_m2"], part.floor_area_limits),
        origin=origin,
    )


def _known_factors(typed: pd.DataFrame, part: Phenomenon, register: Register) -> tuple[str, ...]:
    """The factors that the lens asks for and the register knows of any address."""
    column = {
        "ownership": "ownership",
        "year_built": "year_class",
        "floor_area": "floor_area_class",
    }
    asked = [column[name] for name in part.factors]
    if not register.has_ownership and "ownership" in asked:
        asked.remove("ownership")
    return ("building_type", *(name for name in asked if (typed[name] != UNKNOWN).any()))


def _classes(factors: Sequence[str], part: Phenomenon) -> dict[str, tuple[str, ...]]:
    every = {
        "building_type": BUILDING_TYPES,
        "ownership": OWNERSHIPS,
        "year_class": class_keys(part.year_limits),
        "floor_area_class": class_keys(part.floor_area_limits),
    }
    return {name: every[name] for name in factors}


def _stock(
    typed: pd.DataFrame, areas: gpd.GeoDataFrame, period: Period, *, file: str
) -> tuple[pd.DataFrame, LedgerSummary]:
    """Addresses that lie in the areas and stood in the period, with their years, and an account."""
    placed = assign_areas(typed["x"], typed["y"], areas)["area_code"]
    years = _years(typed["year_built"], period.start, period.end)
    ledger = Ledger(f"{file} (in use)", pd.DataFrame(index=typed.index))
    ledger.set_aside(placed.isna().to_numpy(dtype=bool), "outside_areas", sort="selection")
    ledger.set_aside(years <= 0, "built_after_period", sort="selection")
    ledger.remark(typed["year_built"].isna().to_numpy(dtype=bool), "no_year_built")
    kept = ledger.is_placed.to_numpy()
    if not kept.any():
        first = typed.index[0]
        problem = Problem(
            "Addresses lie in the areas of the lens.",
            f"none of {len(typed)} does; the first, {first}, lies at "
            f"{typed['x'].iloc[0]:.0f}, {typed['y'].iloc[0]:.0f}",
            "take the addresses and the boundaries of the same municipality",
        )
        raise DataError(str(problem))
    stock = typed.assign(area_code=placed.astype("str"), address_years=years)[kept]
    return stock, ledger.summary()


def _years(year_built: pd.Series, start: dt.date, end: dt.date) -> FloatArray:
    """Years of 365.25 days between two days, both included, that a building may be expected there.

    Of a building only the year is known. Any day of it is as likely as another, so within that year
    the chance that it stands rises from zero to one.
    """
    built = year_built.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    known = np.nan_to_num(built, nan=start.year - 1)
    whole = np.clip(known, start.year - 1, end.year + 1).astype(int)
    firsts = {year: dt.date(year, 1, 1).toordinal() for year in range(whole.min(), whole.max() + 2)}
    from_day = np.array([firsts[year] for year in whole], dtype=float)
    to_day = np.array([firsts[year + 1] for year in whole], dtype=float)
    last, first = end.toordinal() + 1, start.toordinal()
    return (
        _days_until(last, from_day, to_day) - _days_until(first, from_day, to_day)
    ) / DAYS_PER_YEAR


def _days_until(day: int, from_day: FloatArray, to_day: FloatArray) -> FloatArray:
    """Days up to a day that buildings may be expected there, of which one was built between two."""
    length = to_day - from_day
    rising = np.clip(day - from_day, 0.0, length) ** 2 / (2.0 * length)
    return np.asarray(rising + np.maximum(day - to_day, 0.0))


def _counted(stock: pd.DataFrame, factors: Sequence[str]) -> pd.DataFrame:
    """A row per combination of area and classes that occurs."""
    groups = stock.groupby(["area_code", *factors], observed=True, sort=True)["address_years"]
    counted = groups.agg(addresses="size", address_years="sum").reset_index()
    return counted.astype({"addresses": "float64"})


def _by_year(stock: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Address-years per building type and calendar year of the period."""
    found = {}
    for year in range(period.start.year, period.end.year + 1):
        start = max(period.start, dt.date(year, 1, 1))
        end = min(period.end, dt.date(year, 12, 31))
        there = _years(stock["year_built"], start, end)
        found[year] = pd.Series(there, index=stock.index).groupby(stock["building_type"]).sum()
    kinds = [name for name in BUILDING_TYPES if (stock["building_type"] == name).any()]
    return pd.DataFrame(found).reindex(kinds).rename_axis("building_type")


def _cases(
    events: Events,
    typed: pd.DataFrame,
    register: Register,
    *,
    lens: Lens,
    factors: Sequence[str],
    kinds: Sequence[str],
) -> tuple[pd.DataFrame, LedgerSummary, dict[str, int]]:
    """Cases of the period with their classes, the account of how each was found, and by what.

    ``kinds`` are the building types that addresses in the areas have.
    """
    part = lens.phenomenon or Phenomenon()
    assert events.incidents is not None
    assert events.particulars is not None
    placed = events.incidents[events.incidents["period"] == "current"]
    cells = events.particulars.loc[placed.index]
    found = match_cases(cells, register, part, placed=placed, file=events.ledger.source)
    object_id = found["object_id"]
    local = placed["occurred_from"].dt.tz_convert(LOCAL_TIME)
    no_months = np.full(len(placed), not events.months_known)
    of_address = typed.reindex(object_id.to_numpy()).set_axis(placed.index)
    built = of_address["year_built"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    # That house was not there yet: what stood there before it, nobody knows.
    is_before = built > local.dt.year.to_numpy()
    told = _own_words(cells, lens)
    # The nearest address is a guess, and the file of cases says that it is another building.
    is_contradicted = (found["match"] == "place").to_numpy(dtype=bool) & _differ(
        told, of_address["building_type"]
    )
    is_matched = object_id.notna().to_numpy(dtype=bool) & ~is_before & ~is_contradicted
    has_type = of_address["building_type"].fillna(UNKNOWN).to_numpy() != UNKNOWN
    is_typed = is_matched & has_type
    classes = {name: of_address[name].where(is_matched).fillna(UNKNOWN) for name in factors}
    classes["building_type"] = (
        classes["building_type"].where(is_typed, told).fillna(UNKNOWN).astype("str")
    )
    cases = pd.DataFrame(
        {
            "area_code": placed["area_code"],
            **classes,
            "year": local.dt.year.astype("Int64"),
            "month": local.dt.month.astype("Int64").mask(no_months),
            "detection": _detection(cells, part, file=events.ledger.source),
            "is_matched": is_matched,
        },
        index=placed.index,
    )
    rows = pd.DataFrame({"row": placed["row"]}, index=placed.index)
    ledger = Ledger(events.ledger.source, rows)
    ledger.set_aside(is_before, "case_before_building")
    has_stock = cases["building_type"].isin([*kinds, UNKNOWN])
    ledger.set_aside(~has_stock.to_numpy(dtype=bool), "no_addresses_of_type")
    ledger.set_aside(is_contradicted, "nearest_of_other_type")
    _account_of_matching(ledger, found)
    ledger.remark(is_typed & _differ(told, of_address["building_type"]), "type_differs")
    ledger.remark(is_matched & ~has_type, "type_unknown")
    match = found["match"].where(is_matched, "none").value_counts()
    return cases, ledger.summary(), {str(name): int(n) for name, n in sorted(match.items())}


def _differ(told: pd.Series, found: pd.Series) -> npt.NDArray[np.bool_]:
    """Whether two types are known and not the same, or a flat of any height."""
    one, other = (kind.where(~kind.isin(FLATS), "flat") for kind in (told, found))
    is_known = one.notna() & other.notna() & (one != UNKNOWN) & (other != UNKNOWN)
    return np.asarray((is_known & (one != other)).to_numpy(dtype=bool))


def _account_of_matching(ledger: Ledger, found: pd.DataFrame) -> None:
    """Why cases have no address, and what must be said with the address of others."""
    for reason in sorted(found["reason"].dropna().unique()):
        ledger.set_aside((found["reason"] == reason).to_numpy(dtype=bool), str(reason))
    remarks = found["remark"].fillna("").astype("str")
    for remark in sorted({key for text in remarks.unique() for key in text.split(",") if key}):
        has = remarks.str.split(",").map(lambda keys, key=remark: key in keys)
        ledger.remark(has.to_numpy(dtype=bool), remark)


def _own_words(cells: pd.DataFrame, lens: Lens) -> pd.Series:
    """The building type that the file of cases gives itself; missing where it gives none."""
    column = find(map(str, cells.columns), SPELLINGS["type"])
    if column is None:
        return pd.Series(pd.NA, index=cells.index, dtype="str")
    own = {word: str(name) for word, name in lens.buildings.types.items()} if lens.buildings else {}
    return words_for(cells[column], with_own(TYPE_WORDS, own))


def _detection(cells: pd.DataFrame, part: Phenomenon, *, file: str) -> pd.Series:
    """Who found each case, by the keys of DETECTION_WORDS; missing where the file does not say.

    A word that is not known is "other": it may be the name of an officer.
    """
    columns = [str(name) for name in cells.columns]
    given = part.detection_column
    if given is not None:
        column_of(given, columns, what="says who found a case", file=file)
    column = given or find(columns, DETECTED_BY)
    if column is None:
        return pd.Series(pd.NA, index=cells.index, dtype="str")
    words = cells[column].astype("str").str.strip()
    own = {plain(word): str(name) for word, name in part.detections.items()}
    known = translate(words, DETECTION_WORDS | own, by_first_word=True)
    is_empty: npt.NDArray[np.bool_] = words.str.lower().isin(NO_VALUE).to_numpy(dtype=bool)
    return known.fillna("other").mask(is_empty | words.isna().to_numpy(dtype=bool))
