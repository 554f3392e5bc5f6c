"""The file in which the grid of areas is kept.

Three lines of text (what this is and its version; the SHA-256 of the areas; the SHA-256 of all that
follows) and then numbers of 8 bytes, lowest byte first: the five of `Squares` and the sizes of the
three arrays as floats, and the arrays.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from igh_geo.places.area_grid import AreaGrid, Squares
from igh_geo.writing import file_at_once

# Another layout of the grid, or other constants in it, need another number.
_TITLE = b"igh_geo area grid, version 1\n"
_HEADER_BYTES = len(_TITLE) + 2 * 65
_SIZES = np.dtype("<f8")
_CELLS = np.dtype("<i4")


def write_grid(path: Path, grid: AreaGrid, areas_sha256: str) -> None:
    """Write a grid, all at once.

    Parameters
    ----------
    path : Path
        The file to make or to replace.
    grid : AreaGrid
        The grid.
    areas_sha256 : str
        What the areas are known by.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    arrays = (grid.blocks.astype(_CELLS), grid.cells.astype(_CELLS), grid.words.astype(_SIZES))
    sizes = np.array([*grid.squares, *(len(array) for array in arrays)], dtype=_SIZES)
    content = [array.data.cast("B") for array in (sizes, *arrays) if len(array)]
    sha256 = hashlib.sha256()
    for piece in content:
        sha256.update(piece)
    with file_at_once(path) as fresh, fresh.open("wb") as file:
        file.write(_TITLE + f"{areas_sha256}\n{sha256.hexdigest()}\n".encode())
        file.writelines(content)


def read_grid(path: Path, areas_sha256: str) -> AreaGrid | None:
    """Read a grid, when the file is whole, of this version and of these areas.

    Parameters
    ----------
    path : Path
        The file.
    areas_sha256 : str
        What the areas are known by.

    Returns
    -------
    AreaGrid or None
        None when the file is anything else, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
            # Before the rest, which is long: most files that do not fit are of other areas.
            if not header.startswith(_TITLE + areas_sha256.encode() + b"\n"):
                return None
            content = file.read()
    except OSError:
        return None
    if header[-65:] != hashlib.sha256(content).hexdigest().encode() + b"\n":
        return None
    # From here on it is what we wrote.
    *squares, n_blocks, n_cells, n_words = np.frombuffer(content, _SIZES, 8).tolist()
    at = 8 * _SIZES.itemsize
    blocks = np.frombuffer(content, _CELLS, int(n_blocks), at)
    at += blocks.nbytes
    cells = np.frombuffer(content, _CELLS, int(n_cells), at)
    words = np.frombuffer(content, _SIZES, int(n_words), at + cells.nbytes)
    side_m, *counts = squares
    return AreaGrid(Squares(side_m, *(int(count) for count in counts)), blocks, cells, words)
