"""Who owns the dwellings of the made-up municipality: corporations by the street, others singly."""

from __future__ import annotations

import numpy as np
import pandas as pd

OWNER_OCCUPIED, CORPORATION, PRIVATE_RENT = "koop", "corporatie", "particuliere huur"
# Per type of dwelling: the share of streets that a corporation let, and among the other dwellings
# the share that somebody lets.
SHARES: dict[str, tuple[float, float]] = {
    "vrijstaand": (0.01, 0.02),
    "twee-onder-een-kap": (0.08, 0.03),
    "hoekwoning": (0.30, 0.08),
    "tussenwoning": (0.30, 0.10),
    "flat": (0.55, 0.35),
    "boven winkel": (0.08, 0.70),
}


def make_ownership(addresses: pd.DataFrame, seed: np.random.SeedSequence) -> pd.Series:
    """Give every dwelling a kind of ownership, without any effect on what happens there.

    Parameters
    ----------
    addresses : DataFrame
        Output of ``make_addresses``.
    seed : SeedSequence
        The same seed gives the same answer.

    Returns
    -------
    Series
        Words on the index of the addresses; empty where nobody lives.
    """
    rng = np.random.default_rng(seed)
    # A corporation builds rows: the houses on a corner belong to them.
    kind = addresses["gebouwtype"].replace("hoekwoning", "tussenwoning")
    street = (addresses["straat"] + "|" + kind).to_numpy()
    number = np.unique(street, return_inverse=True)[1]
    shares = [SHARES.get(str(name), (0.0, 0.0)) for name in kind]
    let_by_corporation, let_by_others = np.array(shares).reshape(-1, 2).T
    is_corporation = rng.random(number.max() + 1)[number] < let_by_corporation
    is_let = rng.random(len(addresses)) < let_by_others
    words = np.where(is_corporation, CORPORATION, np.where(is_let, PRIVATE_RENT, OWNER_OCCUPIED))
    is_dwelling = addresses["gebouwtype"].isin(SHARES).to_numpy()
    return pd.Series(np.where(is_dwelling, words, ""), index=addresses.index, dtype="str")
