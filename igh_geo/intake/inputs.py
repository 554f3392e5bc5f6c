"""Where the inputs of a lens are, and which of them a run has read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from igh_geo.sources.store.database import FILE as STORE


@dataclass
class Inputs:
    """Finds the inputs of a lens, and remembers them for the manifest.

    Parameters
    ----------
    data : Path
        Folder to which the paths in a lens are relative.
    store : Path, optional
        The store of `igh-geo load`; ``igh.duckdb`` in the folder by default.
    key : str, optional
        Key of the store.

    Attributes
    ----------
    files : dict of str to Path
        Files read, by the name the lens gives them.
    """

    data: Path
    store: Path | None = None
    key: str | None = field(default=None, repr=False)
    files: dict[str, Path] = field(default_factory=dict)

    def locate(self, name: str) -> Path:
        """Path of an input by its name in the lens."""
        # A lens written on Windows may say boundaries\buurten.gpkg.
        self.files[name] = self.data / name.replace("\\", "/")
        return self.files[name]

    @property
    def index_folder(self) -> Path:
        """Folder of what is kept to find areas quickly; it may be removed at any time."""
        return self.data / "boundaries" / ".index"

    @property
    def store_path(self) -> Path:
        """Path of the store."""
        return self.store or self.data / STORE
