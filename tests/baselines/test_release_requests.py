"""Asking for a release: only what a baseline holds, and what its voters are told."""

from datetime import timedelta

import pytest

from baselines import (
    checkin,
    release_requests,
)
from ccb import assessment, requests
from ccb.model import ChangeDraft, ProposedChange
from cmdb import items
from cmdb.errors import Invalid, Refused
from cmdb.model import Dependency, Item
from tests.baselines.port import NIGHT, build, set_model
from tests.baselines.wharf import MAIL, asked


@pytest.fixture
def port(store, tmp_path, keys):
    with (made := build(store, tmp_path / "library.git", keys)).library:
        yield made


FOUND = (
    "INSERT INTO finding (id, audit, what, rule, about, count, state, holder, correction,"
    " corrected_by, reason, reviews, raised_at, raised_by, steps) VALUES ('FND-1', 'AUD-1', 'wrong label',"
    " '', '[\"sw-11\"]', 1, 'raised', '', '', '', '', 0, '2026-11-22T22:00:00Z', 'a.vries', 1)"
)


def test_a_request_for_a_release_names_the_closed_set_of_a_baseline(port):
    request = asked(port)
    (change,) = request.changes
    assert (request.kind, change.operation, change.id) == ("release", "release", "service:mail")
    assert change.exact["baseline"] == "BL-000001"
    assert change.seen == {"digest": change.exact["set"], "count": 13}
    # From another machine, or on another day, the set is the same one.
    assert (
        release_requests.draft(
            port.library, MAIL.but(version="1.1"), actor="k.chen", at=NIGHT + timedelta(days=3)
        )
        .changes[0]
        .seen
        == change.seen
    )


def test_releasing_an_item_that_is_not_in_the_baseline_is_refused_with_where_it_is(port):
    spare = Item(id="spare", type="network-device", name="spare", owner="k.chen", group="network")
    items.register(port.store, spare, actor="a.vries", at=NIGHT)
    with pytest.raises(Refused, match="only from items of BL-000001") as refusal:
        asked(port, scope="", items=("sw-11", "spare", "nowhere"))
    assert refusal.value.problems == (
        "'spare' is not in BL-000001: it is a candidate.",
        "'nowhere' is not in BL-000001: there is no such item.",
    )
    port.established(NIGHT)
    with pytest.raises(Refused) as refusal:
        asked(port, scope="", items=("spare",), baseline="BL-000001")
    assert refusal.value.problems == ("'spare' is not in BL-000001: it came under control later.",)
    assert asked(port, scope="", items=("spare",)).changes[0].exact["baseline"] == "BL-000002"


def test_what_is_left_out_has_to_be_part_of_it_and_gives_its_reason(port):
    request = asked(port, left_out={"sw-12": "spare", "person:p.ng": "no part of the product"})
    assert request.changes[0].seen["count"] == 11
    for left_out, why in (
        ({"nowhere": "x"}, "item nowhere is left out, and is no part of the release anyway."),
        ({"type:service": "x"}, "type service cannot be left out: no record of it can be read without."),
        ({"mail": "x"}, "There is no item in it."),
    ):
        with pytest.raises(Refused, match="no closed set") as refusal:
            asked(port, version="2", left_out=left_out)
        assert why in refusal.value.problems
    with pytest.raises(Invalid, match="The release is not valid") as wrong:
        asked(port, version="2", left_out={"sw-12": " "})
    assert wrong.value.problems == ("'sw-12' is left out without a reason.",)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"version": "../1"}, "The version '../1' is none"),
        ({"version": ""}, "The version '' is none"),
        ({"version": "1\n2"}, "The version '1"),
        ({"product": "../mail"}, "The product '../mail' is no id"),
        ({"scope": "all"}, "a release names service:ID"),
        ({"scope": "customer:north"}, "a release names service:ID"),
        ({"level": "draft"}, "the level is one of controlled and baselined"),
    ],
)
def test_what_is_no_release_is_refused_as_a_whole(port, wanted, why):
    with pytest.raises(Invalid) as wrong:
        asked(port, **wanted)
    assert any(why in one for one in wrong.value.problems)


