"""A line proved by several processes is proved as by one: the same counts, and the same first failure."""

import shutil
import subprocess
import sys
from datetime import timedelta

import pytest

from baselines import checkin, checkout, proof, proving
from baselines.failures import Failed
from baselines.vault import Vault
from cmdb import signatures
from cmdb.store import Store
from tests.baselines.port import NIGHT, build, set_model

DURING = NIGHT + timedelta(minutes=10)


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    folder = tmp_path_factory.mktemp("original")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    request = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    checkin.check_in(port.library, request.id, actor="k.chen", key=keys.private("k.chen"), at=DURING)
    port.library.close()
    return folder / "library.git"


@pytest.fixture
def vault(original, tmp_path):
    shutil.copytree(original, tmp_path / "library.git")
    with Vault.open(tmp_path / "library.git") as opened:
        yield opened


def told(tally):
    """Everything that was counted; the commits by their ids."""
    counts = (tally.baselines, tally.changes, tally.votes, tally.alone)
    return (*counts, tally.parts, [one.id for one in tally.walked], tally.site, tally.root, tally.head)


def failing(vault, processes):
    with pytest.raises(Failed) as failed:
        proving.prove(vault, vault.head(), verify=signatures.verify, processes=processes)
    return failed.value.failure


def git(vault, *arguments):
    subprocess.run(["git", f"--git-dir={vault.path}", *arguments], check=True, capture_output=True)


def test_however_many_prove_it_the_same_is_counted_and_all_commits_are_told_of(vault):
    head, seen = vault.head(), []
    alone = proof.prove(vault, head, verify=signatures.verify)
    assert alone.baselines == 3
    assert len(alone.walked) == 5
    check = signatures.Remembered(signatures.verify)
    tally = proving.prove(vault, head, verify=check, progress=seen.append, processes=3)
    assert told(tally) == told(alone)
    assert seen


def test_only_what_follows_what_was_proved_before_is_shared_out(vault):
    head = vault.head()
    since = list(vault.walk(head))[2].id
    alone = proof.prove(vault, head, verify=signatures.verify, since=since)
    both = proving.prove(vault, head, verify=signatures.verify, since=since, processes=2)
    assert told(both) == told(alone)
    git(vault, "update-ref", "-d", "refs/tags/BL-000001")  # proved before, and gone since
    with pytest.raises(Failed, match="BL-000001"):
        proving.prove(vault, head, verify=signatures.verify, since=since, processes=2)


@pytest.mark.parametrize("broken", [("BL-000002",), ("BL-000001", "BL-000002")])
def test_the_first_failure_of_the_line_is_told_whichever_process_meets_it(vault, broken):
    for name in broken:
        git(vault, "update-ref", "-d", f"refs/tags/{name}")
    found = failing(vault, 1)
    assert found.id == broken[0]
    assert failing(vault, 3) == found


def test_what_cannot_be_read_is_named_as_one_process_names_it(vault):
    oid = vault.file_id(vault.head(), "items/sw/sw-11.json") or next(
        oid for path, oid in vault.paths(vault.head(), "items/") if path.endswith("sw-11.json")
    )
    packs = list(vault.path.glob("objects/pack/*.pack"))
    for pack in packs:
        pack.rename(vault.path / pack.name)
        with (vault.path / pack.name).open("rb") as objects:
            subprocess.run(
                ["git", f"--git-dir={vault.path}", "unpack-objects", "-q"], stdin=objects, check=True
            )
    vault.close()
    (vault.path / "objects" / oid[:2] / oid[2:]).unlink()
    found = failing(vault, 1)
    assert "cannot be read" in found.why
    assert failing(vault, 2) == found


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/python"])
def test_what_another_process_did_not_come_to_is_proved_here(vault, monkeypatch, program):
    monkeypatch.setattr(sys, "executable", program)
    alone = proof.prove(vault, vault.head(), verify=signatures.verify)
    assert told(proving.prove(vault, vault.head(), verify=signatures.verify, processes=3)) == told(alone)
    git(vault, "update-ref", "-d", "refs/tags/BL-000002")
    assert failing(vault, 3).id == "BL-000002"


def test_signatures_checked_in_a_way_of_the_callers_own_are_checked_here(vault):
    checked = []

    def check(statement, signature, *, namespace, keys):
        checked.append(namespace)
        return signatures.verify(statement, signature, namespace=namespace, keys=keys)

    proving.prove(vault, vault.head(), verify=check, processes=3)
    assert len(checked) == 10
    with_tool = proving.prove(vault, vault.head(), verify=signatures.verify_with_tool, processes=3)
    assert with_tool.votes == 3
