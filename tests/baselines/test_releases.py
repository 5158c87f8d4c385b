"""Releases: only what a baseline holds, only what was authorised, the same bytes wherever they are made."""

import os
import shutil
import stat
import subprocess
import sys
from datetime import timedelta

import pytest

from baselines import (
    checkin,
    checkout,
    rebuild,
    release_check,
    release_model,
    release_requests,
    releasing,
    tables_releases,
)
from baselines import library as libraries
from baselines.library import Library
from baselines.release_model import FOLDER, NAMES, statement_bytes
from baselines.releasing import MAY
from baselines.verification import verify
from ccb import assessment, requests
from ccb.model import ChangeDraft, ProposedChange
from cmdb import items, journal, roles, signatures
from cmdb.errors import CmdbError, Corrupt, Invalid, Refused
from cmdb.model import Dependency, Item, Person
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines import wharf
from tests.baselines.port import NIGHT, build, set_model
from tests.baselines.wharf import MAIL, asked, authorised, built
from tests.conftest import ROOT


@pytest.fixture
def port(store, tmp_path, keys):
    with (made := build(store, tmp_path / "library.git", keys)).library:
        yield made


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mail-1.0.tar"


FOUND = (
    "INSERT INTO finding (id, audit, what, rule, about, count, state, holder, correction,"
    " corrected_by, reason, reviews, raised_at, raised_by, steps) VALUES ('FND-1', 'AUD-1', 'wrong label',"
    " '', '[\"sw-11\"]', 1, 'raised', '', '', '', '', 0, '2026-11-22T22:00:00Z', 'a.vries', 1)"
)


def checked(file, **more):
    with file.open("rb") as stream:
        return release_check.check(stream, **more)


def names(file):
    listed = subprocess.run(["tar", "tf", file], capture_output=True, text=True, check=True).stdout
    return listed.split()


def make(port, id, file, actor="a.vries", at=NIGHT):
    return releasing.build(port.library, id, file=file, actor=actor, key=port.keys.private(actor), at=at)


def changed(port, model="QFX5120"):
    """Check in another model of a switch: a newer baseline."""
    request = port.approved(set_model(model))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    return checkin.check_in(
        port.library, request.id, actor="k.chen", key=port.keys.private("k.chen"), at=NIGHT
    )


# Asking for one ------------------------------------------------------------------------------


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


# What voters are told -------------------------------------------------------------------------


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


# Building one ---------------------------------------------------------------------------------


def test_what_was_authorised_is_built_recorded_and_closed(port, file):
    made = built(port, file)
    assert (made.product, made.version, made.baseline, made.by) == ("mail", "1.0", "BL-000001", "a.vries")
    assert made.size == file.stat().st_size
    listed = names(file)
    assert listed[:2] == ["mail-1.0/manifest.json", "mail-1.0/manifest.json.sig"]
    assert listed[2:] == sorted(listed[2:])
    assert len(listed) == made.files
    assert "mail-1.0/library/people/k.chen.json" in listed
    assert not [one for one in listed if "/boards/" in one or "/policies/" in one]
    found = checked(file, keys=[port.keys.public("a.vries")], root=port.root)
    assert (found.ok, found.records, found.votes) == (True, 13, 1)
    assert (found.key_confirmed, found.root_confirmed, found.archive) == (True, True, made.archive)
    with port.store.read() as uow:
        request = requests.find(uow, made.request)
        acts = [one.action for one in uow.all(journal.Entry) if one.request == made.request]
    assert (request.state, request.outcome) == ("closed", "as planned")
    assert acts[-3:] == ["release", "release build", "change close"]
    assert verify(port.library, root=port.root).ok


@pytest.mark.parametrize("state", ["draft", "submitted", "rejected"])
def test_nothing_is_built_that_the_board_has_not_authorised(port, file, state):
    request = asked(port)
    if state != "draft":
        requests.submit(port.store, request.id, actor="a.vries", at=NIGHT)
    if state == "rejected":
        wharf.decided(port, request.id, "reject")
    with pytest.raises(Refused, match=f"{request.id} is {state}, not approved"):
        make(port, request.id, file)
    assert not file.exists()
    assert not list(file.parent.glob(".cmdb-release-*"))


