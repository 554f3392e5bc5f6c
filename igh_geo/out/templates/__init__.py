"""Templates and style sheets of the pages, which are filled with data as variables only."""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup


def environment() -> Environment:
    """Templates of the pages, which escape every value that is not marked as drawn here."""
    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def asset(name: str) -> Markup:
    """A style sheet of ours, to be put inside a page."""
    folder = resources.files("igh_geo.out") / "assets"
    return Markup((folder / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file


def _template(name: str) -> str:
    return (resources.files("igh_geo.out") / "templates" / name).read_text(encoding="utf-8")
