"""A standard change, from its template to a baseline that proves itself, without a vote."""

from datetime import timedelta

import pytest

from baselines import backout, checkin, checkout, inspection, rebuild, tables, verification
from ccb import acceptance, requests, standard, statements, templates
from ccb.model import ChangeRequest, ProposedChange, Window
from ccb.templates import Template
from cmdb import planned, tables_graph
from cmdb.errors import Invalid, Refused
from cmdb.promises import Freeze
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, build

DURING = NIGHT + timedelta(minutes=10)
HOUR = Window(start=NIGHT, end=NIGHT + timedelta(hours=1))
FIRMWARE = {
    "name": "New firmware of a switch",
    "types": ["network-device"],
    "exact": {"model": "QFX5120"},
    "free": ["firmware"],
    "open": ["serial"],
    "reason": "keep what is supported",
    "backout": "start the old image",
    "test": "ping",
    "window": "2h",
    "covers": "baselined",
}

ENDED = ProposedChange(record="template", id="firmware", operation="retire")


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def decided(port, *changes, at=NIGHT - timedelta(hours=3), **more):
    """A request to the site board about templates, done."""
    request = port.raised(
        *changes, title="Templates", window=Window(start=at, end=at + timedelta(minutes=30)), **more
    )
    port.carried(request.id, "k.chen", ("a.vries",), at)
    checkout.check_out(port.library, request.id, actor="k.chen", at=at)
    return checkin.check_in(
        port.library, request.id, actor="k.chen", key=port.keys.private("k.chen"), at=at
    ).request


def with_template(port, **more):
    exact = {**FIRMWARE, **more}
    return decided(port, ProposedChange(record="template", id="firmware", operation="add", exact=exact))


def drafted(port, *items, window=HOUR, given=None, **more):
    with port.store.read() as uow:
        template = uow.get(Template, "firmware")
    draft = templates.drafted(template, items or ("sw-11",), window, given or {"firmware": "7.2"})
    at = NIGHT - timedelta(hours=1)
    return requests.new(port.store, draft.but(**more), actor="k.chen", at=at)


def accepted(port, *items, **more):
    request = drafted(port, *items, **more)
    return acceptance.submit(port.store, request.id, actor="k.chen", at=NIGHT - timedelta(hours=1))


def done(port, request):
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    folder = port.library.vault.path.parent / "work"
    with port.store.write() as uow:
        out = tables.checkout_of(uow, request.id)
        checkout.lay_out(uow, request.but(state="checked out"), out, folder, actor="k.chen", at=NIGHT)
        uow.commit()
    file = folder / "items" / f"{request.changes[0].id}.json"
    file.write_text(file.read_text().replace('"X1"', '"Z9"'))
    key = port.keys.private("k.chen")
    return checkin.check_in(port.library, request.id, folder=folder, actor="k.chen", key=key, at=DURING)


def proved(port):
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure
    return report


def test_what_keeps_to_a_template_is_approved_without_votes_and_proves_itself(port):
    approval = with_template(port)
    request = accepted(port)
    assert (request.state, request.board, request.round) == ("approved", "", 0)
    baseline = done(port, request)
    commit = port.library.vault.commit(baseline.commit)
    assert commit.trailer("Template") == "firmware"
    with port.store.read() as uow:
        item = tables_graph.get_item(uow, "sw-11")
        assert standard.approval(uow, "firmware") == approval
        [established] = uow.rows("SELECT commit_id FROM baseline WHERE request = ?", approval)
    assert commit.trailer("Decision") == established[0]
    assert dict(item.characteristics) == {"model": "QFX5120", "firmware": "7.2", "serial": "Z9"}
    assert proved(port).baselines == 4


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"given": {"location": "r1"}}, "'location' is no field the template sets"),
        ({"window": Window(start=NIGHT, end=NIGHT + timedelta(hours=3))}, "the template allows 7200 s"),
        ({"backout": "none"}, "back-out plan is not the template's"),
        ({"template": "other"}, "no template 'other' under control"),
        ({"kind": "normal"}, "Only a standard change names a template"),
    ],
)
def test_leaving_the_template_is_refused_with_every_reason(port, more, said):
    with_template(port)
    with pytest.raises(Invalid) as refused:
        drafted(port, **more)
    assert any(said in one for one in refused.value.problems)


