"""A lens: one theme looked at in one way, as one TOML file."""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from igh_geo.errors import LensError, Problem, raise_all

Denominator = Literal["population", "households", "dwellings", "addresses", "area_km2", "none"]
KindName = Literal["report", "observation", "warning", "fine", "offence"]
Setting = Literal["dwelling", "person", "public_space", "traffic"]
FilePath = Annotated[str, Field(min_length=1)]

Year = Annotated[str, Field(pattern=r"^(19|20)\d{2}$")]
Figure = Literal["population", "households", "dwellings", "addresses"]

# Outside these a date is a typing error, and a year more could not be counted with.
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2100, 12, 31)

# A small population makes a rate that says more about the rounding of CBS (to 5) than about
# the area; square kilometres have no such floor.
MINIMUM_DENOMINATOR = 50.0


class Part(BaseModel):
    """A part of a lens: unknown keys are refused, values cannot be changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyFigures(Part):
    """Key figures to join to the areas by code."""

    file: FilePath
    code_column: str | None = None
    columns: dict[Figure, str] = Field(default_factory=dict)
    boundary_year: int | None = None
    allow_partial: bool = False


class Harmonise(Part):
    """Areas of another year, whose figures are carried over to the areas of the map."""

    file: FilePath
    layer: str | None = None
    boundary_year: int | None = None
    weights: Literal["addresses", "area"] = "area"


class DistrictFile(Part):
    """Districts of the user's own, as a map layer or as a list of codes and names."""

    file: FilePath
    layer: str | None = None
    name_column: str | None = None
    code_column: str | None = None


class Areas(Part):
    """The areas of the map. Paths are relative to the data folder."""

    file: FilePath
    layer: str | None = None
    level: str = "buurt"
    parent_layer: str | None = None
    municipalities: tuple[str, ...] = ()
    boundary_year: int | None = None
    key_figures: KeyFigures | None = None
    harmonise: Harmonise | None = None
    districts: DistrictFile | None = None


class District(Part):
    """A district of the user's own: a name and the codes of its buurten or wijken."""

    name: str
    codes: tuple[str, ...] = Field(min_length=1)


class Incidents(Part):
    """The incidents, from a file or from a source in the store, and which of them count."""

    file: FilePath | None = None
    source: str | None = None
    sheet: str | None = None
    layer: str | None = None
    dates: Literal["day_first", "month_first"] | None = None
    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    code_list: FilePath | None = None
    categories: tuple[str, ...] = ()
    kinds: tuple[KindName, ...] = ()
    combine_kinds: bool = False
    verified_only: bool = False
    setting: Setting | None = None

    @model_validator(mode="after")
    def _from_one_place(self) -> Incidents:
        _check_origin(self.file, self.source)
        if self.source is not None:
            told = {"sheet", "layer", "dates", "columns", "defaults", "code_list"}
            _refuse_reading(told & self.model_fields_set)
        return self


class Counts(Part):
    """Counts per area, instead of incidents: a column per year, or a row per period."""

    file: FilePath | None = None
    source: str | None = None
    layer: str | None = None
    code_column: str | None = None
    values: dict[Year, str] = Field(default_factory=dict)
    category: str
    categories: tuple[str, ...] = ()
    offence_groups: tuple[str, ...] = ()
    offence_group_list: FilePath | None = None
    absent: Literal["missing", "zero"] = "missing"
    allow_partial: bool = False
    kind: KindName
    boundary_year: int | None = None
    setting: Setting | None = None

    @model_validator(mode="after")
    def _from_one_place(self) -> Counts:
        _check_origin(self.file, self.source)
        if self.source is not None:
            told = {"layer", "code_column", "values", "boundary_year", "offence_group_list"}
            _refuse_reading(told & self.model_fields_set)
        return self


class Context(Part):
    """Figures of the user's own per area, shown beside the counts and never counted with."""

    title: str
    file: FilePath
    code_column: str | None = None
    columns: dict[str, str] = Field(min_length=1)
    boundary_year: int | None = None
    allow_partial: bool = False


