"""The marks of a result on every page that is printed: of HTML, and of a workbook."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from igh_geo.policy.imprint import page_marks
from igh_geo.policy.publication import Publication
from igh_geo.texts import Texts

# Excel refuses longer ones; the font before it, and the number of the page after it, count too.
LONGEST_HEADER = 200


def running_style(publication: Publication, texts: Texts) -> str:
    """CSS that prints the marks in the lower margin of every page.

    Parameters
    ----------
    publication : Publication
    texts : Texts

    Returns
    -------
    str
        A rule for ``@page``: what stands in the page itself is printed on one page only. Every
        sign but letters and digits of ASCII is escaped, so that no text ends the rule.
    """
    said = _joined(page_marks(publication, texts))
    escaped = re.sub(r"[^A-Za-z0-9]", lambda found: f"\\{ord(found[0]):06x} ", said)
    font = "font: 6.5pt Arial, 'Liberation Sans', sans-serif"
    return f'@page {{ @bottom-center {{ content: "{escaped}"; {font}; color: #333; }} }}\n'


def mark_sheets(file: Any, publication: Publication, texts: Texts) -> None:  # noqa: ANN401
    """Print the marks above every page of every sheet, and the number of the page below.

    Parameters
    ----------
    file : xlsxwriter.Workbook
        With all its sheets.
    publication : Publication
    texts : Texts
    """
    said = _joined(page_marks(publication, texts))[:LONGEST_HEADER]
    # An ampersand begins a code, and the space keeps a first digit from being a size of letters.
    header = f"&L&8 {said.replace('&', '&&')}"
    for sheet in file.worksheets():
        sheet.set_header(header)
        sheet.set_footer("&R&8 &P / &N")


def _joined(marks: Sequence[str]) -> str:
    return " · ".join(marks)
