"""How fast cases find their address: beside a plain merge of pandas, and one by one.

Run as ``python benchmarks/matching.py``; ``--rows 100000`` for less. The register is made: as many
addresses as rows, in streets of made-up names, with letters and flats, six to a postcode. The
cases are addresses drawn from it and written as people write them: small letters, spaces, ``hs``
and ``2-hoog``, a street abbreviated. Nothing in it is real. Every step runs in a process of its
own; the seconds leave out its imports, the memory is the peak of the whole process with the tables
in it. Nothing is asserted.

The merge is a lower bound: it is given the keys exactly as the register has them, in three columns,
and reads, folds and accounts for nothing. `AddressIndex` looks addresses up one by one, which is
what `igh-geo geocode` does; it gets fewer rows and its seconds are multiplied.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

SEED = 20251122
ONE_BY_ONE = 20_000
PER_POSTCODE = 15
LETTERS = "ABDEGHJKLNPRSTVWXZ"


def make_register(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A register of n addresses and their objects: a number in three has floors or letters."""
    from igh_geo.sources.addresses.address_text import fold_street

    rng = np.random.default_rng(SEED)
    per_street = 120
    street = np.arange(n) // per_street
    names = [
        f"{_word(i)}{('straat', 'laan', 'weg', 'plein')[i % 4]}" for i in range(street[-1] + 1)
    ]
    # Three addresses behind each other are one number with floors, or three numbers.
    block, place_in_block = np.divmod(np.arange(n), 3)
    is_flat = rng.random(block[-1] + 1)[block] < 1 / 3
    number = 1 + (block % (per_street // 3)) * 3 + np.where(is_flat, 0, place_in_block)
    floors = np.array(["HS", "1", "2"])[place_in_block]
    suffix = np.where(is_flat, floors, "")
    code = np.arange(n) // PER_POSTCODE
    letters = np.array(list(LETTERS))
    digits = (1000 + code // len(letters) ** 2 % 9000).astype(str)
    pairs = np.char.add(letters[code // len(letters) % len(letters)], letters[code % len(letters)])
    ids = pd.Series(np.arange(n)).astype("str").str.zfill(10)
    object_id = "036301" + ids
    addresses = pd.DataFrame(
        {
            "address_id": "036320" + ids,
            "object_id": object_id,
            "street": pd.array(np.array(names, dtype=object)[street], dtype="str"),
            "street_key": pd.array(
                np.array([fold_street(name) for name in names], dtype=object)[street], dtype="str"
            ),
            "number": number.astype("int64"),
            "suffix": pd.array(suffix, dtype="str"),
            "postcode": pd.array(np.char.add(digits, pairs), dtype="str"),
            "place_key": "voorbeeldstad",
            "is_main": True,
        }
    )
    x = 150_000 + 10.0 * (block % 1000)
    y = 450_000 + 10.0 * (block // 1000)
    objects = pd.DataFrame({"x": x, "y": y}, index=pd.Index(object_id, name="object_id"))
    return addresses, objects


def _word(number: int) -> str:
    """A name of letters for a number, each a different one."""
    word = ""
    while number >= 0:
        word = "bcdfghklmnprstvwz"[number % 17] + "aeiou"[number // 17 % 5] + word
        number = number // 85 - 1
    return word.capitalize()


def write_cases(addresses: pd.DataFrame, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Cases at drawn addresses in the words of people, and which address each is."""
    rng = np.random.default_rng(SEED + 1)
    at = rng.integers(0, len(addresses), n)
    drawn = addresses.iloc[at].reset_index(drop=True)
    postcode = drawn["postcode"]
    spaced = postcode.str[:4] + " " + postcode.str[4:].str.lower()
    said = {"": "", "HS": "hs", "1": "1-hoog", "2": "II"}
    how = rng.random(n)
    cases = pd.DataFrame(
        {
            "Straat": drawn["street"].where(how < 0.7, drawn["street"].str.lower()),
            "Huisnummer": drawn["number"].astype("str"),
            "Toevoeging": drawn["suffix"].where(how < 0.5, drawn["suffix"].map(said)),
            "Postcode": postcode.where(how < 0.6, spaced),
        }
    )
    return cases, at


# What is measured, each in its own process.


def ours(n: int, asked: tuple[str, ...]) -> Callable[[], str]:
    from igh_geo.sources.addresses.matching import match_addresses

    addresses, objects = make_register(n)
    cases, at = write_cases(addresses, n)
    if asked == ("id",):
        ids = addresses["address_id"].iloc[at].str.lstrip("0")
        cases = pd.DataFrame({"adres_id": ids.reset_index(drop=True)})
    elif asked == ("line",):
        line = cases["Straat"] + " " + cases["Huisnummer"] + " " + cases["Toevoeging"]
        cases = pd.DataFrame({"adres": line.str.strip() + ", " + cases["Postcode"]})
    else:
        cases = cases[list(asked)]
    truth = addresses["object_id"].iloc[at].to_numpy(dtype=object)

    def run() -> pd.DataFrame:
        return match_addresses(cases, addresses, objects=objects)

    run.told = lambda found: f"{(found['object_id'].to_numpy(dtype=object) == truth).mean():.1%}"
    return run


def merge(n: int) -> Callable[[], str]:
    addresses, _ = make_register(n)
    keys = ["postcode", "number", "suffix"]
    _, at = write_cases(addresses, n)
    cases = addresses[keys].iloc[at].reset_index(drop=True)

    def run() -> pd.DataFrame:
        return cases.merge(addresses[[*keys, "object_id"]], on=keys, how="left")

    run.told = lambda found: f"{found['object_id'].notna().mean():.1%}"
    return run


def one_by_one(n: int) -> Callable[[], str]:
    from igh_geo.sources.addresses.address_match import AddressIndex
    from igh_geo.sources.addresses.address_text import read_addresses_of

    addresses, objects = make_register(n)
    cases, _ = write_cases(addresses, min(n, ONE_BY_ONE))
    index = AddressIndex(addresses.assign(x=objects["x"].to_numpy(), y=objects["y"].to_numpy()))

    def run() -> list[str]:
        readings, _ = read_addresses_of(cases, "cases")
        return [index.find(reading).quality for reading in readings]

    run.told = lambda found: f"{np.mean([q == 'address' for q in found]):.1%}"
    run.times = n / len(cases)
    return run


PARTS = ("Huisnummer", "Toevoeging", "Postcode")
STEPS: dict[str, tuple[str, Callable[[int], Callable[[], str]]]] = {
    "merge": ("pandas.merge on exact keys", merge),
    "postcode": ("match_addresses: postcode, number", lambda n: ours(n, PARTS)),
    "street": ("match_addresses: and the street", lambda n: ours(n, ("Straat", *PARTS))),
    "no_postcode": ("match_addresses: street, number", lambda n: ours(n, ("Straat", *PARTS[:2]))),
    "line": ("match_addresses: all in one column", lambda n: ours(n, ("line",))),
    "id": ("match_addresses: identification", lambda n: ours(n, ("id",))),
    "index": ("AddressIndex.find, its index made", one_by_one),
}


def measure(step: str, rows: int) -> None:
    """Do one step in this process and print what it took, as JSON on the last line."""
    run = STEPS[step][1](rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, worked = time.perf_counter(), time.process_time()
    found = run()
    seconds, processor = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes, macOS bytes.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    times = getattr(run, "times", 1)
    result = {
        "seconds": seconds * times,
        "processor": processor * times,
        "before": before / unit,
        "mb": peak / unit,
        "told": run.told(found),
    }
    print(json.dumps(result))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--steps", nargs="+", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        measure(options.step, options.rows)
        return
    print(f"{options.rows:,} cases, as many addresses")
    print(f"{'':38}{'seconds':>9}{'processor':>11}{'tables MB':>11}{'peak MB':>9}  found")
    for step in options.steps:
        # Our own file, our own interpreter: nothing from outside goes into this command.
        words = [sys.executable, __file__, "--step", step, "--rows", str(options.rows)]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        title = STEPS[step][0]
        if ran.returncode:
            print(f"{title:38} failed: {(ran.stderr.strip().splitlines() or ['no word'])[-1][:80]}")
            continue
        took = json.loads(ran.stdout.strip().splitlines()[-1])
        figures = f"{took['seconds']:9.2f}{took['processor']:11.2f}{took['before']:11.0f}"
        print(f"{title:38}{figures}{took['mb']:9.0f}  {took['told']}")


if __name__ == "__main__":
    main()