def test_a_version_is_asked_for_once(port):
    request = asked(port)
    with pytest.raises(Refused, match=f"{request.id} asks for mail 1.0 already; it is draft"):
        asked(port)
    requests.withdraw(port.store, request.id, actor="a.vries", at=NIGHT)
    assert asked(port).id != request.id


def test_a_release_changes_no_record_and_has_no_window(port):
    with pytest.raises(Invalid) as wrong:
        requests.new(
            port.store,
            ChangeDraft(kind="release", title="x", reason="y", changes=(set_model(),)),
            actor="a.vries",
            at=NIGHT,
        )
    assert "A release changes no record; leave out what is to happen to item sw-11." in wrong.value.problems
    change = asked(port).changes[0]
    for kind in ("normal", "baseline"):
        with pytest.raises(Invalid, match="not valid") as wrong:
            requests.new(
                port.store,
                ChangeDraft(kind=kind, title="x", reason="y", changes=(change,)),
                actor="a.vries",
                at=NIGHT,
            )
        assert any(f"is for a request of kind release, not {kind}" in one for one in wrong.value.problems)
    forged = change.but(exact={**change.exact, "version": "9", "set": "0" * 64}, seen={})
    with pytest.raises(Invalid) as wrong:
        requests.new(
            port.store,
            ChangeDraft(kind="release", title="x", reason="y", changes=(forged,)),
            actor="a.vries",
            at=NIGHT,
        )
    assert any("is not kept here" in one for one in wrong.value.problems)


def test_voters_are_told_of_counts_levels_findings_and_work_under_way(port):
    spare = Item(id="spare", type="network-device", name="spare", owner="k.chen", group="network")
    items.register(port.store, spare, actor="a.vries", at=NIGHT)
    items.connect(port.store, Dependency(source="spare", target="sw-11"), actor="a.vries", at=NIGHT)
    change = ProposedChange(
        record="scope",
        id="all",
        operation="bring under control",
        exact={"level": "controlled", "criterion": "spare"},
    )
    draft = ChangeDraft(kind="baseline", title="Spare", reason="spare", changes=(change,))
    spared = requests.new(port.store, draft, actor="a.vries", at=NIGHT)
    requests.submit(port.store, spared.id, actor="a.vries", at=NIGHT)
    port.carried(spared.id, "a.vries", ("a.vries",), NIGHT)
    key = port.keys.private("a.vries")
    checkin.establish(port.library, spared.id, actor="a.vries", key=key, at=NIGHT)
    under_way = port.raised(set_model("QFX5200"))
    request = asked(port, scope="", items=("spare",))
    requests.submit(port.store, request.id, actor="a.vries", at=NIGHT)
    _request, found = requests.assess(port.store, request.id, actor="a.vries", at=NIGHT)
    told = found.material["release"]
    assert found.material["scopes"][0]["types"][0] == {"type": "dependency kind", "count": 1}
    assert {"type": "network-device", "count": 2} in found.material["scopes"][0]["types"]
    assert (told["product"], told["below_level"]) == ("mail", 1)
    assert told["below"] == [{"item": "spare", "level": "controlled"}]
    assert found.context["release"]["unfinished"] == [
        {"change": under_way.id, "state": "submitted", "title": "Replace sw-11", "items": ["sw-11"]}
    ]
    assert told["findings"] == []
    with port.store.write() as uow:
        uow.rows(FOUND)
        moved = assessment.assess(uow, requests.find(uow, request.id), at=NIGHT)
        uow.commit()
    assert moved.material["release"]["findings"] == [
        {"finding": "FND-1", "what": "wrong label", "items": ["sw-11"]}
    ]
    assert moved.digest != found.digest  # a finding makes votes stale; other work does not
