from __future__ import annotations

import csv

import pandas as pd

from igh_geo.out.rejected import write_rejected


def test_neither_a_cell_nor_the_name_of_a_column_is_a_formula(tmp_path):
    frame = pd.DataFrame(
        {"=1+canary": ["=1", "b"], "@x": ["+A1", " -A1"], "\uff1dy": ["\t=1", None], "reason": "r"}
    )
    path = write_rejected(frame, tmp_path / "private")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows == [
        ["'=1+canary", "'@x", "'\uff1dy", "reason"],
        ["'=1", "'+A1", "'\t=1", "r"],
        ["b", "' -A1", "", "r"],
    ]


def test_numbers_with_a_sign_stay_numbers(tmp_path):
    frame = pd.DataFrame({"x": ["-1", "+31 6 12345678"], "reason": "r"})
    path = write_rejected(frame, tmp_path / "private")
    assert "'" not in path.read_text(encoding="utf-8-sig")
