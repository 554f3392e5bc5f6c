"""Key figures of the made-up municipality, in the layout and with the codes of CBS."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from igh_geo.sources.sample.names import (
    FLOODPLAIN_NAME,
    MUNICIPALITY_CODE,
    MUNICIPALITY_NAME,
    Character,
)
from igh_geo.sources.sample.town import Town

YEAR = 2025
SECRET = -99997
ABSENT = -99995
UNKNOWN = -99999999

SECRET_NAME = FLOODPLAIN_NAME
SMALL_NAME = "Koggenland"
SMALL_POPULATION = 35

PERSONS_PER_HOUSEHOLD: dict[Character, float] = {
    "centre": 1.55,
    "pre_war": 1.85,
    "post_war": 1.98,
    "suburb": 2.45,
    "new": 2.65,
    "harbour": 1.70,
    "rural": 2.50,
}
HOUSEHOLDS_PER_DWELLING = 0.97
AGES: dict[Character, tuple[float, ...]] = {
    "centre": (7, 19, 43, 18, 13),
    "pre_war": (13, 15, 37, 22, 13),
    "post_war": (15, 12, 25, 25, 23),
    "suburb": (17, 12, 20, 29, 22),
    "new": (23, 11, 31, 25, 10),
    "harbour": (10, 17, 39, 25, 9),
    "rural": (15, 11, 18, 33, 23),
}
AGE_COLUMNS = (
    "percentage_personen_0_tot_15_jaar",
    "percentage_personen_15_tot_25_jaar",
    "percentage_personen_25_tot_45_jaar",
    "percentage_personen_45_tot_65_jaar",
    "percentage_personen_65_jaar_en_ouder",
)
FLAT_TYPES = ("flat", "boven winkel")
# With fewer dwellings than this CBS gives no percentages and no value.
FEWEST_FOR_SHARES = 20

COUNTS = (
    "aantal_inwoners",
    "mannen",
    "vrouwen",
    "aantal_huishoudens",
    "woningvoorraad",
    "aantal_bedrijfsvestigingen",
)
SHARES = (
    *AGE_COLUMNS,
    "percentage_eenpersoonshuishoudens",
    "percentage_huishoudens_zonder_kinderen",
    "percentage_huishoudens_met_kinderen",
    "gemiddelde_woningwaarde",
    "percentage_eengezinswoning",
    "percentage_meergezinswoning",
    "percentage_koopwoningen",
    "percentage_huurwoningen",
)
COLUMN_ORDER = (
    "gemeentecode",
    "gemeentenaam",
    "indelingswijziging_wijken_en_buurten",
    "water",
    "meest_voorkomende_postcode",
    "dekkingspercentage",
    "omgevingsadressendichtheid",
    "stedelijkheid_adressen_per_km2",
    "bevolkingsdichtheid_inwoners_per_km2",
    "aantal_inwoners",
    "mannen",
    "vrouwen",
    *AGE_COLUMNS,
    "aantal_huishoudens",
    "percentage_eenpersoonshuishoudens",
    "percentage_huishoudens_zonder_kinderen",
    "percentage_huishoudens_met_kinderen",
    "gemiddelde_huishoudsgrootte",
    "woningvoorraad",
    "gemiddelde_woningwaarde",
    "percentage_eengezinswoning",
    "percentage_meergezinswoning",
    "percentage_koopwoningen",
    "percentage_huurwoningen",
    "aantal_bedrijfsvestigingen",
    "oppervlakte_totaal_in_ha",
    "oppervlakte_land_in_ha",
    "oppervlakte_water_in_ha",
    "jrstatcode",
    "jaar",
)


def _by_five(values: pd.Series[Any]) -> pd.Series[int]:
    """Round to five, as CBS does with people and households."""
    return (5 * (values / 5).round()).astype("int64")


def _true_figures(
    town: Town, addresses: pd.DataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return what a census taker would find in every buurt, before anything is withheld."""
    figures = town.neighbourhoods.copy()
    home = addresses["gebruiksdoel"] == "woonfunctie"
    dwellings = addresses[home].groupby("buurtcode").size().reindex(figures.index, fill_value=0)
    flats = (
        addresses[addresses["gebouwtype"].isin(FLAT_TYPES)]
        .groupby("buurtcode")
        .size()
        .reindex(figures.index, fill_value=0)
    )
    size = figures["character"].map(PERSONS_PER_HOUSEHOLD) * rng.lognormal(0, 0.04, len(figures))
    figures["woningvoorraad"] = dwellings
    figures["aantal_huishoudens"] = _by_five(HOUSEHOLDS_PER_DWELLING * dwellings)
    figures["aantal_inwoners"] = _by_five(HOUSEHOLDS_PER_DWELLING * dwellings * size)
    figures.loc[figures["buurtnaam"] == SMALL_NAME, "aantal_inwoners"] = SMALL_POPULATION
    figures["mannen"] = _by_five(figures["aantal_inwoners"] * rng.normal(0.495, 0.01, len(figures)))
    figures["vrouwen"] = figures["aantal_inwoners"] - figures["mannen"]
    figures["aantal_bedrijfsvestigingen"] = _by_five(
        addresses[~home].groupby("buurtcode").size().reindex(figures.index, fill_value=0)
        + 0.07 * dwellings
    )
    ages = np.array([AGES[character] for character in figures["character"]])
    ages = ages * rng.lognormal(0, 0.08, ages.shape)
    figures[list(AGE_COLUMNS)] = np.round(100 * ages / ages.sum(axis=1, keepdims=True))
    figures["percentage_eenpersoonshuishoudens"] = np.clip(np.round(115 - 36 * size), 12, 78)
    without = 0.45 * (100 - figures["percentage_eenpersoonshuishoudens"])
    figures["percentage_huishoudens_zonder_kinderen"] = np.round(without)
    figures["percentage_huishoudens_met_kinderen"] = (
        100
        - figures["percentage_eenpersoonshuishoudens"]
        - figures["percentage_huishoudens_zonder_kinderen"]
    )
    share_flats = (100 * flats / dwellings.clip(lower=1)).round()
    figures["percentage_meergezinswoning"] = share_flats
    figures["percentage_eengezinswoning"] = 100 - share_flats
    bought = np.clip(82 - 0.55 * share_flats + rng.normal(0, 7, len(figures)), 8, 94).round()
    figures["percentage_koopwoningen"] = bought
    figures["percentage_huurwoningen"] = 100 - bought
    figures["gemiddelde_woningwaarde"] = np.round(
        190 + 3.4 * bought + rng.normal(0, 25, len(bought))
    )
    figures["addresses"] = (
        addresses.groupby("buurtcode").size().reindex(figures.index, fill_value=0)
    )
    figures["meest_voorkomende_postcode"] = (
        addresses["postcode"].str[:4].groupby(addresses["buurtcode"]).agg(lambda p: p.mode()[0])
    ).reindex(figures.index)
    lake_m2 = shapely.area(shapely.intersection(figures.geometry.to_numpy(), town.lake))
    figures["water_m2"] = np.where(figures["is_water"], figures.geometry.area, lake_m2)
    figures["address_density"] = _density_around(figures, addresses)
    return figures


