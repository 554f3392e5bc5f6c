from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from igh_geo.errors import DataError, DisclosureError, OutputError
from igh_geo.out.folder import replaced_at_once
from igh_geo.writing import file_at_once


@pytest.fixture
def results(tmp_path) -> Path:
    """A folder with the results of an earlier run."""
    folder = tmp_path / "maps" / "inbraak"
    folder.mkdir(parents=True)
    (folder / "map.html").write_text("old")
    (folder / "stale.html").write_text("old")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_new(folder: Path) -> None:
    with replaced_at_once(folder, sign="map.html") as fresh:
        (fresh / "map.html").write_text("new")


def fail_while_writing(folder: Path, error: Exception) -> None:
    with replaced_at_once(folder, sign="map.html") as fresh:
        (fresh / "map.html").write_text("half")
        raise error


def fail_while_writing_a_file(path: Path, error: Exception) -> None:
    with file_at_once(path) as fresh:
        fresh.write_text("half")
        raise error


def fail_on_rename(monkeypatch, *, times: list[bool]) -> None:
    """Let the next renames go wrong or well, as Windows does with a file that is held open."""
    real = Path.rename
    outcomes = iter(times)

    def rename(self: Path, target: Path) -> Path:
        if next(outcomes, True):
            return real(self, target)
        raise PermissionError(13, "The process cannot access the file", str(self))

    monkeypatch.setattr(Path, "rename", rename)


def test_new_results_take_the_place_of_the_old_ones_as_a_whole(results):
    (results / "stale.html").unlink()
    write_new(results)
    assert names(results) == ["map.html"]
    assert (results / "map.html").read_text() == "new"
    assert names(results.parent) == ["inbraak"]


def test_file_that_somebody_put_beside_the_results_is_kept(results):
    (results / "project.qgz").write_text("mine")
    (results / "notes").mkdir()
    (results / "notes" / "a.txt").write_text("mine too")
    write_new(results)
    assert (results / "map.html").read_text() == "new"
    assert (results / "project.qgz").read_text() == "mine"
    assert (results / "notes" / "a.txt").read_text() == "mine too"


def test_file_in_the_place_of_the_folder_is_left_alone(tmp_path):
    file = tmp_path / "inbraak"
    file.write_text("mine")
    with pytest.raises(OutputError, match="there is a file of that name"):
        write_new(file)
    assert file.read_text() == "mine"


def test_folder_and_its_parents_are_made(tmp_path):
    folder = tmp_path / "a" / "b" / "lens"
    write_new(folder)
    assert names(folder) == ["map.html"]


def test_nothing_stands_in_the_folder_before_everything_is_written(results):
    with replaced_at_once(results, sign="map.html") as fresh:
        (fresh / "map.html").write_text("new")
        assert (results / "map.html").read_text() == "old"
        assert fresh.parent == results.parent


def test_old_results_stay_when_writing_fails_half_way(results):
    with pytest.raises(OutputError, match="No space left on device") as said:
        fail_while_writing(results, OSError(28, "No space left on device"))
    assert "Nothing was changed" in str(said.value)
    assert names(results) == ["map.html", "stale.html"]
    assert (results / "map.html").read_text() == "old"
    assert names(results.parent) == ["inbraak"]


@pytest.mark.parametrize("error", [DataError, DisclosureError, KeyError])
def test_error_that_is_not_about_writing_keeps_its_own_words(results, error):
    # DisclosureError is a PermissionError too, and closing Excel would not help.
    with pytest.raises(error, match="own words"):
        fail_while_writing(results, error("own words"))
    assert (results / "map.html").read_text() == "old"
    assert names(results.parent) == ["inbraak"]


def test_file_that_is_held_open_gives_the_remedy_and_keeps_the_old_folder(results, monkeypatch):
    fail_on_rename(monkeypatch, times=[False])
    with pytest.raises(OutputError, match="close the files of this folder that are open"):
        write_new(results)
    assert (results / "map.html").read_text() == "old"
    assert names(results.parent) == ["inbraak"]


def test_old_folder_comes_back_when_the_new_one_cannot_take_its_place(results, monkeypatch):
    fail_on_rename(monkeypatch, times=[True, False, True])
    with pytest.raises(OutputError, match="Nothing was changed"):
        write_new(results)
    assert names(results) == ["map.html", "stale.html"]
    assert names(results.parent) == ["inbraak"]


def test_old_results_are_never_thrown_away_even_when_they_cannot_come_back(results, monkeypatch):
    fail_on_rename(monkeypatch, times=[True, False, False])
    with pytest.raises(
        OutputError, match=r"What it held before is now in '\.inbraak\.old-"
    ) as said:
        write_new(results)
    (left,) = results.parent.iterdir()
    assert (left / "map.html").read_text() == "old"
    assert left.name in str(said.value)


def test_folder_that_cannot_be_made_is_told_with_a_remedy(tmp_path):
    (tmp_path / "maps").write_text("a file, not a folder")
    with pytest.raises(OutputError, match="choose another folder, or make room"):
        write_new(tmp_path / "maps" / "lens")
    assert (tmp_path / "maps").read_text() == "a file, not a folder"


# One file ------------------------------------------------------------------------------------


def test_file_is_replaced_when_everything_went_well(tmp_path):
    path = tmp_path / "maps" / "index.html"
    for text in ("one", "two"):
        with file_at_once(path) as fresh:
            fresh.write_text(text)
    assert path.read_text() == "two"
    assert names(path.parent) == ["index.html"]


def test_file_stays_when_writing_fails(tmp_path):
    path = tmp_path / "index.html"
    path.write_text("old")
    with pytest.raises(OutputError, match="Nothing was changed"):
        fail_while_writing_a_file(path, OSError(28, "No space left on device"))
    assert path.read_text() == "old"
    assert names(tmp_path) == ["index.html"]


def test_file_that_is_held_open_gives_the_remedy(tmp_path, monkeypatch):
    path = tmp_path / "index.html"
    path.write_text("old")

    def held(self: Path, target: Path) -> None:
        raise PermissionError(13, "The process cannot access the file", str(target))

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(OutputError, match="close the files"), file_at_once(path) as fresh:
        fresh.write_text("new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["index.html"]


def test_error_of_our_own_passes_through_a_file_unchanged(tmp_path):
    with pytest.raises(DisclosureError, match="own words"):
        fail_while_writing_a_file(tmp_path / "index.html", DisclosureError("own words"))
    assert names(tmp_path) == []


def test_left_over_folder_of_an_earlier_crash_is_not_in_the_way(results):
    shutil.copytree(results, results.with_name(".inbraak.new-deadbeef"))
    write_new(results)
    assert (results / "map.html").read_text() == "new"


def test_folder_that_somebody_else_made_is_left_alone(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"no map\.html, such as 'mine\.txt'"):
        write_new(folder)
    assert names(tmp_path) == ["data"]
    assert names(folder) == ["mine.txt"]