def test_items_of_other_types_and_other_operations_are_none_of_the_templates(port):
    with_template(port)
    with pytest.raises(Invalid) as refused:
        drafted(port, "mail")
    assert "item mail: it is none of the items the template is for." in refused.value.problems
    with port.store.read() as uow:
        retire = ProposedChange(record="item", id="sw-11", operation="retire")
        template = uow.get(Template, "firmware")
    draft = templates.drafted(template, ("sw-11",), HOUR, {})
    assert templates.departures(template, draft.but(changes=(retire,)), {}) == [
        "item sw-11: a template only sets fields of items."
    ]


def test_a_template_that_ended_accepts_nothing_and_the_way_out_is_a_normal_change(port):
    with_template(port)
    request = drafted(port)
    requests.submit(port.store, request.id, actor="k.chen", at=NIGHT - timedelta(hours=2))
    decided(
        port,
        ProposedChange(record="template", id="firmware", operation="retire"),
        at=NIGHT - timedelta(hours=2),
    )
    with pytest.raises(Refused, match="template firmware has ended") as refused:
        acceptance.accept(port.store, request.id, actor="k.chen", at=NIGHT)
    assert f"cmdb change normal {request.id}" in refused.value.remedy
    normal = acceptance.make_normal(port.store, request.id, actor="k.chen", at=NIGHT)
    assert (normal.kind, normal.template, normal.state) == ("normal", "", "draft")
    again = requests.submit(port.store, request.id, actor="k.chen", at=NIGHT)
    assert again.state == "submitted"
    with pytest.raises(Refused, match="is a normal change already"):
        acceptance.make_normal(port.store, request.id, actor="k.chen", at=NIGHT)


def test_a_template_that_ends_after_the_acceptance_lets_nothing_be_checked_out(port):
    with_template(port)
    request = accepted(port)
    decided(
        port,
        ProposedChange(record="template", id="firmware", operation="retire"),
        at=NIGHT - timedelta(hours=2),
    )
    with pytest.raises(Refused, match="does not authorise") as refused:
        checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    assert refused.value.problems == ("The template firmware has ended.",)


def test_a_template_that_ends_while_the_work_is_out_lets_it_be_given_back_and_voted_on(port):
    with_template(port)
    request = accepted(port)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    end = ProposedChange(record="template", id="firmware", operation="retire")
    decided(port, end, at=NIGHT - timedelta(hours=2))
    with port.store.write() as uow:
        found = inspection.examine(uow, request.id, actor="k.chen", at=NIGHT + timedelta(minutes=5))
    assert "The template firmware has ended." in found.problems
    assert f"'cmdb check-out {request.id} --give-back'" in " ".join(found.problems)
    checkout.give_back(port.library, request.id, actor="k.chen", at=NIGHT + timedelta(minutes=6))
    normal = acceptance.make_normal(port.store, request.id, actor="k.chen", at=NIGHT + timedelta(minutes=7))
    assert (normal.kind, normal.state) == ("normal", "draft")


def test_what_clashes_is_nothing_a_template_foresaw(port):
    with_template(port, down=True, expected="10m", worst="30m")
    request = drafted(port, "lb-edge", given={"firmware": "7.2"})
    freeze = Freeze(id="fair", title="Fair", start=NIGHT, end=HOUR.end, services=(), reason="the fair")
    planned.freeze(port.store, freeze, actor="a.vries", at=NIGHT - timedelta(hours=2))
    with pytest.raises(Refused, match="freeze"):
        acceptance.submit(port.store, request.id, actor="k.chen", at=NIGHT - timedelta(hours=1))


def test_a_forged_content_of_an_accepted_request_is_named(port):
    with_template(port)
    request = accepted(port)
    with port.store.write() as uow:
        uow.rows("UPDATE change_request SET reason = 'because' WHERE id = ?", request.id)
        uow.commit()
    failure = verification.verify(port.library).failure
    assert failure is not None
    assert (failure.kind, failure.id) == ("request", request.id)


