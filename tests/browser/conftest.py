from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Visit:
    """An opened page, with all it asked for and all it complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    contexts = []

    def open_page(
        file: Path,
        *,
        size: tuple[int, int] = (1366, 768),
        address: str = "",
        has_script: bool = True,
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, locale="en-US"
        )
        contexts.append(context)
        visited = Visit(context.new_page())
        visited.page.on("request", lambda request: visited.requests.append(request.url))
        visited.page.on("console", lambda message: visited.complaints.append(message.text))
        visited.page.on("pageerror", lambda error: visited.complaints.append(str(error)))
        visited.page.goto(file.as_uri() + address)
        if has_script:
            visited.page.wait_for_function("window.igh_ready === true")
        return visited

    yield open_page
    for context in contexts:
        context.close()
