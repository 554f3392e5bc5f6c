"""The main job: one lens in, one folder of results out, a line per stage."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import geopandas as gpd
import pandas as pd

from igh_geo.errors import IghGeoError, OutputError, Problem
from igh_geo.intake import (
    Events,
    Inputs,
    building_cases,
    read_buildings,
    read_events,
    read_known_addresses,
    read_study_areas,
    read_surroundings,
)
from igh_geo.lens import HOUSE_RULES, SMALLEST_CELL_M, Lens, default_rules, read_rules
from igh_geo.out.audit import AUDIT, note_run
from igh_geo.out.briefing import write_briefing
from igh_geo.out.folder import replaced_at_once
from igh_geo.out.index import write_index
from igh_geo.out.inspection import inspect, inspect_folder
from igh_geo.out.layers import write_layers
from igh_geo.out.manifest import MANIFEST, write_manifest
from igh_geo.out.map.page import write_map
from igh_geo.out.paper.document import write_document
from igh_geo.out.phenomenon.page import write_phenomenon
from igh_geo.out.picture import write_picture
from igh_geo.out.rejected import write_rejected
from igh_geo.out.restricted.leftovers import remove_leftovers, written_by_run
from igh_geo.out.restricted.passphrase import require_passphrase
from igh_geo.out.restricted.sealing import plain_folder, seal
from igh_geo.out.workbook import write_workbook
from igh_geo.policy import remarks
from igh_geo.policy.clustering import cluster_areas, cluster_cells
from igh_geo.policy.disclosure import publish
from igh_geo.policy.findings import Findings, GridFindings, Level, PointFindings
from igh_geo.policy.levels import WHOLE, base_level, sum_level
from igh_geo.policy.personal import Personal
from igh_geo.policy.point_clusters import find_point_clusters
from igh_geo.policy.publication import Publication
from igh_geo.rd import GRIDS, use_grids
from igh_geo.tables import PARENT_LEVEL
from igh_geo.texts import texts_for
from igh_geo.writing import file_at_once

Progress = Callable[[str], None]


@dataclass
class Run:
    """Record of one run.

    Attributes
    ----------
    lens : Lens
    folder : Path
        Where the results are.
    started : datetime.datetime
    inputs : Inputs
        Where the inputs are, and which were read.
    timings : dict of str to float
        Seconds per stage.
    publication : Publication or None
        What the results hold; None until it is made.
    personal : Personal or None
        What the input holds of single cases, as fingerprints; None for counts.
    """

    lens: Lens
    folder: Path
    started: dt.datetime
    progress: Progress
    inputs: Inputs
    timings: dict[str, float] = field(default_factory=dict)
    publication: Publication | None = None
    personal: Personal | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell that a stage begins, and time it."""
        self.progress(name)
        begun = time.perf_counter()
        yield
        self.timings[name] = time.perf_counter() - begun


