"""How risky a change is: the matrix, the history, and which of them said so."""

import pytest

from ccb import risk

QUIET = {"effect": "none", "breach": False, "kind": "normal", "tested": True, "history": ()}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "low"),
        ({"effect": "reduced redundancy", "tested": False}, "low"),
        ({"effect": "degraded", "tested": False}, "medium"),
        ({"effect": "degraded"}, "low"),
        ({"effect": "outage"}, "medium"),
        ({"effect": "outage", "kind": "emergency"}, "high"),
        ({"effect": "outage", "kind": "standard", "tested": False}, "medium"),
        ({"kind": "emergency"}, "medium"),
    ],
)
def test_the_matrix_weighs_impact_against_how_likely_failure_is(facts, expected):
    found = risk.weigh(**{**QUIET, **facts})
    assert (found.risk, found.set_by) == (expected, "matrix")


@pytest.mark.parametrize("effect", ["none", "degraded", "outage"])
@pytest.mark.parametrize("kind", ["normal", "standard", "emergency"])
def test_a_forecast_breach_makes_the_risk_high_however_well_it_is_prepared(effect, kind):
    assert risk.weigh(**{**QUIET, "effect": effect, "kind": kind, "breach": True}).risk == "high"


def test_fewer_than_five_similar_changes_say_nothing_and_are_said_to():
    found = risk.weigh(**{**QUIET, "history": (False,) * 4})
    assert found.risk == "low"
    assert found.verdicts[1].sentence == "no history: 4 similar changes, 5 needed"
    assert found.verdicts[1].risk == ""


@pytest.mark.parametrize(
    ("failed", "of", "expected"), [(0, 5, "low"), (1, 5, "medium"), (1, 10, "low"), (2, 5, "high")]
)
def test_a_history_of_failures_raises_the_risk_and_is_named_as_what_did(failed, of, expected):
    history = (False,) * failed + (True,) * (of - failed)
    found = risk.weigh(**{**QUIET, "history": history})
    assert found.risk == expected
    assert found.set_by == ("matrix" if expected == "low" else "history")


def test_a_good_history_does_not_excuse_a_breach():
    found = risk.weigh(**{**QUIET, "breach": True, "history": (True,) * 20})
    assert (found.risk, found.set_by) == ("high", "matrix")