def _density_around(figures: gpd.GeoDataFrame, addresses: pd.DataFrame) -> pd.Series[float]:
    """Addresses per km² within 1 km of the houses, as seen from one house in eight."""
    places = addresses[["x", "y"]].to_numpy(dtype=float)
    near = KDTree(places).query_ball_point(places[::8], 1000.0, return_length=True)
    spots, count = addresses.iloc[::8], near / np.pi
    mean = pd.Series(count, index=spots["buurtcode"]).groupby(level=0).mean()
    return mean.reindex(figures.index)


def _aggregated(figures: gpd.GeoDataFrame, keys: list[str]) -> gpd.GeoDataFrame:
    """Add buurten up to a higher level; shares are weighted by dwellings."""
    weight = figures["woningvoorraad"].clip(lower=1)
    grouped = figures.groupby([figures[key] for key in keys], sort=True)
    sums = grouped[[*COUNTS, "addresses", "water_m2"]].sum()
    shares = pd.DataFrame(
        {
            column: (figures[column] * weight).groupby([figures[key] for key in keys]).sum()
            / weight.groupby([figures[key] for key in keys]).sum()
            for column in [*SHARES, "address_density"]
        }
    ).round()
    postcode = grouped["meest_voorkomende_postcode"].agg(
        lambda values: values.mode().iloc[0] if values.notna().any() else None
    )
    geometry = grouped["geometry"].agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    merged = sums.join(shares)
    merged["meest_voorkomende_postcode"] = postcode
    merged["geometry"] = [
        shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])
        for shape in geometry
    ]
    return gpd.GeoDataFrame(merged.reset_index(), geometry="geometry", crs=figures.crs)