class Period(Part):
    """The period of the map, both days included, and what it is compared with."""

    start: dt.date = Field(alias="from", ge=FIRST_DAY, le=LAST_DAY)
    end: dt.date = Field(alias="to", ge=FIRST_DAY, le=LAST_DAY)
    previous: Literal["year_before", "preceding", "none"] = "year_before"

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.end < self.start:
            raise ValueError(f"'to' ({self.end}) lies before 'from' ({self.start})")
        return self

    @property
    def days(self) -> int:
        """Number of days, both ends included."""
        return (self.end - self.start).days + 1

    def before(self) -> tuple[dt.date, dt.date] | None:
        """Start and end of the period to compare with; None when the lens asks for none."""
        if self.previous == "none":
            return None
        year_before = _year_before(self.start), _year_before(self.end)
        # The same days a year earlier would fall in a period longer than a year itself.
        if self.previous == "preceding" or year_before[1] >= self.start:
            return self._preceding()
        return year_before

    def _preceding(self) -> tuple[dt.date, dt.date]:
        """As many whole months before, or as many days when the months are not whole."""
        last = self.start - dt.timedelta(days=1)
        day_after = self.end + dt.timedelta(days=1)
        if self.start.day != 1 or day_after.day != 1:
            return self.start - dt.timedelta(days=self.days), last
        year, month = divmod(2 * _months(self.start) - _months(day_after), 12)
        return dt.date(year, month + 1, 1), last


def _check_origin(file: str | None, source: str | None) -> None:
    if (file is None) == (source is None):
        raise ValueError(
            "give either 'file', or 'source' for what `igh-geo load` put in the store, and not both"
        )


def _refuse_reading(keys: set[str]) -> None:
    if keys:
        raise ValueError(
            f"{', '.join(sorted(keys))} says how a file is read; a source in the store has been "
            "read already: say it in sources.toml"
        )


def _months(day: dt.date) -> int:
    return 12 * day.year + day.month - 1


class Rate(Part):
    """The rate: events per so many of a denominator."""

    denominator: Denominator = "population"
    per: float | None = Field(default=None, gt=0)
    minimum_denominator: float | None = Field(default=None, ge=0)

    @property
    def multiplier(self) -> float:
        """Per how many: 1,000 by default, one for square kilometres."""
        if self.per is not None:
            return self.per
        return 1.0 if self.denominator == "area_km2" else 1000.0

    @property
    def floor(self) -> float:
        """Smallest denominator that gets a rate."""
        if self.minimum_denominator is not None:
            return self.minimum_denominator
        return 0.0 if self.denominator == "area_km2" else MINIMUM_DENOMINATOR


class Clusters(Part):
    """Tests of clustering on the areas."""

    permutations: int = Field(default=99_999, ge=99)
    seed: int = Field(default=20_250_101, ge=0)
    correction: Literal["bh", "by"] = "bh"


class Grid(Part):
    """The grid of hot cells and the kernel density."""

    enabled: bool = True
    cell_m: Literal[100, 200, 500] = 100
    permutations: int = Field(default=999_999, ge=999)
    bandwidth_m: float | None = Field(default=None, ge=50, le=5000)


class Priorities(Part):
    """The ranking."""

    top: int = Field(default=10, ge=1, le=100)
    draws: int = Field(default=10_000, ge=1000)


class Privacy(Part):
    """The least that must be known or hidden before something leaves the house."""

    minimum_count: int = Field(default=5, ge=3)
    minimum_addresses: int = Field(default=10, ge=5)
    points: bool = False
    legal_basis: str | None = None
    purpose: str | None = None


class Buildings(Part):
    """Addresses, with which the gate knows how many lie in a cell."""

    file: FilePath


class Lens(Part):
    """A lens; see ``docs/lens.md`` for every key.

    A lens is read with ``read_lens``; ``name`` is the name of its file.
    """

    name: str
    title: str
    question: str
    audience: Literal["briefing", "restricted"] = "briefing"
    language: Literal["nl", "en"] = "nl"
    sample: bool = False
    noun: str | None = Field(default=None, max_length=40)
    areas: Areas
    districts: tuple[District, ...] = ()
    incidents: Incidents | None = None
    counts: Counts | None = None
    buildings: Buildings | None = None
    period: Period
    rate: Rate = Rate()
    clusters: Clusters = Clusters()
    grid: Grid = Grid()
    priorities: Priorities = Priorities()
    privacy: Privacy = Privacy()
    context: tuple[Context, ...] = ()
    sources: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Lens:
        if self.districts and self.areas.districts:
            raise ValueError("give either [[districts]] or [areas.districts], not both")
        if (self.incidents is None) == (self.counts is None):
            raise ValueError("give either [incidents] or [counts], not both and not neither")
        names = [district.name for district in self.districts]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"two districts are both named '{repeated[0]}'; rename one")
        if self.privacy.points and self.audience != "restricted":
            raise ValueError(
                'incident points are only drawn for audience = "restricted"; '
                "remove 'points' or name that audience"
            )
        if self.audience == "restricted" and not (
            self.privacy.purpose and self.privacy.legal_basis
        ):
            raise ValueError(
                "a restricted export names its 'purpose' and 'legal_basis' under [privacy]"
            )
        return self

    @property
    def setting(self) -> Setting | None:
        """Where the phenomenon takes place, which decides what denominator suits it."""
        part = self.incidents or self.counts
        return part.setting if part else None


