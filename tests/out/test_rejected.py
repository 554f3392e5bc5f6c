from __future__ import annotations

import csv

import pandas as pd

from igh_geo.out.rejected import write_rejected


def test_neither_a_cell_nor_the_name_of_a_column_is_a_formula(tmp_path):
    frame = pd.DataFrame(
        {"=1+canary": ["=1", "b"], "@x": ["+1", " -1"], "\uff1dy": ["\t=1", None], "reason": "r"}
    )
    path = write_rejected(frame, tmp_path / "private")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows == [
        ["'=1+canary", "'@x", "'\uff1dy", "reason"],
        ["'=1", "'+1", "'\t=1", "r"],
        ["b", "' -1", "", "r"],
    ]