def _published(figures: gpd.GeoDataFrame, code_column: str) -> gpd.GeoDataFrame:
    """Give a level the columns of the CBS file, and withhold what CBS would withhold."""
    table = figures.copy()
    total_ha = table.geometry.area / 1e4
    table["water"] = np.where(table["is_water"], "JA", "NEE")
    table["oppervlakte_totaal_in_ha"] = total_ha.round()
    table["oppervlakte_water_in_ha"] = (table["water_m2"] / 1e4).round()
    table["oppervlakte_land_in_ha"] = (
        table["oppervlakte_totaal_in_ha"] - table["oppervlakte_water_in_ha"]
    )
    table["gemeentecode"], table["gemeentenaam"] = MUNICIPALITY_CODE, MUNICIPALITY_NAME
    table["indelingswijziging_wijken_en_buurten"] = 1
    table["dekkingspercentage"] = 1
    table["jaar"] = YEAR
    table["jrstatcode"] = f"{YEAR}" + table[code_column]
    density = table["address_density"].fillna(0)
    table["omgevingsadressendichtheid"] = density.round()
    table["stedelijkheid_adressen_per_km2"] = 5 - np.searchsorted(
        [500, 1000, 1500, 2500], density, side="right"
    )
    land_km2 = (table["oppervlakte_land_in_ha"] / 100).clip(lower=0.01)
    table["bevolkingsdichtheid_inwoners_per_km2"] = (table["aantal_inwoners"] / land_km2).round()
    size = table["aantal_inwoners"] / table["aantal_huishoudens"].clip(lower=1)
    table["gemiddelde_huishoudsgrootte"] = size.round(1)

    few = table["woningvoorraad"] < FEWEST_FOR_SHARES
    none = table["aantal_inwoners"] == 0
    water = table["is_water"].to_numpy()
    secret = (
        (table["buurtnaam"] == SECRET_NAME).to_numpy()
        if "buurtnaam" in table
        else np.zeros(len(table), dtype=bool)
    )
    averages = [*SHARES, "gemiddelde_huishoudsgrootte"]
    table.loc[few, averages] = SECRET
    table.loc[none, averages] = ABSENT
    figures_given = [*COUNTS, *averages, "bevolkingsdichtheid_inwoners_per_km2"]
    table.loc[secret, figures_given] = SECRET
    area_figures = ["dekkingspercentage", "omgevingsadressendichtheid"]
    area_figures += ["stedelijkheid_adressen_per_km2", *figures_given]
    table.loc[water, area_figures] = UNKNOWN
    text = {"gemeentecode", "gemeentenaam", "water", "meest_voorkomende_postcode", "jrstatcode"}
    whole = [c for c in COLUMN_ORDER if c not in text and c != "gemiddelde_huishoudsgrootte"]
    table[whole] = table[whole].astype("int32")
    return table


def make_layers(
    town: Town, addresses: pd.DataFrame, seed: np.random.SeedSequence
) -> dict[str, gpd.GeoDataFrame]:
    """Return the three layers of a CBS/PDOK "wijken en buurten" file.

    People and households are rounded to five; what CBS withholds carries its own codes: -99997
    secret, -99995 absent, -99999999 not applicable on water. As in the real file the municipality
    has two rows, one for land and one for water.

    Parameters
    ----------
    town : Town
        Outlines of the buurten.
    addresses : DataFrame
        Output of ``make_addresses``.
    seed : SeedSequence
        The same seed gives the same figures.

    Returns
    -------
    dict of str to GeoDataFrame
        ``buurten``, ``wijken`` and ``gemeenten``, EPSG:28992, surfaces in hectares, dwelling
        values in thousands of euros.
    """
    rng = np.random.default_rng(seed)
    figures = _true_figures(town, addresses, rng)
    districts = _aggregated(figures, ["wijkcode", "wijknaam", "is_water"])
    municipality = _aggregated(figures, ["is_water"])
    municipality["gemeentecode"] = MUNICIPALITY_CODE
    layers = {}
    for name, table, front in (
        ("buurten", figures.reset_index(), ["buurtcode", "buurtnaam", "wijkcode"]),
        ("wijken", districts, ["wijkcode", "wijknaam"]),
        ("gemeenten", municipality, []),
    ):
        code = front[0] if front else "gemeentecode"
        published = _published(table, code)
        columns = [*front, *COLUMN_ORDER, "geometry"]
        layers[name] = published[columns]
    return layers
