"""What is drawn upon: a canvas of matplotlib in points, kept as vectors."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from igh_geo.crs import FloatArray
from igh_geo.out.paper.letters import CAPITAL_HEIGHT, outline
from igh_geo.out.paper.patterns import marks_over

if TYPE_CHECKING:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

PT_PER_INCH = 72
# Ids in the file follow from what is drawn, and this word.
SALT = "igh_geo"
NO_EDGE: dict[str, Any] = {"edgecolor": "none", "linewidth": 0}
# Codes of matplotlib.path.Path, which is imported only where something is drawn.
MOVE, DRAW, CLOSE = 1, 2, 79

Shapes = npt.NDArray[np.object_]


class Canvas:
    """A sheet of a given size; what is drawn later lies on top.

    Parameters
    ----------
    width_pt, height_pt : float
        Size in points; coordinates run from the lower left corner.
    """

    def __init__(self, width_pt: float, height_pt: float) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        size = (width_pt / PT_PER_INCH, height_pt / PT_PER_INCH)
        # No axes: they would look at every corner of what is drawn, to find limits that we have.
        self._figure = Figure(figsize=size, facecolor="none")
        self._in_points = Affine2D().scale(1 / PT_PER_INCH) + self._figure.dpi_scale_trans

    def fill(self, path: Path, colour: str, *, opacity: float = 1.0) -> None:
        """Fill a path."""
        self._add(path, NO_EDGE | {"facecolor": colour, "alpha": opacity})

    def mark(self, shapes: Shapes, mark: str, *, ink: str) -> None:
        """Draw a mark (one of ``marks.MARKS``) all over shapes."""
        drawn = self._add(of_outlines(marks_over(mark, shapes)), NO_EDGE | {"facecolor": ink})
        drawn.set_clip_path(of_shapes(shapes), self._in_points)

    def stroke(
        self,
        path: Path,
        colour: str,
        width_pt: float,
        *,
        dashes: Sequence[float] = (),
        opacity: float = 1.0,
        within: Path | None = None,
    ) -> None:
        """Draw a path as a line, only inside another path where one is given."""
        # Matplotlib counts dashes in widths of the line.
        style: Any = (0, tuple(length / width_pt for length in dashes)) if dashes else "solid"
        drawn = self._add(
            path,
            {
                "facecolor": "none",
                "edgecolor": colour,
                "linewidth": width_pt,
                "linestyle": style,
                "alpha": opacity,
                "joinstyle": "round",
                "capstyle": "butt",
            },
        )
        if within is not None:
            drawn.set_clip_path(within, self._in_points)

    def write(
        self,
        text: str,
        place: tuple[float, float],
        size_pt: float,
        *,
        colour: str,
        halo: str = "",
        bold: bool = False,
    ) -> None:
        """Write a line of text around its middle.

        Parameters
        ----------
        text : str
        place : tuple of float
            The middle.
        size_pt : float
        colour : str
        halo : str
            Colour of an edge that keeps it legible on any fill; by default none.
        bold : bool
        """
        from matplotlib.path import Path

        corners, codes = outline(text, bold=bold)
        if not len(corners):
            return
        middle = (corners[:, 0].min() + corners[:, 0].max()) / 2
        moved = (corners - [middle, CAPITAL_HEIGHT / 2]) * size_pt + np.asarray(place)
        path = Path(np.round(moved, 2), codes)
        if halo:
            self.stroke(path, halo, size_pt / 3.2)
        self.fill(path, colour)

    def svg(self) -> str:
        """The canvas as SVG: without a date, and with ids that are always the same."""
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        written = io.BytesIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        with mpl.rc_context({"svg.hashsalt": SALT, "path.simplify": False}):
            canvas: Any = FigureCanvasSVG(self._figure)
            canvas.print_svg(written, metadata=nothing)
        return written.getvalue().decode("utf-8")

    def _add(self, path: Path, look: Mapping[str, Any]) -> PathPatch:
        import matplotlib as mpl
        from matplotlib.patches import PathPatch

        # Whatever a user set for plots of their own.
        with mpl.rc_context({"lines.scale_dashes": True, "path.sketch": None, "path.effects": []}):
            drawn = PathPatch(path, transform=self._in_points, **look)
        # Everything is drawn in the order in which it comes.
        drawn.set_zorder(len(self._figure.artists))
        self._figure.add_artist(drawn)
        return drawn


def of_shapes(shapes: Shapes | Iterable[shapely.Geometry]) -> Path:
    """One path of all polygons, outer rings one way and holes the other; or of all lines."""
    parts = shapely.get_parts(np.asarray(list(shapes), dtype=object))
    kinds = shapely.get_type_id(parts)
    polygons = shapely.orient_polygons(parts[kinds == shapely.GeometryType.POLYGON])
    lines = parts[kinds == shapely.GeometryType.LINESTRING]
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygons)]
    return of_outlines(rings, [shapely.get_coordinates(line) for line in lines])


def of_outlines(closed: Sequence[FloatArray], lines: Sequence[FloatArray] = ()) -> Path:
    """One path of closed outlines and of lines, each with its corners."""
    from matplotlib.path import Path

    # Matplotlib's own mark for the end of a ring takes a corner that it does not look at.
    corners = [np.vstack([ring, ring[:1]]) for ring in closed] + list(lines)
    kinds = [[MOVE, *[DRAW] * (len(ring) - 1), CLOSE] for ring in closed]
    kinds += [[MOVE, *[DRAW] * (len(line) - 1)] for line in lines]
    if not corners:
        return Path(np.empty((0, 2)))
    return Path(np.vstack(corners), np.concatenate(kinds))
