from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igh_geo.errors import DataError
from igh_geo.sources.counts.offences import (
    TOTAL,
    is_part_of,
    offence_code,
    overlaps,
    read_offence_list,
    select_offences,
    sum_offences,
    top_parts,
)
from igh_geo.sources.counts.offences.selection import note_on_hemp
from igh_geo.sources.notes import Note

KNOWN = ("0.0.0", "1.1.1", "1.1.2", "1.4.5", "2.6.1", "2.6.10", "3.1.1")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0.0.0 ", "0.0.0"),
        ("Totaal misdrijven", "0.0.0"),
        ("2.6.10", "2.6.10"),
        ("1.1.1 Diefstal/inbraak woning", "1.1.1"),
        ("1.1   ", "1.1"),
        ("3.5.2.1", None),
        ("2024", None),
        ("Hennep", None),
    ],
)
def test_number_of_an_offence_is_read_from_a_code_or_a_title(text, code):
    assert offence_code(text) == code


def test_parts_are_told_step_by_step_and_not_by_letter():
    assert is_part_of("1.1.1", "1.1")
    assert is_part_of("1.1.1", TOTAL)
    assert is_part_of("1.1.1", "1.1.0")
    assert not is_part_of("2.6.10", "2.6.1")
    assert not is_part_of("1.1", "1.1.1")
    assert not is_part_of(TOTAL, "1.1")
    assert not is_part_of("1.1.1", "1.1.1")
    assert overlaps(["2.6.1", "2.6.10", "1.1.2", "1.1"]) == [("1.1", "1.1.2")]
    assert top_parts("1", ["1.1", "1.1.1", "1.2.1", "2.1.1"]) == ["1.1", "1.2.1"]


code = st.tuples(*[st.integers(0, 12)] * 3).map(lambda steps: ".".join(map(str, steps)))


@given(st.sets(code, max_size=12), code)
def test_top_parts_never_count_an_offence_twice(codes, whole):
    assert overlaps(top_parts(whole, codes)) == []


def test_list_of_the_package_is_sound_and_every_number_in_it_has_a_title():
    listed = read_offence_list()
    assert set(listed.groups) == {"property", "violence", "nuisance_vandalism", "subversive"}
    used = [number for group in listed.groups.values() for number in group.codes]
    assert len(used) == len(set(used))
    assert set(used) <= set(listed.titles)


def test_no_group_of_the_package_has_an_offence_that_is_hidden_per_buurt():
    used = {number for group in read_offence_list().groups.values() for number in group.codes}
    assert not used & {"1.4.1", "3.2.1", "3.2.2"}


def own_list(folder: Path, text: str) -> Path:
    path = folder / "groups.toml"
    path.write_text(text, encoding="utf-8")
    return path


TITLE = 'title = { nl = "Inbraak", en = "Burglary" }\nwhy = "onze keuze"\n'


def test_list_of_the_user_takes_the_place_of_that_of_the_package(tmp_path):
    path = own_list(tmp_path, f'[groups.inbraak]\n{TITLE}codes = ["1.1.1", "1.1.2"]\n')
    listed = read_offence_list(path)
    selection = select_offences(KNOWN, groups=["inbraak"], offence_list=listed)
    assert selection.category_of == {"1.1.1": "inbraak", "1.1.2": "inbraak"}
    assert selection.titles["inbraak"].en == "Burglary"


def test_every_fault_of_a_list_is_named_at_once(tmp_path):
    path = own_list(
        tmp_path,
        f'[groups.a]\n{TITLE}codes = ["1.1.1", "1.1.9", "inbraak"]\n'
        f'[groups.b]\n{TITLE}codes = ["0.0.0", "3.1.1", "3.1.1"]\n'
        f'[groups.c]\n{TITLE}codes = ["2.5.1", "1.1.1"]\n',
    )
    with pytest.raises(DataError) as error:
        read_offence_list(path)
    told = str(error.value)
    assert "group 'a' of groups.toml has '1.1.9'" in told
    assert "perhaps 1.1.2 or 1.1.1" in told
    assert "has 'inbraak'" in told
    assert "3.1.1 stands there twice; 3.1.1 is part of 0.0.0" in told
    assert "1.1.1 stands in 'a' and in 'c'" in told


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[groups.a\n", "valid TOML"),
        ('[groups.a]\ncodes = ["1.1.1"]\n', r"'groups.a.title' is missing[\s\S]*'groups.a.why'"),
        (f'[groups.a]\n{TITLE}codes = ["1.1.1"]\ncode = "1"\n', "'groups.a.code' is not known"),
        ("", "'groups' is missing"),
    ],
)
def test_list_of_another_shape_is_refused(tmp_path, text, match):
    with pytest.raises(DataError, match=match):
        read_offence_list(own_list(tmp_path, text))


