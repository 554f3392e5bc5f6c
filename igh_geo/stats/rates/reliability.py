"""How far a rate can be trusted: a class whose rule is stated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

GOOD_FROM = 20.0
MODERATE_FROM = 5.0


def reliability_class(
    count: npt.NDArray[np.float64], expected: npt.NDArray[np.float64]
) -> npt.NDArray[np.str_]:
    """Class rates by the number of events they rest on.

    The number is n = max(count, expected), with `expected` the events at the overall rate.
    "good" from 20, "moderate" from 5, "low" below.

    In terms of error: the standard error of a rate is √n per denominator, so as a share of the
    larger of the area's own rate and the overall rate it is 1/√n: at most 22 % when good, at
    most 45 % when moderate. The 95 % interval runs from 0.6 to 1.5 times the rate at 20 events
    and from 0.3 to 2.3 at 5.

    The 20 is that of the US National Center for Health Statistics, which marks rates on fewer
    than 20 events as unreliable (a relative standard error of 23 % or more). That rule looks at
    the count only, so it calls every low rate unreliable: no event where 40 were expected would
    be as doubtful as no event where none was expected, although its interval ends at a tenth of
    the overall rate. Hence the larger of the two.

    Parameters
    ----------
    count, expected : ndarray of float
        Events, and events expected at the overall rate; both known.

    Returns
    -------
    ndarray of str
        "good", "moderate" or "low".

    References
    ----------
    National Center for Health Statistics. Deaths: Final Data, technical notes (random variation).
    """
    n = np.maximum(count, expected)
    return np.where(n >= GOOD_FROM, "good", np.where(n >= MODERATE_FROM, "moderate", "low"))
