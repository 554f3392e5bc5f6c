"""One file that asks nothing of any network: everything inside, and the browser told so."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

LEAFLET_PACKAGE = "django-js-lib-leaflet"
_LEAFLET_FOLDER = "js_lib_leaflet/static/js_lib_leaflet"

_ASSETS = resources.files("igh_geo.out.map") / "assets"
SCRIPTS = (
    "data.js",
    "format.js",
    "symbols.js",
    "sheet.js",
    "labels.js",
    "around.js",
    "background.js",
    "legend.js",
    "area.js",
    "charts.js",
    "course.js",
    "parts.js",
    "buildings.js",
    "search.js",
    "print.js",
    "start.js",
)


@cache
def leaflet(name: str) -> str:
    """A file of Leaflet (``leaflet.js``, ``leaflet.css``) from the installed package."""
    distribution = metadata.distribution(LEAFLET_PACKAGE)
    path = distribution.locate_file(f"{_LEAFLET_FOLDER}/{name}")
    # Line ends as a browser reads them, because the policy goes by the hash of what it reads.
    return Path(str(path)).read_text(encoding="utf-8")


@cache
def leaflet_licence() -> str:
    """Text of the licence of Leaflet, which has to go wherever Leaflet goes."""
    text = metadata.distribution(LEAFLET_PACKAGE).read_text("LICENSE")
    return (text or "").strip()


@cache
def asset(name: str) -> str:
    """One of our own files for the page."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def styles() -> str:
    """All style sheets; Leaflet's images are for controls and markers that we do not use."""
    from_leaflet = re.sub(r"url\([^)]*\)", "none", leaflet("leaflet.css"))
    return f"{from_leaflet}\n{asset('page.css')}\n{asset('course.css')}"


def library() -> str:
    """Leaflet with its licence; the reference to a source map would be a request."""
    code = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", leaflet("leaflet.js"))
    return f"/*\n{leaflet_licence()}\n*/\n{_safe_in_script(code)}"


def own_scripts() -> str:
    """Our scripts, one after the other, in one scope of their own."""
    parts = [f"// {name}\n{asset(name).strip()}" for name in SCRIPTS]
    body = "\n\n".join(parts)
    return _safe_in_script(f'(function () {{\n"use strict";\n{body}\n}})();')


def as_json(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """JSON that stays data inside HTML, inside a script and inside a template.

    ``<`` cannot end the element it stands in, U+2028 and U+2029 cannot end a line of script, and
    the opening marks of Jinja, which folium evaluates again, are broken up. All of these occur
    only within JSON's own strings, so the data is unchanged when it is read back.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return re.sub(r"\{([{%#])", lambda found: f"{{\\u{ord(found[1]):04x}", text)


def with_policy(page: str, *, pictures: str | None = None) -> str:
    """Put a Content-Security-Policy in the page that allows its own parts and no request.

    Scripts and styles are allowed by their hash, so that nothing that slips in through data
    can run, not even inline.

    Parameters
    ----------
    page : str
        The whole page.
    pictures : str, optional
        The one host (``https://...``) that may be asked for pictures, and for nothing else.
    """
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    sheets = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_source, scripts))}",
            f"style-src {' '.join(map(_source, sheets))}",
            *([f"img-src {pictures}"] if pictures else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page.replace("<head>", f"<head>\n{tag}", 1)


def fill(page: str, values: dict[str, str]) -> str:
    """Replace each ``[[name]]``; what is filled in is never looked at again.

    Data reaches the page here, after folium has rendered its templates, and in one pass, so
    that a value which looks like a placeholder or a template stays the text it is.
    """
    return re.sub(r"\[\[(\w+)\]\]", lambda found: values[found[1]], page)


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _safe_in_script(code: str) -> str:
    return code.replace("</script", "<\\/script")
