"""Check-outs one after the other: the newest counts whatever the clock says; files lie where one works."""

from datetime import timedelta

import pytest

from baselines import checkin, checkout
from tests.baselines.port import NIGHT, build, set_model

DURING = NIGHT + timedelta(minutes=10)


@pytest.fixture
def port(sqlite_store, tmp_path, keys):
    with (built := build(sqlite_store, tmp_path / "library.git", keys)).library:
        yield built


@pytest.mark.parametrize(
    "later", [timedelta(0), timedelta(minutes=-5)], ids=["same second", "clock put back"]
)
def test_a_second_check_out_is_the_one_that_counts_even_in_the_same_second_or_before(port, later):
    request = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=DURING)
    checkout.give_back(port.library, request.id, actor="k.chen", at=DURING)
    second = checkout.check_out(port.library, request.id, actor="k.chen", at=DURING + later)
    assert second.id == f"{request.id}/2"
    key = port.keys.private("k.chen")
    made = checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=DURING + later)
    assert made.id == "BL-000002"
    with port.store.read() as uow:
        assert checkout.outstanding(uow) == ()


def test_a_check_out_is_renewed_and_taken_over_on_a_clock_that_went_back_by_days(port):
    request = port.approved(set_model("QFX5120"))
    out = checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT + timedelta(days=9))
    for made in (
        checkout.renew(port.library, request.id, actor="k.chen", at=DURING),
        checkout.steal(port.library, request.id, reason="ill", actor="a.vries", at=DURING),
    ):
        assert made.expires_at >= out.expires_at


def test_whoever_takes_over_or_renews_may_have_the_working_directory_where_they_are(port, tmp_path):
    request = port.approved(set_model("QFX5120", "serial"))
    checkout.check_out(port.library, request.id, folder=tmp_path / "his", actor="k.chen", at=DURING)
    hers = tmp_path / "hers"
    by = {"actor": "a.vries", "at": DURING}
    taken = checkout.steal(port.library, request.id, reason="k.chen is ill", folder=hers, **by)
    assert (taken.person, taken.folder) == ("a.vries", str(hers))
    file = hers / "items" / "sw-11.json"
    file.write_text(file.read_text().replace("X1", "Z9"))
    again = checkout.renew(port.library, request.id, folder=tmp_path / "third", **by)
    assert again.folder == str(tmp_path / "third")
    made = checkin.check_in(
        port.library, request.id, folder=hers, key=port.keys.private("a.vries"), actor="a.vries", at=DURING
    )
    assert made.id == "BL-000002"
