from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from igh_geo.errors import DataError
from igh_geo.sources.addresses.address_text import Address
from igh_geo.sources.addresses.geocode import geocode
from igh_geo.sources.services import answers as answers_module
from igh_geo.sources.services import outside
from igh_geo.sources.services.answers import Answers
from igh_geo.sources.services.locatieserver import Candidate, look_up
from igh_geo.sources.services.outside import asking, find_outside, judge, judge_about
from igh_geo.sources.services.web import ServiceError, Web

SECRET = "a key of the house, long enough"


def doc(kind: str = "adres", **values: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "score": 9.0,
        "straatnaam": "Dorpsstraat",
        "postcode": "7511AA",
        "woonplaatsnaam": "Enschede",
        "centroide_rd": "POINT(250000.5 470000)",
        "id": "adr-1",
        **values,
    }


def offered(number: int | None = 1, **values: Any) -> Candidate:
    told = {
        "kind": "adres",
        "score": 9.0,
        "street": "Dorpsstraat",
        "number": number,
        "suffix": "",
        "postcode": "7511AA",
        "place": "Enschede",
        "x": 250_000.0,
        "y": 470_000.0,
    }
    return Candidate(**{**told, **values})


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "PER_SECOND", 1e6)
    monkeypatch.setattr(outside.time, "sleep", lambda _seconds: None)


@pytest.fixture
def places(services: Any) -> Any:
    services.places = [
        doc(huisnummer=1),
        doc(huisnummer=3, huisletter="B", centroide_rd="POINT(250030 470000)"),
        doc("weg", postcode=None, centroide_rd="POINT(250050 470000)"),
        doc("postcode", centroide_rd="POINT(250010 470000)"),
    ]
    return services


def test_candidates_are_read_in_rd(places: Any, web: Web) -> None:
    found = look_up(web, "Dorpsstraat 3B Enschede")
    assert (found[1].number, found[1].suffix, found[1].x) == (3, "B", 250_030.0)
    path, params = places.asked[0]
    assert path == "/bzk/locatieserver/search/v3_1/free"
    assert params["fq"] == "type:(adres)"
    # Nothing is asked but what is needed to compare and to place.
    assert "gemeente" not in params["fl"]


def test_candidate_without_a_place_in_rd_is_left_out(services: Any, web: Web) -> None:
    services.places = [doc(huisnummer=1, centroide_rd=None)]
    assert look_up(web, "Dorpsstraat 1") == []


# The asked address, what is offered, and quality, match and remarks of the judgement.
JUDGED: dict[str, tuple[Address, list[Candidate], str, str, tuple[str, ...]]] = {
    "same postcode and number": (
        Address("", 1, "", "7511AA"),
        [offered(1)],
        *("address", "outside_postcode_number_addition", ()),
    ),
    "nearest other number": (Address("", 2, "", "7511AA"), [offered(1)], "unknown", "none", ()),
    "same street in another place": (
        Address("Dorpsstraat", 1, "", "", "Almelo"),
        [offered(1)],
        *("unknown", "none", ()),
    ),
    "another postcode without a place": (
        Address("Dorpsstraat", 1, "", "7600AA"),
        [offered(1)],
        *("unknown", "none", ()),
    ),
    "another postcode, all else the same": (
        Address("Dorpsstr.", 1, "", "7511AZ", "Enschede"),
        [offered(1)],
        *("address", "outside_street_number_addition", ("postcode_differs",)),
    ),
    "letter that is not there": (
        Address("", 1, "A", "7511AA"),
        [offered(1)],
        *("address", "outside_postcode_number", ("other_addition",)),
    ),
    "street spelled a little otherwise": (
        Address("Dorpstraat", 1, "", "", "Enschede"),
        [offered(1)],
        *("address", "outside_street_number_addition", ("spelling_differs",)),
    ),
    "spelled otherwise, and the service doubts it": (
        Address("Dorpstraat", 1, "", "", "Enschede"),
        [offered(1, score=1.0)],
        *("unknown", "none", ()),
    ),
    "two places far apart": (
        Address("Dorpsstraat", 1),
        [offered(1), offered(1, place="Almelo", postcode="7600AA", x=240_000.0)],
        *("unknown", "ambiguous", ()),
    ),
}