def test_only_who_may_release_products_builds_and_no_other_request_is_built(port, file):
    request = authorised(port)
    with pytest.raises(Refused, match="holds no role that may release products"):
        make(port, request.id, file, actor="k.chen")
    roles.allow(port.store, MAY, ["SQA"], actor="a.vries", at=NIGHT)
    with port.store.write() as uow:
        uow.rows("DELETE FROM role_grant WHERE role = 'SQA'")
        uow.commit()
    with pytest.raises(Refused, match="release products"):
        make(port, request.id, file)
    roles.allow(port.store, MAY, ["CM group"], actor="a.vries", at=NIGHT)
    other = port.approved(set_model())
    with pytest.raises(Refused, match="is a normal request, not one for a release"):
        make(port, other.id, file)


def test_a_check_out_of_a_release_says_how_it_is_built(port):
    request = authorised(port)
    with pytest.raises(Refused) as refusal:
        checkout.check_out(port.library, request.id, actor="a.vries", at=NIGHT)
    assert f"cmdb release build {request.id}" in refusal.value.remedy
    with pytest.raises(Refused):
        checkin.establish(
            port.library, request.id, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT
        )


def test_nothing_is_written_over(port, file):
    request = authorised(port)
    file.write_text("mine")
    with pytest.raises(Refused, match="exists already"):
        make(port, request.id, file)
    assert file.read_text() == "mine"
    with port.store.read() as uow:
        assert requests.find(uow, request.id).state == "approved"
    with pytest.raises(Refused, match="cannot be written"):
        make(port, request.id, file.parent / "missing" / "x.tar")


def test_an_older_baseline_is_released_as_it_was(port, file, tmp_path):
    changed(port)
    old = built(port, file, baseline="BL-000001")
    new = built(port, tmp_path / "new.tar", version="2.0")
    assert (old.baseline, new.baseline) == ("BL-000001", "BL-000002")
    with port.store.read() as uow:
        was, now = (tables_releases.items_of(uow, one) for one in (old, new))
    assert [one for one in was if was[one] != now[one]] == ["sw-11"]
    assert b'"QFX5100"' in file.read_bytes()
    assert b'"QFX5120"' not in file.read_bytes()


def test_a_release_is_made_again_byte_for_byte_from_the_library(port, file, tmp_path):
    made = built(port, file)
    changed(port)  # whatever happens meanwhile
    again = tmp_path / "again.tar"
    assert make(port, made.request, again, at=NIGHT + timedelta(days=400)) == made
    assert again.read_bytes() == file.read_bytes()
    with port.store.read() as uow:
        assert len(tables_releases.releases(uow)) == 1
    with pytest.raises(Refused, match="mail 1.0 is released already; a release is never replaced"):
        asked(port)


def test_two_builds_of_one_request_make_one_release(port, file, tmp_path):
    request = authorised(port)
    raced = []

    def step(reached):
        if reached == "prepared" and not raced:
            raced.append(make(port, request.id, tmp_path / "first.tar"))

    with pytest.raises(Refused, match="was changed meanwhile; nothing was built"):
        releasing.build(
            port.library, request.id, file=file, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT,
            steps=step,
        )  # fmt: skip
    assert not file.exists()
    assert make(port, request.id, file) == raced[0]
    assert file.read_bytes() == (tmp_path / "first.tar").read_bytes()


def test_what_moved_since_the_decision_stops_the_build(port, file):
    request = authorised(port)
    with port.store.write() as uow:
        uow.rows(FOUND)
        uow.commit()
    with pytest.raises(Refused, match="its evidence moved"):
        make(port, request.id, file)
    assert not file.exists()


def test_a_set_changed_in_the_database_is_not_built(port, file):
    request = authorised(port)
    with port.store.write() as uow:
        uow.rows("UPDATE change_request SET changes = REPLACE(changes, 'service:mail', 'item:sw-11')")
        uow.commit()
    with pytest.raises(CmdbError):
        make(port, request.id, file)
    assert not file.exists()


BUILD = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from baselines import releasing
from baselines.library import Library
from baselines.vault import Vault
from cmdb.store import Store
from baselines import tables_audits, tables_releases
os.umask(int(sys.argv[5], 8))
with Library(Store.open(sys.argv[1]), Vault.open(Path(sys.argv[2]))) as library:
    releasing.build(library, sys.argv[6], file=Path(sys.argv[3]), actor="a.vries", key=Path(sys.argv[4]),
                    at=datetime.fromisoformat(sys.argv[7]))