def run(
    lens: Lens,
    *,
    data: Path,
    out: Path,
    private: Path | None = None,
    store: Path | None = None,
    key: str | None = None,
    passphrase: str | None = None,
    progress: Progress = lambda _stage: None,
    now: dt.datetime | None = None,
) -> Run:
    """Carry out one lens.

    Parameters
    ----------
    lens : Lens
    data : Path
        Folder to which the paths in the lens are relative.
    out : Path
        Folder in which ``<name of the lens>/`` is written, all at once.
    private : Path, optional
        Folder for rejected rows, which may hold personal data; ``private`` beside ``out`` by
        default.
    store : Path, optional
        The store of ``igh-geo load``; ``igh.duckdb`` in the data folder by default.
    key : str, optional
        Key of the store, when it is encrypted.
    passphrase : str, optional
        With which the results of a restricted lens are encrypted; such a lens needs one. It is
        kept nowhere.
    progress : callable
        Is told the name of each stage as it begins.
    now : datetime.datetime, optional
        The moment of the run; the clock by default.

    Returns
    -------
    Run

    Raises
    ------
    DataError, LensError, CrsError, DisclosureError, OutputError
        With rule, evidence and remedy; nothing is written then.
    """
    started = now or dt.datetime.now().astimezone()
    use_grids(data / GRIDS)
    inputs = Inputs(data, store=store, key=key)
    house = read_rules(inputs.locate(HOUSE_RULES)) if (data / HOUSE_RULES).is_file() else None
    lens = lens.with_rules(house or default_rules())
    lens.destroy_by(started.date())
    require_passphrase(lens, passphrase)
    record = Run(lens, out / lens.name, started, progress, inputs)
    texts = texts_for(lens)
    with record.stage("areas"):
        register = read_buildings(lens, inputs)
        addresses = read_known_addresses(lens, inputs, register)
        study = read_study_areas(lens, addresses, inputs)
        areas = study.areas
        around = read_surroundings(lens, areas, inputs, addresses=addresses)
    with record.stage("incidents"):
        asked = lens.period
        events = read_events(lens, study, inputs, today=started.date(), register=register)
        carried_from = None
        if events.carried_from is not None:
            carried_from = events.carried_from.boundary_year
            areas = areas.join(events.carried_from.flags(areas))
        lens = lens.model_copy(update={"period": events.period})
        record.personal = events.personal
    buildings = None
    if register is not None:
        with record.stage("buildings"):
            buildings = building_cases(events, areas, register, lens=lens)
    with record.stage("rates"):
        base, levels, whole, partial = _levels(areas, events, lens)
    with record.stage("clusters"):
        clusters = cluster_areas(
            areas, events.counts["current"], base.areas["denominator"], lens=lens
        )
    with record.stage("cells"):
        grid = _grid(areas, events, addresses, lens=lens)
        lens = lens.with_cells_of(grid.cell_m if grid is not None else SMALLEST_CELL_M)
        points = _point_clusters(areas, events, lens=lens)
    with record.stage("disclosure"):
        facts = remarks.Facts(
            lens=lens,
            asked=asked,
            areas=areas,
            counts=events.counts["current"],
            incidents=events.incidents,
            ledger=events.ledger,
            data_from=events.data_from,
            data_until=events.data_until,
            previous=events.previous,
            times_known=events.times_known,
            setting=remarks.recognise_setting(lens, events.categories),
            partial=tuple(partial),
            clusters=clusters,
            grid=grid,
            dates_assumed=events.dates_assumed,
            provisional_from=events.provisional_from,
            carried_from=carried_from,
            deliveries=events.deliveries,
        )
        findings = Findings(
            geometry=areas,
            base=base,
            levels=levels,
            whole=whole,
            clusters=clusters,
            grid=grid,
            incidents=events.incidents,
            previous=events.previous,
            data_from=events.data_from,
            data_until=events.data_until,
            times_known=events.times_known,
            months_known=events.months_known,
            notes=remarks.gather(facts, texts),
            choices=remarks.choices(facts, texts),
            areas_noticed=tuple(
                (note.key, {"count": texts.number(note.count), "example": note.example})
                for note in (
                    *study.notes,
                    *events.notes,
                    *around.notes,
                    *(register.notes if register is not None else ()),
                )
            ),
            ledger=(events.ledger,),
            monthly_counts=events.monthly_counts,
            area_counts=events.area_counts,
            provisional_from=events.provisional_from,
            carried_from=carried_from,
            context=study.context,
            deliveries=events.deliveries,
            points=points,
            surroundings=around.surroundings,
            streets=around.streets,
            buildings=buildings,
        )
        published = publish(findings, lens, texts, made_on=record.started.date())
    aside = _private(private, out)
    write_rejected(events.rejected, aside / lens.name, language=lens.language)
    _write(record, published, private=aside, passphrase=passphrase)
    record.publication = published
    return record


def run_all(
    lenses: Sequence[Lens],
    *,
    data: Path,
    out: Path,
    private: Path | None = None,
    store: Path | None = None,
    key: str | None = None,
    passphrase: str | None = None,
    progress: Callable[[str], Progress] = lambda _lens: lambda _stage: None,
) -> list[Run]:
    """Carry out several lenses, and write ``index.html`` with their themes by district.

    A lens that fails stops the job; what was written for the lenses before it stays.

    Parameters
    ----------
    lenses : sequence of Lens
    data, out, private, store, key, passphrase
        As for ``run``; one passphrase for all that need one.
    progress : callable
        Is told the name of a lens as it begins, and gives what is told its stages.

    Returns
    -------
    list of Run
    """
    for lens in lenses:
        require_passphrase(lens, passphrase)
    records: list[Run] = []
    for lens in lenses:
        try:
            records.append(
                run(
                    lens,
                    data=data,
                    out=out,
                    private=private,
                    store=store,
                    key=key,
                    passphrase=passphrase,
                    progress=progress(lens.name),
                )
            )
        except IghGeoError as error:
            done = f" (done before it: {', '.join(r.lens.name for r in records)})" * bool(records)
            raise type(error)(f"lens '{lens.name}'{done}: {error}") from error
    published = [record.publication for record in records if record.publication is not None]
    if len(published) > 1:
        with file_at_once(out / "index.html") as fresh:
            write_index(published, fresh)
            inspect([fresh], published, personal=_together(records))
    return records


