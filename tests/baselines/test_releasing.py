"""Building a release: only what was authorised, the same bytes wherever it is made."""

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
    release_check,
    releasing,
    tables_releases,
)
from baselines.releasing import MAY
from baselines.verification import verify
from ccb import requests
from cmdb import journal, roles
from cmdb.errors import CmdbError, Refused
from cmdb.store import Store
from tests.baselines import wharf
from tests.baselines.port import NIGHT, build, set_model
from tests.baselines.wharf import asked, authorised, built
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
