"""Tables per area as they should not be: key figures, and counts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from igh_geo.sources.areas.key_figures import join_key_figures
from igh_geo.sources.counts.area_counts import read_area_counts

CODES = [f"BU0307{n:04d}" for n in range(20)]
POPULATION = [100 + 5 * n for n in range(20)]
HIDDEN = float("nan")


def areas(*, year: int | None = 2024) -> gpd.GeoDataFrame:
    index = pd.Index(CODES, dtype="str", name="area_code")
    gap = pd.array([pd.NA] * len(CODES), dtype="Float64")
    figures = dict.fromkeys(("population", "households", "dwellings", "addresses"), gap)
    return gpd.GeoDataFrame(
        {
            "name": pd.array(CODES, dtype="str"),
            "level": pd.array(["buurt"] * len(CODES), dtype="str"),
            "parent_code": pd.array([code.replace("BU", "WK")[:8] for code in CODES], dtype="str"),
            "boundary_year": pd.array([year] * len(CODES), dtype="Int64"),
            "is_water": False,
            "area_km2": 1.0,
            **figures,
        },
        geometry=[box(1000 * n, 400_000, 1000 * n + 1000, 401_000) for n in range(len(CODES))],
        index=index,
        crs=28992,
    )


def lines(*changed: tuple[int, str], header: str = "code;inwoners") -> list[str]:
    whole = [header, *(f"{code};{n}" for code, n in zip(CODES, POPULATION, strict=True))]
    for position, line in changed:
        whole[position] = line
    return whole


def text(*changed: tuple[int, str], header: str = "code;inwoners") -> str:
    return "\n".join(lines(*changed, header=header)) + "\n"


def with_values(*values: str, header: str = "code;inwoners") -> str:
    """The first areas with these values, the others with their own."""
    return text(
        *((n, f"{CODES[n - 1]};{value}") for n, value in enumerate(values, 1)), header=header
    )


# Of each case the text, and the inhabitants of the first areas or a pattern of the refusal.
FIGURES: dict[str, tuple[str, object]] = {
    "as it should be": (text(), [100, 105, 110]),
    "codes padded as OData does": (
        text().replace(";", "  ;").replace("code  ;", "WijkenEnBuurten;"),
        [100, 105, 110],
    ),
    "codes in small letters": (text().replace("BU", "bu"), [100, 105, 110]),
    "codes in quotes with blanks, with a byte order mark": (
        "\ufeff" + "\n".join(";".join(f'"{c} "' for c in line.split(";")) for line in lines()),
        [100, 105, 110],
    ),
    "figures that CBS hides": (
        with_values("-99999999", "-99997", ".", "", "0"),
        [HIDDEN, HIDDEN, HIDDEN, HIDDEN, 0],
    ),
    "decimal comma": (with_values("100,0", "105,0", "110,5"), [100, 105, 110.5]),
    "thousands point": (with_values("1.100", "12.105", "110"), [1100, 12_105, 110]),
    "blanks between thousands": (
        with_values("1 100", "12\u00a0105", "1\u202f110"),
        [1100, 12_105, 1110],
    ),
    "words among the figures": (with_values("x", "geheim", "110"), [HIDDEN, HIDDEN, 110]),
    "figures below zero": (with_values("-5", "105"), [HIDDEN, 105]),
    "formula text": (with_values('"=1+1"', "105"), [HIDDEN, 105]),
    "figures of two years": (
        "\n".join(
            ["jaar;code;inwoners"]
            + [
                f"{year};{line}{'0' * (2024 - year)}"
                for year in (2023, 2024)
                for line in lines()[1:]
            ]
        ),
        "several|year",
    ),
    "rows twice that say the same": (text() + "\n".join(lines()[1:]), [100, 105, 110]),
    "rows twice that say something else": (text() + f"{CODES[0]};7\n", "several.*BU03070000"),
    "codes of another year": (text().replace("BU0307", "BU1904"), "year"),
    "codes of another division of the same municipality": (
        "\n".join([lines()[0], *(f"BU0307{n + 50:04d};{n}" for n in range(20))]),
        "year",
    ),
    "two areas without a row": (
        "\n".join(lines()[:-2]),
        [100, 105, 110],
    ),
    "five areas without a row": ("\n".join(lines()[:-5]), "15 of 20|75"),
    "one row too long": (text((20, f"{CODES[19]};1;2;3")), [100, 105, 110]),
    "every row too long": (
        text().replace("\n", ";1\n").replace("inwoners;1", "inwoners"),
        "fields",
    ),
    "header only": ("code;inwoners\n", "header only"),
    "empty": ("", "empty"),
    "no column of codes": (text(header="straat;inwoners"), "code"),
    "no column of figures": (text(header="code;kleur"), "inhabitants"),
    "total below the table": (text() + "Totaal;2950\n", [100, 105, 110]),
    "wijken and the municipality among the rows": (
        text() + "WK030700;2950\nGM0307;2950\nNL00;17000000\n",
        [100, 105, 110],
    ),
    "titles above": ("Kerncijfers\nPeriode: 2024\n\n" + text(), [100, 105, 110]),
    "quote that is never closed": (text((3, f'"{CODES[2]};110')), "quote"),
    "NUL in a code": (text((3, f"{CODES[2]}\0;110")), [100, 105, 110]),
    "zero-width sign in a code": (text((3, f"\u200b{CODES[2]};110")), [100, 105, 110]),
    "observations, one measure a row": (
        "\n".join(
            ["Id,Measure,ValueAttribute,Value,WijkenEnBuurten"]
            + [
                f"{n},T001036,None,{value},{code}  "
                for n, (code, value) in enumerate(zip(CODES, POPULATION, strict=True))
            ]
        ),
        [100, 105, 110],
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_key_figures_are_joined_to_the_digit_or_refused(name, tmp_path, refuse):
    content, outcome = FIGURES[name]
    path = tmp_path / "kerncijfers.csv"
    path.write_text(content, encoding="utf-8", newline="")
    before = areas()
    if isinstance(outcome, str):
        refuse(lambda: join_key_figures(before, path), outcome)
        return
    joined, notes = join_key_figures(before, path)
    got = joined["population"].to_numpy(dtype=float, na_value=np.nan)[: len(outcome)]
    np.testing.assert_array_equal(got, np.array(outcome, dtype=float))
    assert joined.index.equals(before.index)
    without = {note.key: note.count for note in notes}.get("areas_without_key_figures", 0)
    # A row that cannot be used is told: no area loses its figure unseen.
    assert without == {"two areas without a row": 2, "one row too long": 1}.get(name, 0)


COUNT_CODES = CODES[:4]
COUNTED = "code;2023;2024\n" + "".join(
    f"{code};{n};{n + 1}\n" for n, code in enumerate(COUNT_CODES)
)
COUNTS: dict[str, tuple[str, object]] = {
    "as it should be": (COUNTED, {"placed": 4}),
    "code twice": (COUNTED + f"{CODES[0]};9;9\n", {"placed": 4, "duplicate_code": 1}),
    "code missing": (COUNTED + ";9;9\n", {"placed": 4, "no_code": 1}),
    "codes of other levels": (
        COUNTED + "WK030700;6;10\nGM0307;6;10\nNL00;6;10\n",
        {"placed": 4, "other_level": 3},
    ),
    "counts that are none": (
        COUNTED + f"{CODES[4]};x;y\n{CODES[5]};-5;-6\n{CODES[6]};1,5;2,5\n",
        {"placed": 4, "unreadable_count": 3},
    ),
    "one count of a row that is none": (COUNTED + f"{CODES[4]};x;7\n", {"placed": 5}),
    "counts that are hidden": (
        COUNTED + f"{CODES[4]};.;\n{CODES[5]};-99999999;-99997\n",
        {"placed": 6},
    ),
    "row too short": (COUNTED + f"{CODES[4]};1\n", {"placed": 4, "wrong_number_of_fields": 1}),
    "total row": (COUNTED + "Totaal;6;10\n", {"placed": 4, "other_level": 1}),
    "nothing below the header": ("code;2023;2024\n", "header only"),
    "column that is not there": ("code;2023\nBU03070000;1\n", "2024"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_per_area_are_refused_or_accounted_for_to_the_row(name, tmp_path, refuse):
    content, outcome = COUNTS[name]
    path = tmp_path / "aantallen.csv"
    path.write_text(content, encoding="utf-8", newline="")

    def read() -> tuple[pd.DataFrame, object]:
        return read_area_counts(
            path, value_columns={"2023": "2023", "2024": "2024"}, category="Overlast", kind="report"
        )[:2]

    if isinstance(outcome, str):
        refuse(read, outcome)
        return
    counts, ledger = read()
    summary = ledger.summary()
    aside = dict(zip(summary.set_aside["reason"], summary.set_aside["count"], strict=True))
    assert summary.rows_in == summary.placed + sum(aside.values())
    assert {"placed": summary.placed, **aside} == outcome
    assert counts.loc[counts["area_code"].isin(COUNT_CODES), "count"].sum() == 6 + 10