"""


def test_two_machines_build_the_same_bytes(tmp_path, keys):
    """Other user names, homes, masks, languages, zones, hash seeds and clocks: copies of one site."""
    store = Store.connect(str(tmp_path / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    with (port := build(store, tmp_path / "library.git", keys)).library:
        request = authorised(port)
    store.engine.dispose()
    found = []
    for number, (zone, language, mask, user, at) in enumerate(
        (
            ("UTC", "C", "022", "anna", "2026-11-22T22:00:00+00:00"),
            ("Pacific/Auckland", "tr_TR.UTF-8", "077", "build", "2031-02-03T04:05:06+00:00"),
        )
    ):
        folder = tmp_path / f"machine-{number}"
        folder.mkdir()
        shutil.copy(tmp_path / "cmdb.db", folder)
        shutil.copytree(tmp_path / "library.git", folder / "library.git")
        environ = {
            "PATH": os.environ["PATH"], "TZ": zone, "LC_ALL": language, "LANG": language, "USER": user,
            "LOGNAME": user, "HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(number),
        }  # fmt: skip
        file = folder / "out.tar"
        subprocess.run(
            [sys.executable, "-c", BUILD, folder / "cmdb.db", folder / "library.git", file,
             keys.private("a.vries"), mask, request.id, at],
            env=environ, cwd=folder, check=True,
        )  # fmt: skip
        found.append(file.read_bytes())
    assert found[0] == found[1]


def test_a_release_is_checked_by_hand_with_tar_sha256sum_and_ssh_keygen(port, file, tmp_path):
    """As docs/formats.md says it, word for word."""
    built(port, file)
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    script = page.split("### Checking a release by hand")[1].split("```sh\n")[1].split("```")[0]
    key = tmp_path / "builder.pub"
    key.write_text(port.keys.public("a.vries") + "\n")

    def by_hand():
        folder = tmp_path / "hand"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(file, folder / "mail-1.0.tar")
        shutil.copy(key, folder / "builder.pub")
        return subprocess.run(
            ["sh", "-e", "-c", script], cwd=folder, capture_output=True, text=True, check=False
        )

    good = by_hand()
    assert good.returncode == 0, good.stdout + good.stderr
    assert 'Good "release-manifest@cmdb" signature' in good.stdout
    data = file.read_bytes()
    for old, new in ((b"QFX5100", b"QFX9999"), (b'"version": "1.0"', b'"version": "1.1"')):
        file.write_bytes(data.replace(old, new))
        assert by_hand().returncode != 0
    file.write_bytes(data)
    key.write_text(port.keys.public("p.ng") + "\n")
    assert by_hand().returncode != 0


def test_extracting_a_release_gives_plain_readable_files_in_one_folder(port, file, tmp_path):
    built(port, file)
    folder = tmp_path / "out"
    folder.mkdir()
    subprocess.run(["tar", "xf", file, "-C", folder], check=True, capture_output=True)
    assert [one.name for one in folder.iterdir()] == ["mail-1.0"]
    found = [one for one in folder.rglob("*") if one.is_file()]
    assert all(stat.S_IMODE(one.stat().st_mode) & 0o111 == 0 for one in found)


# What the library keeps of it -------------------------------------------------------------------


def test_a_rebuilt_database_knows_every_release_and_can_make_it_again(keys, tmp_path, file):
    folder = tmp_path / "site"
    folder.mkdir()
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    with (port := build(store, folder / "library.git", keys)).library:
        made = built(port, file)
        waiting = authorised(port, version="1.1")
    store.engine.dispose()
    (folder / "cmdb.db").unlink()
    site = Site(path=folder, name="Port")
    rebuild.rebuild(site, actor="a.vries", at=NIGHT, apply=True)
    with Library.open(site) as library:
        with library.store.read() as uow:
            assert tables_releases.releases(uow) == (made,)
            assert len(tables_releases.items_of(uow, made)) == 4
            assert requests.find(uow, made.request).state == "checked in"
            assert requests.find(uow, waiting.id).state == "approved"
        assert verify(library).ok
        key = keys.private("a.vries")
        again, next_one = tmp_path / "again.tar", tmp_path / "next.tar"
        releasing.build(library, made.request, file=again, actor="a.vries", key=key, at=NIGHT)
        assert again.read_bytes() == file.read_bytes()
        releasing.build(library, waiting.id, file=next_one, actor="a.vries", key=key, at=NIGHT)
        assert checked(next_one).ok
        assert verify(library).ok
        library.store.engine.dispose()


COPY = (
    "INSERT INTO product_release SELECT product, '2', 'CR-9', scope, baseline, commit_id, digest,"
    " decision, manifest, signature, archive, size, files, at, \"by\", key, statement, 'x'"
    " FROM product_release"
)
FORGERIES = (
    ("UPDATE product_release SET archive = 'x'", "is not what was signed"),
    ("UPDATE product_release SET version = '9'", "is missing from the database"),
    ("DELETE FROM product_release", "is missing from the database"),
    ("UPDATE released_item SET sha256 = 'x' WHERE item = 'sw-11'", "lists other items"),
    ("DELETE FROM released_item WHERE item = 'sw-11'", "lists other items"),
    (
        "INSERT INTO released_item (product, version, item, sha256) VALUES ('mail', '7', 'sw-11', 'x')",
        "that nobody signed",
    ),
    (
        COPY,
        "that nobody signed",
    ),
)


@pytest.mark.parametrize(("sql", "why"), FORGERIES)
def test_a_forged_row_of_a_release_is_named(port, file, sql, why):
    built(port, file)
    with port.store.write() as uow:
        uow.rows(sql)
        uow.commit()
    failure = verify(port.library).failure
    assert failure is not None
    assert failure.kind == "release"
    assert why in failure.why


def forged(port, made, edit, *, name="release.json"):
    """A record commit by a.vries that tells of another release, made past the program."""
    folder = f"{FOLDER}mail/1.0/"
    with port.store.read() as uow:
        author = uow.get(Person, "a.vries")
        newest = libraries.tables.newest(uow)
    files = {one: port.library.vault.read(made.record, folder + one) for one in NAMES}
    files = edit(files)
    target = f"{FOLDER}mail/9.9/" if b'"version": "9.9"' in files.get(name, b"") else f"{FOLDER}other/1.0/"

    def enter(uow, commit):
        journal.record(uow, at=NIGHT, actor="a.vries", action="forged", subjects=("x",))

    libraries.add_records(
        port.library,
        lambda _uow: {target + one: data for one, data in files.items()},
        subject="Forged",
        author=author,
        key=port.keys.private("a.vries"),
        at=NIGHT,
        enter=enter,
    )
    assert newest is not None


def renamed(files):
    """The same statement about another version."""
    data = files["release.json"].replace(b'"version": "1.0"', b'"version": "9.9"')
    return {**files, "release.json": data}


def signed_again(port, files, *, key="a.vries"):
    sign = port.keys.private(key)
    made = signatures.sign(files["release.json"], namespace="release@cmdb", key=sign)
    return {**files, "release.sig": made.encode()}


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda port, files: {one: files[one] for one in NAMES[:2]}, "that is no release"),
        (lambda port, files: {**files, "extra": b"x"}, "that is no release"),
        (lambda port, files: files, "belongs to another site or product"),
        (
            lambda port, files: renamed(files),
            "is not signed by a key registered for a.vries",
        ),
        (
            lambda port, files: signed_again(port, renamed(files)),
            "is not what was decided on",
        ),
    ],
)  # fmt: skip
def test_a_forged_release_record_is_named(port, file, edit, why):
    made = built(port, file)
    forged(port, made, lambda files: edit(port, files))
    failure = verify(port.library).failure
    assert failure is not None
    assert why in failure.why


def test_what_a_statement_says_is_read_back_as_it_was_written(port, file):
    made = built(port, file)
    data = port.library.vault.read(made.record, f"{FOLDER}mail/1.0/release.json")
    assert data == statement_bytes(made, port.root)
    with pytest.raises(Corrupt, match="statement of a release is not readable"):
        release_model.release_from(data.replace(b'"size"', b'"sizes"'))