def _levels(
    areas: gpd.GeoDataFrame, events: Events, lens: Lens
) -> tuple[Level, dict[str, Level], Level, list[str]]:
    """The areas, their parents and districts where there are several, and the whole."""
    days = None
    if events.previous is not None:
        days = (lens.period.days, (events.previous[1] - events.previous[0]).days + 1)
    base = base_level(areas, events.counts, lens, days=days)
    parent_level = PARENT_LEVEL.get(lens.areas.level, "parent")
    names = areas.dropna(subset="parent_code").groupby("parent_code")["parent_name"].first()
    groups = {
        parent_level: (areas["parent_code"], names),
        "district": (areas["district"], None),
    }
    levels, partial = {}, []
    for name, (group, named) in groups.items():
        if len(group.dropna().unique()) > 1:
            levels[name], incomplete = sum_level(
                areas, events.counts, lens, group=group, names=named, days=days
            )
            partial.extend(incomplete)
    everywhere = pd.Series(WHOLE, index=areas.index, dtype="str")
    whole, _ = sum_level(areas, events.counts, lens, group=everywhere, names=None, days=days)
    return base, levels, whole, partial


def _grid(
    areas: gpd.GeoDataFrame, events: Events, addresses: pd.DataFrame | None, *, lens: Lens
) -> GridFindings | None:
    if events.incidents is None or not lens.grid.enabled:
        return None
    current = events.incidents[events.incidents["period"] == "current"]
    return cluster_cells(areas, current, addresses, lens=lens)


def _point_clusters(areas: gpd.GeoDataFrame, events: Events, *, lens: Lens) -> PointFindings | None:
    if events.incidents is None:
        return None
    current = events.incidents[events.incidents["period"] == "current"]
    return find_point_clusters(areas, current, lens)


def _write(record: Run, published: Publication, *, private: Path, passphrase: str | None) -> None:
    """Write every output into one folder, which appears all at once."""
    lens, former = published.lens, written_by_run(record.folder)
    with (
        replaced_at_once(record.folder, sign=MANIFEST) as folder,
        plain_folder(folder, lens, private=private) as plain,
    ):
        for stage, write, name in (
            ("map", write_map, "map.html"),
            ("briefing", write_briefing, "briefing.html"),
            ("phenomenon", write_phenomenon, "phenomenon.html"),
            ("picture", write_picture, "map.png"),
            ("document", write_document, "map.pdf"),
            ("tables", write_workbook, "tables.xlsx"),
            ("layers", write_layers, "layers.gpkg"),
        ):
            if stage == "phenomenon" and published.phenomenon is None:
                continue
            with record.stage(stage):
                write(published, plain / name)
        write_manifest(
            published,
            plain,
            inputs=record.inputs.files,
            timings=record.timings,
            started=record.started,
        )
        with record.stage("inspection"):
            inspect_folder(plain, published, personal=record.personal)
        if lens.is_sealed:
            with record.stage("encryption"):
                seal(plain, folder, published, passphrase=passphrase, started=record.started)
                note_run(
                    private / AUDIT, published, inside=plain, outside=folder, started=record.started
                )
    remove_leftovers(record.folder, former)


def _together(records: Sequence[Run]) -> Personal | None:
    """What the inputs of several lenses hold of single cases."""
    held = [record.personal for record in records if record.personal is not None]
    return reduce(Personal.joined, held) if held else None


def _private(private: Path | None, out: Path) -> Path:
    """Folder for rejected rows, never within the results that are sent."""
    folder = (private or out.resolve().parent / "private").resolve()
    if folder.is_relative_to(out.resolve()):
        problem = Problem(
            "Rejected rows, which may hold personal data, stay outside the results.",
            f"the private folder '{private}' lies in the folder of results '{out}'",
            "choose another folder with --private",
        )
        raise OutputError(str(problem))
    return folder
