from __future__ import annotations

import json

import pytest

from igh_geo.errors import DataError
from igh_geo.sources.formats.files import read_table

RECORDS = [
    {"id": 1, "x": 121300.50, "plaats": {"straat": "Kerkstraat", "nr": 7}, "ok": True},
    {"id": 2, "x": None, "tags": ["a", "b"], "ok": False},
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.json", json.dumps(RECORDS)),
        ("t.json", json.dumps({"@odata.context": "…", "value": RECORDS})),
        ("t.json", json.dumps({"count": 2, "results": RECORDS})),
        ("t.ndjson", "\n".join(map(json.dumps, RECORDS)) + "\n"),
        ("t.jsonl", "\ufeff" + "\n\n".join(map(json.dumps, RECORDS))),
        ("t.json", "\n".join(map(json.dumps, RECORDS))),
    ],
)
def test_records_are_a_table_whatever_stands_around_them(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    table = read_table(path)
    frame = table.frame.fillna("missing")
    assert frame.to_dict("list") == {
        "id": ["1", "2"],
        "x": ["121300.5", "missing"],
        "plaats.straat": ["Kerkstraat", "missing"],
        "plaats.nr": ["7", "missing"],
        "ok": ["true", "false"],
        "tags": ["missing", '["a", "b"]'],
    }
    assert table.row.tolist() == [1, 2]


def test_numbers_stay_as_they_were_written(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('[{"a": 0.10, "b": 12345678901234567890, "c": NaN}]', encoding="utf-8")
    frame = read_table(path).frame
    assert frame["a"].tolist() == ["0.10"]
    assert frame["b"].tolist() == ["12345678901234567890"]
    assert frame["c"].isna().all()


def test_one_page_of_a_reply_is_refused(tmp_path):
    path = tmp_path / "t.json"
    reply = {"value": RECORDS, "@odata.nextLink": "https://example.org/next"}
    path.write_text(json.dumps(reply), encoding="utf-8")
    with pytest.raises(DataError, match=r"t\.json is one page[\s\S]*get the other pages"):
        read_table(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps(RECORDS)[:-20], r"line 1 is no JSON[\s\S]*cut off"),
        ('{"id": 1}\n{"id": 2}\n{"id": ', r"line 3 is no JSON"),
        ("[1, 2]", "number 1 of the list is no record"),
        ("7", "it is a single value"),
        (json.dumps({"a": RECORDS, "b": RECORDS}), "it holds several: a, b"),
        ("[]", "has a header only"),
        ('{"value": []}', "has a header only"),
        ("", "is no JSON"),
    ],
)
def test_what_is_no_list_of_records_is_refused_for_the_right_reason(tmp_path, text, found):
    path = tmp_path / "t.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=found):
        read_table(path)


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"a":' * 50_000 + "1" + "}]" * 50_000])
def test_brackets_without_end_are_told(tmp_path, text):
    path = tmp_path / "t.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"t\.json"):
        read_table(path)
