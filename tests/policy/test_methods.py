from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from igh_geo.policy.methods import methods
from igh_geo.texts import Texts


def steps_of(findings, lens, language="nl"):
    return {step.statistic: step for step in methods(findings, lens, Texts(language))}


def test_methods_say_what_was_done_and_nothing_else(town):
    lens = town.lens()
    steps = steps_of(town.findings(town.areas(3, 3), [20.0] * 9, lens=lens), lens)
    assert "per 1.000 inwoners" in steps["rate"].words
    assert "999 permutaties" in steps["clusters_eb_rate"].words
    assert {"cells", "density", "change", "hours"}.isdisjoint(steps)
    plain = town.lens(rate={"denominator": "none"})
    steps = steps_of(town.findings(town.areas(2, 2), [20.0] * 4, lens=plain), plain)
    assert list(steps) == ["count", "rank", "privacy"]


def test_restricted_export_does_not_claim_that_numbers_were_left_out(town):
    lens = town.lens(audience="restricted", privacy={"purpose": "p", "legal_basis": "w"})
    findings = town.findings(town.areas(3, 3), [20.0] * 9, lens=lens)
    assert "privacy" not in steps_of(findings, lens)


def test_step_carries_its_source_and_the_parameters_it_was_computed_with(town):
    lens = town.lens(rate={"per_year": True})
    findings = town.findings(town.areas(3, 3), [20.0] * 9, [10.0] * 9, lens=lens)
    steps = steps_of(findings, lens)
    rate = steps["rate"]
    assert rate.source == "Garwood 1936"
    assert rate.sentence.endswith("[Garwood 1936]")
    assert (rate.parameters["per"], rate.parameters["days"]) == (1000.0, 365)
    assert "per jaar" in rate.words
    assert "[" not in steps["reliability"].sentence
    assert steps["clusters_eb_rate"].parameters["correction"] == "bh"
    assert "Benjamini-Hochberg" in steps["clusters_eb_rate"].words
    assert "change" in steps


@pytest.mark.parametrize("language", ["nl", "en"])
def test_methods_fit_in_a_manifest(town, language):
    lens = town.lens()
    findings = town.findings(town.areas(3, 3), [20.0] * 9, lens=lens)
    told = [asdict(step) for step in methods(findings, lens, Texts(language))]
    assert json.loads(json.dumps(told)) == told
    assert all("{" not in step["words"] for step in told)


def test_funnel_is_no_step_where_its_limits_are_not_told(town):
    lens = town.lens()
    findings = town.findings(town.areas(3, 3), [20.0, 30.0, 40.0] * 3, lens=lens)
    told = {step.statistic for step in methods(findings, lens, Texts("nl"))}
    kept = {step.statistic for step in methods(findings, lens, Texts("nl"), tells_funnel=False)}
    assert told - kept == {"funnel"}
