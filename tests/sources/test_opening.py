from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest
import shapely

from igh_geo.errors import CrsError, DataError
from igh_geo.sources.formats.opening import opening

PATH = Path("somewhere") / "deep" / "t.gpkg"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (IndexError("index 0 is out of bounds"), "ends before all that it says to hold"),
        (RecursionError("maximum recursion depth exceeded"), "recursion"),
        (shapely.errors.GEOSException("ParseException: bad"), "ParseException: bad"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "invalid start byte"),
        (PermissionError(13, "Permission denied", str(PATH)), r"t\.gpkg: Permission denied"),
    ],
)
def test_fault_of_a_library_is_told_with_the_name_of_the_file(fault, told):
    with pytest.raises(DataError, match=told), opening(PATH):
        raise fault


def test_place_on_the_machine_and_steering_signs_are_not_told():
    with pytest.raises(DataError) as caught, opening(PATH):
        raise ValueError(f"GPKG:{PATH}: and {PATH.parent / 'u.dbf'} hold \x1b[2J\n\x0f bytes")
    assert "t.gpkg: GPKG:t.gpkg: and u.dbf hold [2J bytes\n" in str(caught.value)


def test_error_of_this_package_passes_as_it_is():
    with pytest.raises(CrsError, match="as it is"), opening(PATH):
        raise CrsError("as it is")


def warn(message: str, category: type[Warning] = RuntimeWarning) -> None:
    with opening(PATH):
        warnings.warn(message, category, stacklevel=1)
        if "ring" in message:
            raise ValueError("no ring")


def test_warning_of_a_reader_is_evidence_when_it_fails():
    with pytest.raises(DataError, match=r"t\.gpkg: no ring; ring not closed"):
        warn("ring not closed")


def test_warning_of_a_reader_that_goes_on_is_for_the_log(caplog):
    with caplog.at_level(logging.INFO):
        warn("field skipped")
    assert caplog.messages == ["t.gpkg: field skipped"]


def test_warning_of_another_kind_is_for_the_caller():
    with pytest.warns(UserWarning, match="several layers"):
        warn("several layers", UserWarning)