def read_lens(path: Path, *, language: str | None = None) -> Lens:
    """Read and check a lens.

    Parameters
    ----------
    path : Path
        A TOML file.
    language : str, optional
        Takes the place of the lens's own language.

    Raises
    ------
    LensError
        When the file is missing, is not TOML, or breaks a rule of the model; every fault at
        once, an unknown key with the nearest valid name.
    """
    if not path.is_file():
        raise LensError(str(_missing_file(path)))
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LensError(str(_not_toml(path, error))) from error
    own_name = [_unknown_key(["name"], path.name)] if "name" in values else []
    values["name"] = path.stem
    if language is not None:
        values["language"] = language
    try:
        lens = Lens.model_validate(values)
    except ValidationError as error:
        found = [_explain(fault, path.name) for fault in error.errors()]
        raise_all(own_name + found, LensError)
        raise
    raise_all(own_name, LensError)
    return lens


def _year_before(day: dt.date) -> dt.date:
    # 29 February has no namesake a year earlier.
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def _missing_file(path: Path) -> Problem:
    nearby = sorted(path.parent.glob("*.toml")) if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, [file.name for file in nearby], n=1)
    remedy = f"did you mean '{close[0]}'?" if close else "`igh-geo lenses` lists what there is"
    return Problem(f"Lens '{path}' exists.", "there is no such file", remedy)


def _not_toml(path: Path, error: Exception) -> Problem:
    if path.suffix.lower() != ".toml":
        return Problem(
            "A lens is a .toml file.",
            f"'{path.name}' is not",
            f"`igh-geo new {path.name}` writes a lens for a file of incidents",
        )
    if isinstance(error, UnicodeDecodeError):
        return Problem(
            f"Lens '{path.name}' is saved as UTF-8.",
            "it is in an older code of Windows (ANSI)",
            "in Kladblok: save as, and choose UTF-8 as the encoding",
        )
    remedy = "mend that line; text stands between double quotes, dates as 2025-01-31"
    if "\\" in path.read_text(encoding="utf-8", errors="replace"):
        remedy += "; in a path write / instead of \\"
    return Problem(f"Lens '{path.name}' is valid TOML.", str(error), remedy)


def _explain(fault: Any, file: str) -> Problem:  # noqa: ANN401 - pydantic's ErrorDetails
    keys = [str(step) for step in fault["loc"]]
    where = ".".join(keys) or "the lens as a whole"
    kind = fault["type"]
    if kind == "extra_forbidden":
        return _unknown_key(keys, file)
    if kind == "missing":
        return Problem(f"Lens '{file}' has '{where}'.", "it is missing", f"add '{where}'")
    message = str(fault["msg"]).removeprefix("Value error, ")
    value = fault.get("input")
    given = f", given {value!r}" if isinstance(value, (str, int, float, bool)) else ""
    return Problem(
        f"'{where}' of lens '{file}' is valid.", f"{message}{given}", "change that value"
    )


def _unknown_key(keys: list[str], file: str) -> Problem:
    valid = _valid_keys(keys[:-1])
    close = difflib.get_close_matches(keys[-1], valid, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return Problem(
        f"Every key of lens '{file}' is known.",
        f"'{'.'.join(keys)}' is not",
        f"{hint}Valid here: {', '.join(valid)}",
    )


def _valid_keys(keys: list[str]) -> list[str]:
    """Names of the fields of the part of the lens that ``keys`` lead to."""
    model: type[Part] = Lens
    for key in keys:
        if key.isdigit():
            continue
        annotation = model.model_fields[key].annotation if key in model.model_fields else None
        found = _part_in(annotation)
        if found is None:
            break
        model = found
    names = [info.alias or name for name, info in model.model_fields.items()]
    return [name for name in names if not (model is Lens and name == "name")]


def _part_in(annotation: Any) -> type[Part] | None:  # noqa: ANN401 - a type expression
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _part_in(inner)
        if found is not None:
            return found
    return None
