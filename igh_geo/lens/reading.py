"""Reading a lens, and saying all that is wrong with it at once."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from igh_geo.errors import LensError, Problem, raise_all
from igh_geo.lens.model import Lens
from igh_geo.lens.part import Part


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
