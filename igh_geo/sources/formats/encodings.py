"""Encodings of text files: which one a file has, and its content as UTF-8, piece by piece."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

# UTF-32 first: its mark in little-endian order begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# The code pages of Windows, of old DOS programs and of old Macs, the likeliest first.
_CODE_PAGES = ("cp1252", "cp850", "mac_roman")
# What Western text seldom holds: signs no keyboard has, a capital after a small letter, a sign
# between letters or an opening quote after one. Read by the wrong code page, letters become those.
_LETTERS = "À-ÖØ-öø-ÿŠšŽžŒœŸ"
_UNUSUAL = re.compile(
    rf"[^\x00-\x7f{_LETTERS}€–—‘’“”•…°²³½¼¾§©®™±×÷µ·«»¤\u00a0´£]"
    r"|(?<=[a-zà-öø-ÿšžœ])[À-ÖØ-ÞŠŽŒŸ]"
    r"|(?<=[^\W\d_])[“”•…€£÷×´\u00a0](?=[^\W\d_])"
    r"|(?<=[^\W\d_])‘"
)

# A codec of our own: UTF-8 into which lines of a Windows program were pasted.
MIXED = "utf-8-or-cp1252"

_PIECE = 1 << 20
# Lines with letters outside ASCII that decide; more do not change the answer.
_ENOUGH_ODD_LINES = 4000
# One in so many of them in UTF-8 is a good part.
_SHARE_UTF8 = 4


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


class _MixedDecoder(codecs.BufferedIncrementalDecoder):
    def _buffer_decode(self, input: bytes, errors: str, final: bool) -> tuple[str, int]:  # type: ignore[override]  # noqa: A002, ARG002
        return codecs.utf_8_decode(input, MIXED, final)


def _mixed_codec(name: str) -> codecs.CodecInfo | None:
    # Python looks codecs up in lower case, with hyphens or, from 3.9 on, underscores.
    if name.replace("_", "-") != MIXED:
        return None
    return codecs.CodecInfo(
        name=MIXED,
        encode=codecs.utf_8_encode,
        decode=lambda content, _errors="strict": codecs.utf_8_decode(content, MIXED, True),
        incrementaldecoder=_MixedDecoder,
        incrementalencoder=codecs.getincrementalencoder("utf-8"),
    )


codecs.register_error(MIXED, _as_windows)
codecs.register(_mixed_codec)


def recognise_encoding(content: bytes) -> str:
    """Name of the encoding of a text: by its mark, else UTF-8 if valid, else a code page.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    str
        Name of a codec, or `MIXED` when a good part of the lines with accents is UTF-8, and the
        others are not.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    # Western text in UTF-16 has a zero in every other byte; which one tells the byte order.
    # Zeros in both places are damage, not an encoding.
    head = content[:2000]
    n_even, n_odd = head[::2].count(0), head[1::2].count(0)
    if max(n_even, n_odd) > len(head) // 4 and min(n_even, n_odd) < len(head) // 20:
        return "utf-16-le" if n_odd > n_even else "utf-16-be"
    if decodes(content, "utf-8"):
        return "utf-8"
    odd = _odd_lines(content)
    # Accents of a code page hardly ever happen to be UTF-8 as well.
    if sum(decodes(line, "utf-8") for line in odd) * _SHARE_UTF8 >= len(odd):
        return MIXED
    sample = b"\n".join(odd)
    pages = [page for page in _CODE_PAGES if decodes(content, page)]
    return min(pages, key=lambda page: len(_UNUSUAL.findall(sample.decode(page))))


def decodes(content: bytes, encoding: str) -> bool:
    """Whether a text can be read in an encoding, without ever holding it decoded as a whole."""
    try:
        for _ in decoded(content, encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def decoded(content: bytes, encoding: str, *, size: int = _PIECE) -> Iterator[str]:
    """Yield a text piece by piece.

    Parameters
    ----------
    content : bytes
        The whole file.
    encoding : str
        As `recognise_encoding` names it.
    size : int
        Bytes that are decoded at a time.

    Yields
    ------
    str
        Consecutive parts, without the byte order mark.

    Raises
    ------
    UnicodeDecodeError
        When the content is not in that encoding, or is cut off within a letter.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), size):
        yield decoder.decode(content[start : start + size])
    yield decoder.decode(b"", final=True)


def as_utf8(content: bytes, encoding: str, *, size: int = _PIECE) -> Iterator[bytes]:
    """Yield a text piece by piece in UTF-8; parameters and errors as of `decoded`."""
    if encoding in ("utf-8", "utf-8-sig"):
        start = len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0
        for place in range(start, len(content), size):
            yield content[place : place + size]
        return
    for piece in decoded(content, encoding, size=size):
        if piece:
            yield piece.encode("utf-8")


def _odd_lines(content: bytes) -> list[bytes]:
    """Lines that hold something else than ASCII: the first so many, without reading the rest."""
    odd: list[bytes] = []
    left = b""
    for start in range(0, len(content), _PIECE):
        piece = left + content[start : start + _PIECE]
        lines = piece.split(b"\n")
        left = lines.pop()
        if not piece.isascii():
            odd += [line for line in lines if not line.isascii()]
        if len(odd) >= _ENOUGH_ODD_LINES:
            return odd
    return odd if left.isascii() else [*odd, left]