def test_total_is_what_counts_without_a_choice():
    assert select_offences(KNOWN).category_of == {"0.0.0": "0.0.0"}
    assert select_offences(["1.1.1"]).category_of == {"1.1.1": "1.1.1"}
    with pytest.raises(DataError, match=r"no total \(0\.0\.0\); it has 1\.1\.1, 1\.1\.2"):
        select_offences(["1.1.2", "1.1.1"])


def test_total_and_its_part_cannot_be_asked_for_together():
    with pytest.raises(DataError, match=r"counts twice[\s\S]*1\.1\.1 is part of 0\.0\.0"):
        select_offences(KNOWN, offences=["0.0.0", "1.1.1"])


def test_offence_and_the_group_it_is_in_cannot_be_asked_for_together(tmp_path):
    listed = read_offence_list(own_list(tmp_path, f'[groups.b]\n{TITLE}codes = ["1.1.1"]\n'))
    with pytest.raises(DataError, match=r"1\.1\.1 is in 1\.1\.1 and in b"):
        select_offences(KNOWN, offences=["1.1.1"], groups=["b"], offence_list=listed)


def test_offence_that_the_table_has_in_parts_is_the_sum_of_those():
    assert select_offences(KNOWN, offences=["1.1"]).category_of == {"1.1.1": "1.1", "1.1.2": "1.1"}


def test_offence_of_which_a_part_is_not_in_the_table_is_refused():
    with pytest.raises(DataError, match=r"1\.1 is not in it, and of its parts only 1\.1\.1"):
        select_offences(["0.0.0", "1.1.1"], offences=["1.1"])


def test_total_that_is_not_in_the_table_is_not_made_of_its_parts():
    with pytest.raises(DataError, match=r"0\.0\.0 is not in it"):
        select_offences(["1.1.1", "1.1.2"], offences=["0.0.0"])


def test_all_offences_are_those_without_parts_and_never_the_total():
    selection = select_offences([*KNOWN, "1.1"], offences=["all"])
    assert list(selection.category_of) == ["1.1.1", "1.1.2", "1.4.5", "2.6.1", "2.6.10", "3.1.1"]


def test_group_of_which_the_table_misses_an_offence_is_refused():
    with pytest.raises(DataError, match=r"too small[\s\S]*1\.4\.2, 1\.4\.3"):
        select_offences(KNOWN, groups=["violence"])


def test_unknown_offence_and_group_are_named_with_the_nearest():
    with pytest.raises(DataError) as error:
        select_offences(KNOWN, offences=["1.1.3", "winkeldiefstallen"], groups=["violent"])
    assert "perhaps 1.1.2 or 1.1.1" in str(error.value)
    assert "2.5.2 (winkeldiefstal)" in str(error.value)
    assert "did you mean 'violence'?" in str(error.value)


def test_there_is_no_number_for_hemp_and_that_is_said():
    with pytest.raises(DataError, match="no number for hemp"):
        select_offences(KNOWN, offences=["Hennepteelt"])
    assert note_on_hemp(["3.1.1"], "Hennep in Enschede") == Note("no_hemp_code", 1, "3.1.1")
    assert note_on_hemp(["3.1.1"], "Drugshandel") is None
    assert note_on_hemp(["1.1.1"], "Hennep in Enschede") is None


def counted(*rows: tuple[str, str, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["area_code", "category", "count"])
    return frame.assign(period="2024", count=frame["count"].astype("Float64"), is_provisional=False)


BURGLARY = select_offences(KNOWN, offences=["1.1"])


def test_sum_with_a_hidden_part_is_missing_and_not_smaller():
    counts = counted(("A", "1.1.1", 3), ("A", "1.1.2", 4), ("B", "1.1.1", 3), ("B", "1.1.2", None))
    sums = sum_offences(counts, BURGLARY).set_index("area_code")["count"]
    assert sums["A"] == 7
    assert pd.isna(sums["B"])


def test_sum_with_an_absent_part_is_missing_unless_absent_means_zero():
    counts = counted(("A", "1.1.1", 3), ("A", "3.1.1", 50))
    assert sum_offences(counts, BURGLARY)["count"].isna().all()
    assert sum_offences(counts, BURGLARY, absent="zero")["count"].tolist() == [3]


def test_sum_of_which_a_part_is_provisional_is_provisional():
    counts = counted(("A", "1.1.1", 3), ("A", "1.1.2", 4))
    counts.loc[1, "is_provisional"] = True
    assert sum_offences(counts, BURGLARY)["is_provisional"].tolist() == [True]
