"""Signs that nobody sees: in the values of a file, and in what is said about it."""

from __future__ import annotations

import re

# First and last of those that steer, mark or fill and show nothing: controls that are no blanks,
# the soft hyphen, marks of direction, zero-width signs, byte order marks, tags.
_RANGES = (
    *("\0\x08", "\x0e\x1b", "\x7f\x84", "\x86\x9f", "\u00ad\u00ad", "\u061c\u061c"),
    *("\u180e\u180e", "\u200b\u200b", "\u200e\u200f", "\u202a\u202e", "\u2060\u206f"),
    *("\ufeff\ufeff", "\ufff9\ufffb", "\U000e0000\U000e007f"),
)
# These hold an emoji or a Persian word together; next to a Latin letter or a digit they only came
# along with a copy.
_JOINERS = "\u200c\u200d"
# Blanks of another width, or that do not break: in a number, a date or a word they mean the same.
_WIDE_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f"

_HIDDEN = "".join("-".join(ends) for ends in _RANGES)
# What may be in the way, between brackets, for Python and Arrow alike.
IN_THE_WAY = f"[{_HIDDEN}{_JOINERS}{_WIDE_BLANKS}]"
# The first bytes of those in UTF-8, controls aside.
FIRST_BYTES = bytes(range(32)) + b"\x7f" + bytes((0xC2, 0xD8, 0xE1, 0xE2, 0xEF, 0xF3))

_SIGNS = "".join(chr(n) for ends in _RANGES for n in range(ord(ends[0]), ord(ends[-1]) + 1))
_EMPTY = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace()) + _SIGNS + _JOINERS
_NEAR = f"\\x00-\\u02ff{_HIDDEN}"
_REMOVED = re.compile(
    f"[{_HIDDEN}]|(?:(?<=[{_NEAR}])|^)[{_JOINERS}]+|[{_JOINERS}]+(?=[{_NEAR}]|\\Z)"
)
_WIDE = re.compile(f"[{_WIDE_BLANKS}]")
# Signs that turn the direction of the text around them, or mark one.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# All controls but the end of a line, and what turns the direction of the text.
_STEERING = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def bare(text: str) -> str:
    """Text without outer blanks and hidden signs, its blanks ordinary ones."""
    return _WIDE.sub(" ", _REMOVED.sub("", text)).strip()


def is_blank(text: str) -> bool:
    """Whether there is nothing to see."""
    # Nearly all text ends at the first test.
    return not text.strip(_EMPTY) and not bare(text)


def harmless(text: str) -> str:
    """Text for a terminal: no sign in it moves the cursor, colours or turns the text around."""
    return _STEERING.sub(" ", text)


def upright(text: str) -> str:
    """Text of which no sign turns the direction of what stands around it.

    A name in Arabic or Hebrew is still read from right to left: that is in its letters.
    """
    return _TURNING.sub("", text)
