"""Writing a folder of results all at once, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from igh_geo.errors import IghGeoError, OutputError, Problem
from igh_geo.writing import cannot_write


@contextmanager
def replaced_at_once(folder: Path, *, sign: str) -> Iterator[Path]:
    """Give a fresh folder to write in, that takes the place of ``folder`` when all went well.

    Parameters
    ----------
    folder : Path
        The folder to make or to replace. What it held before stays until the new one is whole,
        and comes back when it cannot be replaced. Files that a run does not write, such as a
        project of QGIS beside the layers, are kept.
    sign : str
        Name of a file by which a folder of ours is known: one that holds other files and not
        this one was made by somebody else, and is left alone.

    Yields
    ------
    Path
        An empty folder beside it.

    Raises
    ------
    OutputError
        When the folder cannot be made or replaced: not ours, no rights, a full disk, or a file
        in it that another program (Excel) holds open.
    """
    _refuse_foreign(folder, sign)
    mark = uuid4().hex[:8]
    fresh = folder.with_name(f".{folder.name}.new-{mark}")
    former = folder.with_name(f".{folder.name}.old-{mark}")
    try:
        try:
            fresh.mkdir(parents=True)
            yield fresh
            _keep_others(folder, fresh)
            _swap(fresh, folder, former)
        except IghGeoError:
            # What we say on purpose is said already, and some of it is an OSError as well.
            raise
        except OSError as error:
            raise _cannot_write(folder, error, former=former) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        # Where the new folder did not come in its place, the former one is all there is.
        if folder.exists():
            shutil.rmtree(former, ignore_errors=True)


def _keep_others(folder: Path, fresh: Path) -> None:
    """Take over what somebody put beside the results."""
    written = {path.name for path in fresh.iterdir()}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in written:
            continue
        if path.is_dir():
            shutil.copytree(path, fresh / path.name)
        else:
            shutil.copy2(path, fresh / path.name)


def _refuse_foreign(folder: Path, sign: str) -> None:
    """Never replace a file, or a folder that we did not make."""
    if folder.is_file():
        problem = Problem(
            f"'{folder}' is a folder, or can be made one.",
            "there is a file of that name",
            "choose another folder with --out, or rename the file",
        )
        raise OutputError(f"{problem}\nNothing was changed.")
    if not folder.is_dir() or (folder / sign).exists() or not any(folder.iterdir()):
        return
    problem = Problem(
        f"'{folder}' is new, or holds results of an earlier run.",
        f"it holds other files and no {sign}, such as '{next(folder.iterdir()).name}'",
        "choose another folder with --out, or rename the lens",
    )
    raise OutputError(f"{problem}\nNothing was changed.")


def _swap(fresh: Path, folder: Path, former: Path) -> None:
    if folder.exists():
        folder.rename(former)
    try:
        fresh.rename(folder)
    except OSError:
        if former.exists():
            former.rename(folder)
        raise


def _cannot_write(folder: Path, error: OSError, *, former: Path) -> OutputError:
    problem = cannot_write(folder, error)
    if former.exists():
        return OutputError(f"{problem}\nWhat it held before is now in '{former.name}' beside it.")
    return OutputError(f"{problem}\nNothing was changed.")
