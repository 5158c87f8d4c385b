"""What nothing signs and the journal tells: verify names a row that is gone, and one that says otherwise."""

import shutil
from datetime import timedelta

import pytest

from baselines import verification
from baselines.library import Library
from baselines.vault import Vault
from ccb import calling
from cmdb import action_items, people, reviews, roles
from cmdb.model import RoleGrant
from cmdb.store import Store
from tests.baselines.port import FOUNDED, NIGHT, build

MORE = (
    "INSERT INTO role_grant (id, person, role, service, start)"
    " VALUES ('more', 'k.chen', 'senior manager', '', '2026-01-01T00:00:00Z')"
)
BY = {"actor": "a.vries", "at": NIGHT}


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site with grants, a right, a review, a meeting and action items in several states."""
    folder = tmp_path_factory.mktemp("original")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    build(store, folder / "library.git", keys).library.close()
    ends = NIGHT + timedelta(days=9)
    people.grant(store, RoleGrant(id="sqa", person="k.chen", role="SQA", start=FOUNDED, end=ends), **BY)
    people.grant(store, RoleGrant(id="chair", person="m.jansen", role="chair", start=FOUNDED), **BY)
    people.revoke(store, "chair", **BY)
    people.revoke(store, "founder chair", **BY)
    roles.allow(store, "hold items", ["CM group"], **BY)
    for word in ("written off", "left open"):
        action_items.add(store, what=word, owner="k.chen", **BY)
    for state in ("reviewed", "approved"):
        action_items.step(store, "AI-1", state, **BY)
    action_items.close(store, "AI-1", evidence="see the photograph", evaluation="it helped", **BY)
    reviews.plan(
        store,
        kind="senior management",
        title="Quarter",
        every="quarter",
        planned=NIGHT,
        holder="m.jansen",
        **BY,
    )
    calling.call(store, board="port", planned_at=NIGHT + timedelta(days=1), **BY)
    return folder


@pytest.fixture
def site(original, tmp_path):
    shutil.copytree(original, tmp_path / "site")
    store, vault = (
        Store.open(str(tmp_path / "site" / "cmdb.db")),
        Vault.open(tmp_path / "site" / "library.git"),
    )
    with Library(store, vault) as opened:
        yield opened


def test_what_was_done_as_it_should_be_is_vouched_for(site):
    report = verification.verify(site)
    assert report.ok, report.failure


@pytest.mark.parametrize(
    ("statement", "kind", "id"),
    [
        ("DELETE FROM review", "review", "RV-1"),
        ("DELETE FROM meeting", "meeting", "MT-1"),
        ("DELETE FROM action_item WHERE id = 'AI-2'", "action", "AI-2"),
        ("DELETE FROM role_grant WHERE id = 'sqa'", "role grant", "sqa"),
        ("DELETE FROM role_grant WHERE id = 'founder SQA'", "role grant", "founder SQA"),
        ("UPDATE role_grant SET \"end\" = NULL WHERE id = 'sqa'", "role grant", "sqa"),
        ("UPDATE role_grant SET \"end\" = NULL WHERE id = 'chair'", "role grant", "chair"),
        ("UPDATE role_grant SET role = 'senior manager' WHERE id = 'sqa'", "role grant", "sqa"),
        (
            "UPDATE role_grant SET person = 'k.chen' WHERE id = 'founder CM group'",
            "role grant",
            "founder CM group",
        ),
        ("UPDATE role_grant SET service = 'mail' WHERE id = 'sqa'", "role grant", "sqa"),
        (MORE, "role grant", "more"),
        ("DELETE FROM role_action", "right", "hold items"),
        ("UPDATE role_action SET roles = '[\"SQA\"]'", "right", "hold items"),
        ("INSERT INTO role_action VALUES ('import', '[\"chair\"]')", "right", "import"),
        ("UPDATE action_item SET state = 'reviewed' WHERE id = 'AI-2'", "action item", "AI-2"),
        ("UPDATE action_item SET state = 'approved' WHERE id = 'AI-1'", "action item", "AI-1"),
        ("UPDATE action_item SET evidence = 'nothing to see' WHERE id = 'AI-1'", "action item", "AI-1"),
        ("UPDATE action_item SET evaluation = '' WHERE id = 'AI-1'", "action item", "AI-1"),
    ],
)
def test_each_forged_row_is_named(site, statement, kind, id):
    with site.store.write() as uow:
        uow.rows(statement)
        uow.commit()
    failure = verification.verify(site).failure
    assert failure is not None
    assert (failure.kind, failure.id) == (kind, id)
