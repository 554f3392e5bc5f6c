"""Open-data services on loopback, that answer as the real ones do, their faults included."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from igh_geo.sources.services.web import Patience, Web

Reply = tuple[int, dict[str, str], bytes]
Record = dict[str, Any]

HURRY = Patience(attempts=4, timeout_s=1.0, first_wait_s=0.01, longest_wait_s=2.0)


def as_json(body: Any, status: int = 200, **headers: str) -> Reply:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()


@dataclass
class Services:
    """All services on one port; ``faults`` are given, in their order, in place of answers."""

    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    faults: list[Callable[[], Reply | str] | None] = field(default_factory=list)
    # Collections of OGC APIs and WFS by the last part of their path, tables of OData by number.
    features: dict[str, list[Record]] = field(default_factory=dict)
    tables: dict[str, dict[str, list[Record]]] = field(default_factory=dict)
    places: list[Record] = field(default_factory=list)
    has_count: bool = False
    stops_at: int | None = None
    ignores_filter: bool = False
    changes_after: int | None = None
    most_odata_rows: int = 10_000
    odata_page: int = 100_000
    counts_odata: bool = True
    years: tuple[str, ...] = ("2024", "2025", "2019")

    def answer(self, path: str, params: dict[str, str]) -> Reply:
        if "/ogc/" in path:
            return self._ogc(path, params)
        if "/wfs/" in path:
            return self._wfs(path, params)
        if "/odata" in path.lower():
            return self._odata(path, params)
        if "locatieserver" in path:
            return self._locatieserver(params)
        return as_json({"title": "Not Found"}, 404)

    def pages_of(self, ending: str) -> list[dict[str, str]]:
        """Parameters of every question to an address that ends so."""
        return [params for path, params in self.asked if path.endswith(ending)]

    def _year_exists(self, path: str) -> bool:
        told = re.search(r"20\d\d", path)
        return told is None or told.group() in self.years

    def _ogc(self, path: str, params: dict[str, str]) -> Reply:
        kind = path.split("/collections/")[1].split("/")[0]
        if not self._year_exists(path) or kind not in self.features:
            return as_json({"title": "Not Found", "detail": "no such collection"}, 404)
        found = self._fitting(kind, params)
        limit = int(params.get("limit", 10))
        # Cursors of this service hold the filters and the place.
        start = int(params.get("cursor", "0"))
        page = found[start : start + limit]
        links = [{"rel": "self", "href": f"{self.url}{path}"}]
        is_stopped = self.stops_at is not None and start + limit >= self.stops_at
        if start + limit < len(found) and not (is_stopped and limit == self.stops_at):
            following = urlencode({**params, "cursor": str(start + limit)})
            # The real host stands in the links, also of a mirror.
            links.append({"rel": "next", "href": f"https://api.pdok.nl{path}?{following}"})
        body: Record = {
            "type": "FeatureCollection",
            "timeStamp": f"2026-11-22T00:00:{len(self.asked) % 60:02}Z",
            "links": links,
            "features": page,
            "numberReturned": len(page),
        }
        if self.has_count:
            body["numberMatched"] = len(found)
        return as_json(body, ETag=f'"{kind}-{start}"')

    def _fitting(self, kind: str, params: dict[str, str]) -> list[Record]:
        found = list(self.features[kind])
        if self.changes_after is not None and len(self.asked) > self.changes_after:
            found = found[1:]
        if self.ignores_filter:
            return found
        if "bbox" in params:
            x1, y1, x2, y2 = map(float, params["bbox"].split(","))
            found = [f for f in found if _touches(f, x1, y1, x2, y2)]
        for name in ("gemeentecode", "gemeentenaam"):
            if name in params:
                found = [f for f in found if f["properties"][name] == params[name]]
        return found

    def _wfs(self, path: str, params: dict[str, str]) -> Reply:
        if not self._year_exists(path):
            return 404, {"Content-Type": "text/plain"}, b"no such service"
        found = list(self.features[params["typeNames"].split(":")[1]])
        for name, value in re.findall(
            r"<ValueReference>(\w+)</ValueReference><Literal>(.*?)</Literal>",
            params.get("filter", ""),
        ):
            found = [f for f in found if f["properties"][name] == value]
        start, count = int(params.get("startIndex", 0)), min(int(params["count"]), 1000)
        page = [{k: v for k, v in f.items() if k != "id"} for f in found[start : start + count]]
        body: Record = {"type": "FeatureCollection", "features": page}
        if self.has_count:
            body["numberMatched"] = len(found)
        return as_json(body)

    def _odata(self, path: str, params: dict[str, str]) -> Reply:
        is_v3 = "/ODataApi/" in path
        steps = [step for step in path.split("/") if step]
        table = next((step for step in steps if step in self.tables), None)
        version = "v3" if is_v3 else "v4"
        if table is None or version not in self.tables[table]["versions"][0]:
            return as_json({"error": {"message": f"{path} not found"}}, 404)
        name = steps[steps.index(table) + 1]
        rows = list(self.tables[table][name])
        condition = params.get("$filter")
        if condition and not self.ignores_filter:
            rows = [row for row in rows if meets(row, condition)]
        if steps[-1] == "$count":
            if not self.counts_odata:
                return as_json({"error": {"message": "not supported"}}, 400)
            return 200, {"Content-Type": "text/plain"}, str(len(rows)).encode()
        if is_v3 and name == "TypedDataSet" and len(rows) > self.most_odata_rows:
            told = f"This query returns more than {self.most_odata_rows} records"
            return as_json({"odata.error": {"message": {"lang": "en", "value": told}}}, 500)
        start = int(params.get("$skip", 0))
        page = rows[start : start + self.odata_page]
        body: Record = {"value": page}
        if start + self.odata_page < len(rows):
            following = urlencode({**params, "$skip": start + self.odata_page}, quote_via=quote)
            link = "odata.nextLink" if is_v3 else "@odata.nextLink"
            body[link] = f"{self.url}{path}?{following}"
        return as_json(body)

    def _locatieserver(self, params: dict[str, str]) -> Reply:
        kinds = re.findall(r"\w+", params["fq"].partition(":")[2].replace(" OR ", " "))
        words = set(re.findall(r"\w+", params["q"].lower()))
        found = [
            doc
            for doc in self.places
            if doc["type"] in kinds and words & set(re.findall(r"\w+", json.dumps(doc).lower()))
        ]
        docs = [{k: v for k, v in d.items() if k in params["fl"].split(",")} for d in found]
        return as_json({"response": {"numFound": len(docs), "start": 0, "docs": docs}})


def meets(row: Record, condition: str) -> bool:
    """Whether a row meets an OData condition of the forms that the services are asked."""
    text = re.sub(r"startswith\((\w+),('[^']*')\)", r"row['\1'].startswith(\2)", condition)
    text = re.sub(r"(?<![\['\w])([A-Z]\w+) (eq|ge|le) ('[^']*')", r"(row['\1'] \2 \3)", text)
    for word, sign in (("eq", "=="), ("ge", ">="), ("le", "<=")):
        text = text.replace(f"] {word} '", f"] {sign} '")
    return bool(eval(text, {"row": row}))


def _touches(feature: Record, x1: float, y1: float, x2: float, y2: float) -> bool:
    flat = str(feature["geometry"]["coordinates"])
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", flat)]
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs) <= x2 and max(xs) >= x1 and min(ys) <= y2 and max(ys) >= y1


class _Handler(BaseHTTPRequestHandler):
    services: Services

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.services.asked.append((parts.path, params))
        fault = self.services.faults.pop(0) if self.services.faults else None
        given = fault() if fault is not None else None
        if given == "cut off":
            status, headers, body = self.services.answer(parts.path, params)
            # The length is promised, and half of it comes.
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        if given == "half":
            status, headers, body = self.services.answer(parts.path, params)
            body = body[: len(body) // 2]
        else:
            given = given if isinstance(given, tuple) else None
            status, headers, body = given or self.services.answer(parts.path, params)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The services, listening; the environment of the machine has no say."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "IGH_GEO_SERVICES", "IGH_GEO_KEY"):
        monkeypatch.delenv(name, raising=False)
    made = Services()
    handler = type("Handler", (_Handler,), {"services": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def told() -> list[str]:
    """What the session told."""
    return []


@pytest.fixture
def web(services: Services, told: list[str]) -> Web:
    return Web(base=services.url, patience=HURRY, tell=told.append)


def square(x: float, y: float, side: float = 100.0) -> Record:
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(number: int, shape: Record, **properties: Any) -> Record:
    return {"type": "Feature", "id": f"uuid-{number}", "geometry": shape, "properties": properties}


@pytest.fixture
def country(services: Services) -> Services:
    """Two municipalities: Enschede with 70 buurten, Bergen (L.) and Bergen (NH.) with one each."""
    gemeenten = {
        "GM0153": ("Enschede", 70),
        "GM0893": ("Bergen (L.)", 1),
        "GM0373": ("Bergen (NH.)", 1),
    }
    levels: dict[str, list[Record]] = {"buurten": [], "wijken": [], "gemeenten": []}
    number = 0
    for at, (code, (name, n_buurten)) in enumerate(gemeenten.items()):
        own = {"gemeentecode": code, "gemeentenaam": name, "water": "NEE"}
        x0 = 250_000 - 20_000 * at
        levels["gemeenten"].append(feature(900 + at, square(x0, 470_000, 7_000), **own))
        levels["wijken"].append(
            feature(800 + at, square(x0, 470_000, 7_000), wijkcode=f"WK{code[2:]}00", **own)
        )
        for n in range(n_buurten):
            number += 1
            shape = square(x0 + 100 * (n % 10), 470_000 + 100 * (n // 10))
            codes = {"buurtcode": f"BU{code[2:]}00{n:02}", "buurtnaam": f"Buurt {n}"}
            figures = {"aantal_inwoners": 100 * n or -99997, "wijkcode": f"WK{code[2:]}00"}
            levels["buurten"].append(feature(number, shape, **codes, **own, **figures))
    # The service has an order of its own; those of Enschede stand first.
    levels["buurten"] = [*levels["buurten"][69::-1], *levels["buurten"][70:]]
    services.features.update(levels)
    return services
