from __future__ import annotations

import pytest

from igh_geo import errors
from igh_geo.errors import DataError, DisclosureError, LensError, OutputError, Problem, raise_all

NO_CODE = Problem("Every area has a code.", "3 have none, the first is row 7", "fill the codes")
TWICE = Problem("A code occurs once.", "BU99990101 occurs twice", "remove one")


def test_message_gives_rule_evidence_and_remedy_in_that_order() -> None:
    rule, evidence, remedy = str(NO_CODE).splitlines()
    assert rule == "Rule not met: Every area has a code."
    assert evidence.split(maxsplit=1) == ["Found:", "3 have none, the first is row 7"]
    assert remedy.split(maxsplit=1) == ["Remedy:", "fill the codes"]


def test_no_problem_raises_nothing() -> None:
    assert raise_all([]) is None


def test_one_problem_is_told_without_a_number() -> None:
    with pytest.raises(DataError, match=r"^Rule not met: Every area has a code\."):
        raise_all([NO_CODE])


def test_several_problems_are_told_at_once_and_numbered() -> None:
    with pytest.raises(
        LensError,
        match=r"(?s)^2 problems:\n1\. Rule not met: Every area.*\n2\. Rule not met: A code occurs",
    ):
        raise_all([NO_CODE, TWICE], LensError)


@pytest.mark.parametrize(
    ("ours", "builtin"),
    [
        (DataError, ValueError),
        (LensError, ValueError),
        (errors.CrsError, ValueError),
        (DisclosureError, PermissionError),
        (OutputError, OSError),
    ],
)
def test_our_errors_are_also_the_builtin_error_that_fits(
    ours: type[Exception], builtin: type[Exception]
) -> None:
    assert issubclass(ours, errors.IghGeoError)
    assert issubclass(ours, builtin)


def test_signs_that_steer_a_terminal_do_not_come_through_the_evidence() -> None:
    told = str(Problem("A name is text.", "it is 'a\x1b[2Jb'", "mend it"))
    assert "\x1b" not in told
    assert "it is 'a [2Jb'" in told
