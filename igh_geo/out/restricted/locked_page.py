"""A page inside a page: what it shows is encrypted, and the browser opens it with a passphrase."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import os
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from igh_geo.out.map.offline import fill

# OWASP's password storage advice asks for 600,000; a locked-down PC takes about a second for this.
ITERATIONS = 1_000_000
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_ASSETS = resources.files("igh_geo.out.restricted") / "assets"


@dataclass(frozen=True)
class Front:
    """What the outside of a locked page shows.

    Attributes
    ----------
    language : {"nl", "en"}
    words : dict of str to str
        Section ``restricted.page`` of the texts.
    audience : str
        For whom the page is.
    destroy_by : str
        By when it must be destroyed, as a sentence; may be empty.
    """

    language: str
    words: dict[str, str]
    audience: str
    destroy_by: str


def lock_page(page: str, *, passphrase: str, front: Front) -> str:
    """Put a page inside one that shows nothing of it until the passphrase is given.

    Parameters
    ----------
    page : str
        A complete HTML page with a Content-Security-Policy of its own.
    passphrase : str
    front : Front

    Returns
    -------
    str
        An HTML page: gzip, then AES-256-GCM, with a key from PBKDF2-HMAC-SHA256. Salt and nonce
        are fresh, so that no two results are the same.

    Raises
    ------
    ValueError
        When the page has no policy: the page around it could then not forbid what it forbids.

    Notes
    -----
    The outer page writes the inner one over itself, so that address, printing and search stay
    what they are. The browser then holds it to both policies: its own, by hash, and that of the
    outer page, which knows the inner scripts by a nonce that the outer page adds. Their hashes on
    the outside would tell what is inside to whoever has a guess.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    mark = base64.b64encode(os.urandom(16)).decode("ascii")
    facts = {
        "iterations": ITERATIONS,
        "salt": base64.b64encode(salt).decode("ascii"),
        "nonce": base64.b64encode(nonce).decode("ascii"),
        "mark": mark,
    }
    header = json.dumps(facts, separators=(",", ":"))
    packed = gzip.compress(page.encode("utf-8"), mtime=0)
    key = hashlib.pbkdf2_hmac(
        "sha256", passphrase.encode("utf-8"), salt, ITERATIONS, dklen=KEY_BYTES
    )
    locked = AESGCM(key).encrypt(nonce, packed, header.encode("utf-8"))
    words = {name: html.escape(text) for name, text in front.words.items()}
    outer = fill(
        _asset("locked.html"),
        words
        | {
            "language": front.language,
            "audience": html.escape(front.audience),
            "destroy_by": html.escape(front.destroy_by),
            "policy": _policy(page, mark),
            "style": _asset("locked.css"),
            "script": _asset("locked.js"),
            "header": header,
        },
    )
    # Last, and not by `fill`: what is filled in is megabytes long and has no placeholders.
    return outer.replace("((locked))", base64.b64encode(locked).decode("ascii"), 1)


def _policy(page: str, mark: str) -> str:
    """Whatever the inner page is allowed, and the parts of the outer one."""
    found = _POLICY.search(page)
    if found is None:
        raise ValueError("a page that is locked needs a Content-Security-Policy of its own")
    allowed = {}
    for directive in html.unescape(found[1]).split(";"):
        name, _, sources = directive.strip().partition(" ")
        if name:
            allowed[name] = sources.strip()
    allowed["script-src"] = _sources(_asset("locked.js"), mark, is_used="script-src" in allowed)
    # Beside a hash, 'unsafe-inline' means nothing; the briefing has styles on its elements.
    if "'unsafe-inline'" not in allowed.get("style-src", ""):
        allowed["style-src"] = _sources(_asset("locked.css"), mark, is_used="style-src" in allowed)
    return html.escape("; ".join(f"{name} {sources}" for name, sources in allowed.items()))


def _sources(own: str, mark: str, *, is_used: bool) -> str:
    digest = base64.b64encode(hashlib.sha256(own.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'" + f" 'nonce-{mark}'" * is_used


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