@pytest.mark.parametrize("case", JUDGED)
def test_only_the_address_that_was_asked_will_do(case: str) -> None:
    asked, candidates, quality, match, remarks = JUDGED[case]
    found = judge(asked, candidates)
    assert (found.quality, found.match, found.remarks) == (quality, match, remarks)


def test_street_stands_in_when_the_number_is_not_known() -> None:
    street = offered(None, kind="weg", postcode="")
    found = judge_about(Address("Dorpsstraat", 9, "", "", "Enschede"), [street])
    assert (found.quality, found.remarks) == ("street", ("number_not_found",))
    assert judge_about(Address("Kerkweg", 9, "", "", "Enschede"), [street]).match == "none"
    both = [street, offered(None, kind="weg", postcode="", place="Almelo")]
    assert judge_about(Address("Dorpsstraat", 9), both).match == "ambiguous"


def test_unknown_number_is_asked_again_without_the_number(places: Any, web: Web) -> None:
    asked = Address("Dorpsstraat", 88, "", "7511AA", "Enschede")
    found = dict(find_outside(web, [asked], answers=Answers(None, SECRET)))
    assert (found[asked].quality, found[asked].x) == ("postcode", 250_010.0)
    assert [params["q"] for _, params in places.asked] == [
        "7511AA 88",
        "Dorpsstraat 88 Enschede",
        "7511AA",
    ]


def test_only_the_address_leaves_and_each_only_once_in_alphabetical_order(
    places: Any, web: Web
) -> None:
    frame = pd.DataFrame(
        {
            "zaaknummer": ["Z-2025-17", "Z-2025-18", "Z-2025-19"],
            "datum": ["03-04-2025", "04-04-2025", "05-04-2025"],
            "soort": ["huiselijk geweld"] * 3,
            "adres": ["Dorpsstraat 3B, 7511 AA", "Dorpsstraat 1, 7511 AA", "dorpsstr. 3-b 7511aa"],
        },
        dtype="str",
    )
    said: list[tuple[int, int, str]] = []
    ask = asking(web, None, secret="", say=lambda *args: said.append(args))
    made = geocode(frame, file="zaken.csv", ask_outside=ask)
    assert made.frame["x"].tolist() == [250_030.0, 250_000.5, 250_030.0]
    sent = " ".join(f"{path} {params}" for path, params in places.asked)
    assert len(places.asked) == 2
    for secret in ("Z-2025", "2025", "huiselijk", "04-"):
        assert secret not in sent
    assert [params["q"] for _, params in places.asked] == sorted(
        params["q"] for _, params in places.asked
    )
    # A postcode and a number are an address: the street need not be told.
    assert [params["q"] for _, params in places.asked] == ["7511AA 1", "7511AA 3B"]
    assert said == [(2, 0, "127.0.0.1")]
    remarks = made.ledger.summary().remarks
    assert dict(zip(remarks["remark"], remarks["count"], strict=True)) == {"found_outside": 3}


def test_what_may_be_no_address_does_not_leave(places: Any, web: Web) -> None:
    # Columns for addresses hold other things as well.
    lines = ["thuis bij mw. Jansen", "Jan Jansen 12 jaar", "Kelder", "J. Jansen, 7511 AA 1"]
    frame = pd.DataFrame({"adres": lines}, dtype="str")
    ask = asking(web, None, secret="", say=lambda *_: None)
    made = geocode(frame, file="zaken.csv", ask_outside=ask)
    assert "ansen" not in str(places.asked)
    assert made.n_open == 1


def test_signs_of_a_search_language_are_not_sent(places: Any, web: Web) -> None:
    look_up(web, 'Dorpsstraat:* OR "x" -y (1)')
    assert places.asked[0][1]["q"] == "Dorpsstraat OR x y 1"


