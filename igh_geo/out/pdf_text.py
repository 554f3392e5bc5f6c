"""The text of a PDF that we set ourselves: what its pages say, and what is noted beside them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_OBJECT = re.compile(rb"(\d+) \d+ obj\b(.*?)\bendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_REFERENCE = rb"\s*(\d+) \d+ R"
_FONT = re.compile(rb"/([^\s/<>\[\]()]+)" + _REFERENCE)
_CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
# A choice of font, a string in either way to write one, the end of a block of marked content,
# and the end of a line.
_PART = re.compile(
    rb"/(?P<font>[^\s/<>\[\]()]+)\s+[\d.]+\s+Tf"
    rb"|\((?P<text>(?:[^()\\]|\\.)*)\)"
    rb"|(?<!<)<(?P<hex>[0-9A-Fa-f\s]+)>(?!>)"
    rb"|\b(?P<end>EMC)\b|\b(?P<line>ET)\b",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

Letters = dict[int, str]


@dataclass(frozen=True)
class _Part:
    """An object of the file: its dictionary, and its stream unpacked."""

    head: bytes
    stream: bytes


def text_of_pdf(raw: bytes) -> Iterator[str]:
    """Pieces of text of a PDF.

    Parameters
    ----------
    raw : bytes
        The file. Streams are plain or Flate, objects stand by themselves or in object streams,
        and fonts tell their letters (ToUnicode), as PDF/UA asks (ISO 32000-1, 7.3 to 7.5, 9.10).

    Yields
    ------
    str
        What each block of marked content says, every string of an object (titles, bookmarks,
        alternatives of figures), and all other streams that can be read as text.

    Raises
    ------
    ValueError
        When it is no PDF, or is encrypted and so cannot be looked into.
    """
    if not raw.startswith(b"%PDF-"):
        raise ValueError("no PDF")
    parts = _parts(raw)
    if b"/Encrypt" in raw[raw.rfind(b"trailer") :] or any(
        b"/Type/XRef" in p.head and b"/Encrypt" in p.head for p in parts.values()
    ):
        raise ValueError("an encrypted PDF")
    said = set()
    for part in parts.values():
        yield from _strings(part.head)
        if b"/Contents" in part.head:
            fonts = _fonts(part, parts)
            for number in _numbers_of(b"/Contents", part.head):
                said.add(number)
                yield from _said(parts[number].stream, fonts)
        elif re.search(rb"/Subtype\s*/Form\b", part.head):
            yield from _said(part.stream, _fonts(part, parts))
    for number, part in parts.items():
        if number not in said and _is_text(part.stream):
            yield part.stream.decode("utf-8", "replace")


def _parts(raw: bytes) -> dict[int, _Part]:
    found: dict[int, _Part] = {}
    for match in _OBJECT.finditer(raw):
        found[int(match[1])] = _part(match[2])
    for part in list(found.values()):
        if re.search(rb"/Type\s*/ObjStm\b", part.head):
            found |= _packed(part)
    return found


def _part(body: bytes) -> _Part:
    stream = _STREAM.search(body)
    if stream is None:
        return _Part(body, b"")
    head, content = body[: stream.start()], stream[1]
    if b"FlateDecode" in head:
        content = zlib.decompressobj().decompress(content)
    return _Part(head, content)


def _packed(part: _Part) -> dict[int, _Part]:
    """Objects that stand together in one stream."""
    first = re.search(rb"/First\s+(\d+)", part.head)
    if first is None:
        return {}
    start = int(first[1])
    numbers = [int(one) for one in part.stream[:start].split()]
    places = [*numbers[1::2], len(part.stream) - start]
    return {
        number: _Part(part.stream[start + at : start + end], b"")
        for number, at, end in zip(numbers[0::2], places, places[1:], strict=False)
    }


def _numbers_of(key: bytes, head: bytes) -> list[int]:
    """Numbers of the objects that a key refers to: one, or a list."""
    found = re.search(key + rb"\s*(?:\[([^\]]*)\]|(\d+) \d+ R)", head)
    if found is None:
        return []
    if found[2] is not None:
        return [int(found[2])]
    return [int(number) for number in re.findall(rb"(\d+) \d+ R", found[1])]


def _fonts(part: _Part, parts: dict[int, _Part]) -> dict[bytes, Letters]:
    """The letters of each font of a page, by the name the page gives it."""
    held = part.head
    for key in (b"/Resources", b"/Font"):
        for number in _numbers_of(key, held):
            held += parts[number].head
    at = held.find(b"/Font<<") if b"/Font<<" in held else held.find(b"/Font")
    fonts = {}
    for name, number in _FONT.findall(held[at:]):
        font = parts.get(int(number))
        if font is None:
            continue
        for told in _numbers_of(b"/ToUnicode", font.head):
            fonts[name] = _letters(parts[told].stream)
    return fonts


def _letters(cmap: bytes) -> Letters:
    letters: Letters = {}
    for block in _CHARACTERS.findall(cmap):
        codes = _HEX.findall(block)
        letters |= {int(a, 16): _utf16(b) for a, b in zip(codes[0::2], codes[1::2], strict=False)}
    for block in _RANGES.findall(cmap):
        for line in re.findall(rb"<(\w+)>\s*<(\w+)>\s*(<\w+>|\[[^\]]*\])", block):
            first, last, given = int(line[0], 16), int(line[1], 16), _HEX.findall(line[2])
            if line[2].startswith(b"["):
                letters |= {first + n: _utf16(one) for n, one in enumerate(given)}
                continue
            start = int(given[0], 16)
            letters |= {first + n: chr(start + n) for n in range(last - first + 1)}
    return letters


def _utf16(code: bytes) -> str:
    return bytes.fromhex(code.decode("ascii")).decode("utf-16-be", "replace")


def _said(stream: bytes, fonts: dict[bytes, Letters]) -> Iterator[str]:
    """What a page says, a block of marked content each; its lines joined by a blank."""
    letters: Letters = {}
    line: list[str] = []
    for part in _PART.finditer(stream):
        if part["font"] is not None:
            letters = fonts.get(part["font"], {})
        elif part["text"] is not None or part["hex"] is not None:
            code = _bytes_of(part)
            if letters:
                pairs = zip(code[0::2], code[1::2], strict=False)
                line.append("".join(letters.get(a << 8 | b, "") for a, b in pairs))
            else:
                line.append(code.decode("latin-1"))
        elif part["line"] is not None:
            line.append(" ")
        else:
            yield "".join(line)
            line = []
    yield "".join(line)


def _strings(head: bytes) -> Iterator[str]:
    for part in re.finditer(
        rb"\((?P<text>(?:[^()\\]|\\.)*)\)|(?<!<)<(?P<hex>[0-9A-Fa-f\s]+)>(?!>)", head, re.DOTALL
    ):
        code = _bytes_of(part)
        is_wide = code.startswith(b"\xfe\xff")
        yield code[2:].decode("utf-16-be", "replace") if is_wide else code.decode("latin-1")


def _bytes_of(part: re.Match[bytes]) -> bytes:
    if part["hex"] is not None:
        digits = re.sub(rb"\s", b"", part["hex"]).decode("ascii")
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    return _ESCAPE.sub(_sign, part["text"])


def _sign(found: re.Match[bytes]) -> bytes:
    told = found[1]
    if told[:1].isdigit():
        return bytes([int(told, 8) & 255])
    return _SIGNS.get(told, b"" if told.strip() == b"" else told)


def _is_text(stream: bytes) -> bool:
    """Whether a stream may be read: a record of the document, no letters of a font or picture."""
    start = stream[:1000]
    return bool(start) and sum(sign < 9 or 13 < sign < 32 for sign in start) * 50 < len(start)