def test_a_baseline_that_leaves_its_template_fails_the_proof(port, monkeypatch):
    with_template(port)
    request = accepted(port)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    with port.store.write() as uow:  # somebody with the database and a key of their own
        uow.rows("UPDATE template SET exact = '{\"model\":\"evil\"}', open = '[]' WHERE id = 'firmware'")
        uow.rows(
            "UPDATE change_request SET changes = REPLACE(REPLACE(changes, 'QFX5120', 'evil'),"
            " '\"serial\"]', ']') WHERE id = ?",
            request.id,
        )
        uow.commit()
    key = port.keys.private("k.chen")
    checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=DURING)
    failure = verification.verify(port.library).failure
    assert failure is not None
    assert "leaves the template firmware" in failure.why


def test_a_standard_change_is_backed_out_and_both_are_proved(port):
    with_template(port)
    request = accepted(port)
    done(port, request)
    key = port.keys.private("k.chen")
    undone = backout.back_out(
        port.library, request.id, reason="it reboots", actor="k.chen", key=lambda: key, at=DURING
    )
    assert undone is not None
    with port.store.read() as uow:
        assert tables_graph.get_item(uow, "sw-11").characteristics["model"] == "QFX5100"
        assert uow.get(ChangeRequest, request.id).state == "backed out"
    proved(port)


def test_a_rebuilt_database_knows_the_standard_change_from_its_check_in(port, tmp_path):
    with_template(port)
    request = accepted(port)
    done(port, request)
    folder = tmp_path / "rebuilt"
    folder.mkdir()
    (folder / "library.git").symlink_to(port.library.vault.path)
    site = Site(path=folder, name="Port")
    rebuild.rebuild(site, actor="k.chen", at=NIGHT + timedelta(days=1), apply=True)
    store = Store.open(site.url)
    with store.read() as uow:
        again = uow.get(ChangeRequest, request.id)
        assert uow.get(Template, "firmware").window == 7200
    assert (again.state, again.kind) == ("checked in", "standard")
    assert statements.content_digest(again) == statements.content_digest(request)


def test_a_template_says_everything_that_is_wrong_with_it():
    with pytest.raises(Invalid) as refused:
        templates.template_from(
            {"id": "t", "name": "T", "exact": {"owner": "me"}, "free": ["owner"], "worst": "9m"}
        )
    said = " ".join(refused.value.problems)
    for one in (
        "or their types",
        "stands twice",
        "changed by a vote",
        "back-out",
        "window: 2h",
        "go with 'down'",
    ):
        assert one in said.replace("backout", "back-out")
    with pytest.raises(Invalid) as refused:
        templates.template_from({"id": "t", "name": "T", "types": "x", "window": "2", "odd": 1})
    assert len(refused.value.problems) == 3


def test_an_outage_the_template_foresees_is_not_left_out():
    template = templates.template_from(
        {"id": "firmware", **FIRMWARE, "down": True, "expected": "10m", "worst": "30m"}
    )
    whole = templates.drafted(template, ("sw-11", "sw-12"), HOUR, {})
    assert templates.unforecast(template, whole) == []
    assert "leaves 'down' out" in templates.unforecast(template, whole.but(down=None))[0]
    half = whole.but(down=whole.down.but(items=("sw-11",)))
    assert templates.unforecast(template, half) == [
        "sw-12 goes down by the template, and 'down' leaves it out."
    ]
    still = templates.template_from({"id": "firmware", **FIRMWARE})
    assert templates.unforecast(still, templates.drafted(still, ("sw-11",), HOUR, {})) == []
    brief = whole.but(window=Window(start=NIGHT, end=NIGHT + timedelta(seconds=whole.down.worst - 1)))
    assert "it has to fit" in templates.unforecast(template, brief)[0]


def test_a_template_whose_outage_does_not_fit_its_window_is_refused_when_it_is_written(port):
    with pytest.raises(Invalid) as refused:
        with_template(port, down=True, expected="10m", worst="3h")
    assert "outage at worst 10800 s: it has to fit." in " ".join(refused.value.problems)