def test_answer_is_kept_and_not_asked_again(places: Any, web: Web, tmp_path: Path) -> None:
    asked = [Address("Dorpsstraat", 1, "", "7511AA"), Address("Dorpsstraat", 77, "", "7511AA")]
    path = tmp_path / "answers.jsonl"
    first = dict(find_outside(web, asked, answers=Answers(path, SECRET)))
    n_asked = len(places.asked)
    second = dict(find_outside(web, asked, answers=Answers(path, SECRET)))
    assert len(places.asked) == n_asked
    assert {a: (f.match, f.x) for a, f in first.items()} == {
        a: (f.match, f.x) for a, f in second.items()
    }


def test_what_leaves_is_told_also_when_the_first_question_was_asked_for_another(
    services: Any, web: Web, tmp_path: Path
) -> None:
    # Both are asked as 7511AA 5 first, which gives nothing; the streets that are asked next differ.
    services.places = []
    said: list[tuple[int, int]] = []

    def say(leaving: int, known: int, _host: str) -> None:
        said.append((leaving, known))

    ask = asking(web, tmp_path, secret=SECRET, say=say)
    one = Address("Dorpsstraat", 5, "", "7511AA", "Enschede")
    list(ask([one]))
    list(ask([one]))
    n_asked = len(services.asked)
    list(ask([Address("Kerkstraat", 5, "", "7511AA", "Enschede")]))
    assert said == [(1, 0), (0, 1), (1, 0)]
    assert len(services.asked) > n_asked


def test_kept_answers_hold_no_address_and_no_place_in_the_open(
    places: Any, web: Web, tmp_path: Path
) -> None:
    path = tmp_path / "answers.jsonl"
    asked = Address("Dorpsstraat", 1, "", "7511AA", "Enschede")
    list(find_outside(web, [asked], answers=Answers(path, SECRET)))
    content = path.read_bytes()
    for word in (b"Dorps", b"7511", b"Enschede", b"250000", b"470000", SECRET.encode()):
        assert word not in content


def test_interrupted_asking_goes_on_where_it_stopped(places: Any, web: Web, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    asked = [Address("Dorpsstraat", 1, "", "7511AA"), Address("Dorpsstraat", 3, "B", "7511AA")]
    places.faults = [None, *[lambda: (500, {}, b"")] * 4]
    with pytest.raises(ServiceError, match="failed 4 times"):
        list(find_outside(web, asked, answers=Answers(path, SECRET)))
    # As if the process was killed in the middle of a line as well.
    with path.open("a") as opened:
        opened.write('\n{"q": "abc", "a": "gAAA')
    places.asked.clear()
    found = dict(find_outside(web, asked, answers=Answers(path, SECRET)))
    assert len(places.asked) == 1
    assert not np.isnan([place.x for place in found.values()]).any()
    assert len(Answers(path, SECRET)._known) == 2


def test_answers_of_another_key_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    Answers(path, SECRET).put("q", [1])
    with pytest.raises(DataError, match="made with another IGH_GEO_KEY"):
        Answers(path, "another key altogether")
    assert Answers(path, SECRET).get("q") == [1]


def test_file_that_is_no_file_of_answers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text("hello\n")
    with pytest.raises(DataError, match="does not begin as such a file does"):
        Answers(path, SECRET)


def test_answer_of_long_ago_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(tmp_path / "answers.jsonl", SECRET)
    answers.put("q", [1])
    assert answers.get("q") == [1]
    monkeypatch.setattr(answers_module, "LONGEST_DAYS", -1)
    assert answers.get("q") is None


def test_answer_in_another_form_is_told_without_the_address(services: Any, web: Web) -> None:
    services.faults = [lambda: (200, {"Content-Type": "application/json"}, b'{"docs": []}')]
    with pytest.raises(ServiceError, match="in the form that it documents") as caught:
        look_up(web, "Geheimstraat 1")
    assert "Geheim" not in str(caught.value)
