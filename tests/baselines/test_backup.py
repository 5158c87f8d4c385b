"""A backup taken while people work is one site as of one moment, and a restored one proves it."""

import io
import json
import os
import shutil
import signal
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest

from baselines import backup, checkin, checkout, rebuild, tables, verification
from baselines.library import Library
from cmdb import site as sites
from cmdb.errors import Corrupt, Refused
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, Port, build, set_model

DURING = NIGHT + timedelta(minutes=10)
LATER = NIGHT + timedelta(days=1)


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site with one change done, and its database as it was before that."""
    folder = tmp_path_factory.mktemp("original")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    request = port.approved(set_model("QFX5120"))
    for suffix in ("", "-wal"):
        if (folder / f"cmdb.db{suffix}").exists():
            shutil.copy(folder / f"cmdb.db{suffix}", folder / f"older.db{suffix}")
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    checkin.check_in(port.library, request.id, actor="k.chen", key=keys.private("k.chen"), at=DURING)
    port.library.close()
    made = Site(path=folder, name="Port of Westhaven", zone="Europe/Amsterdam")
    sites.write(made)
    return made


@pytest.fixture(scope="module")
def saved(original, tmp_path_factory):
    """A backup of it."""
    file = tmp_path_factory.mktemp("saved") / "port.tar"
    backup.backup(original, file, at=LATER)
    return file


def report_of(site):
    with Library.open(site) as library:
        return json.dumps(verification.report_fields(verification.verify(library)))


def changed(file, target, change):
    """A copy of a tar file in which `change(name, data)` decides on each member; None drops it."""
    with tarfile.open(file) as old, tarfile.open(target, "w") as new:
        for member in old:
            data = change(member.name, old.extractfile(member).read())
            if data is not None:
                entry = tarfile.TarInfo(member.name)
                entry.size = len(data)
                new.addfile(entry, io.BytesIO(data))
    return target


def test_a_restored_site_gives_the_same_bytes_of_verify(original, saved, tmp_path):
    manifest, report = backup.restore(saved, tmp_path / "copy")
    assert report is not None
    assert report.root_confirmed
    copy = sites.read(tmp_path / "copy")
    assert report_of(copy) == report_of(original)
    assert (copy.name, copy.zone) == ("Port of Westhaven", "Europe/Amsterdam")
    assert manifest == backup.check(saved)
    assert sorted(one.name for one in copy.path.iterdir()) == ["cmdb.db", "library.git", "site.toml"]


def test_work_goes_on_in_a_restored_site(saved, tmp_path, keys):
    backup.restore(saved, tmp_path / "copy")
    with Library.open(sites.read(tmp_path / "copy")) as library:
        port = Port(library, keys)
        request = port.approved(set_model("EX4650"))
        checkout.check_out(library, request.id, actor="k.chen", at=NIGHT)
        key = keys.private("k.chen")
        checkin.check_in(library, request.id, actor="k.chen", key=key, at=DURING)
        assert verification.verify(library).ok


def test_the_library_in_it_ends_where_its_database_does(original, tmp_path):
    """As if somebody had checked in between the copy of the database and that of the library."""
    site = Site(path=tmp_path / "site", name="Port")
    shutil.copytree(original.library, site.library)
    for suffix in ("", "-wal"):
        older = original.path / f"older.db{suffix}"
        if older.exists():
            shutil.copy(older, site.path / f"cmdb.db{suffix}")
    manifest = backup.backup(site, tmp_path / "port.tar", at=LATER)
    restored, report = backup.restore(tmp_path / "port.tar", tmp_path / "copy")
    assert report is not None
    assert restored.newest == manifest.newest
    with Library.open(sites.read(tmp_path / "copy")) as library, library.store.read() as uow:
        newest = tables.newest(uow)
        assert library.vault.head() == newest.commit == manifest.commit
        assert "BL-000002" not in library.vault.tags()
    with Library.open(original) as library:
        assert library.vault.head() != manifest.commit


def test_a_backup_is_never_written_over_and_a_directory_never_mixed(original, saved, tmp_path):
    with pytest.raises(Refused, match="never written over"):
        backup.backup(original, saved, at=LATER)
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="not empty"):
        backup.restore(saved, tmp_path)


def test_nothing_is_left_beside_a_backup(saved):
    assert [one.name for one in saved.parent.iterdir()] == [saved.name]
    assert saved.stat().st_mode & 0o077 == 0


def _killed_restore(file, folder):
    """A process that restores and is killed while it verifies."""
    child = os.fork()
    if not child:
        backup.restore(file, folder, verify=lambda *_a, **_b: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("stands", [False, True])
def test_a_killed_restore_leaves_no_site_and_the_next_one_clears_up(saved, tmp_path, stands):
    folder = tmp_path / "again"
    if stands:
        folder.mkdir()
    _killed_restore(saved, folder)
    assert not (folder / "site.toml").exists()
    assert not (folder / "cmdb.db").exists()
    manifest, report = backup.restore(saved, folder)
    assert report is not None
    assert (report.ok, manifest.whole) == (True, True)
    assert sorted(one.name for one in folder.iterdir()) == ["cmdb.db", "library.git", "site.toml"]
    assert [one.name for one in tmp_path.iterdir()] == ["again"]


@pytest.mark.parametrize("name", ["file", "dangling"])
def test_what_is_no_directory_is_not_restored_into(saved, tmp_path, name):
    place = tmp_path / name
    place.write_text("x") if name == "file" else place.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Refused, match="not empty"):
        backup.restore(saved, place)
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["cmdb.db", "library.bundle"])
def test_a_changed_or_missing_member_is_named(saved, tmp_path, name):
    def flip(member, data):
        return bytes([data[0] ^ 1]) + data[1:] if member == name else data

    with pytest.raises(Corrupt, match=f"'{name}' is not what was written"):
        backup.check(changed(saved, tmp_path / "flipped.tar", flip))
    dropped = changed(saved, tmp_path / "dropped.tar", lambda one, data: None if one == name else data)
    with pytest.raises(Corrupt, match=f"'{name}' is missing"):
        backup.restore(dropped, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_member_that_no_manifest_names_is_refused(saved, tmp_path):
    shutil.copy(saved, tmp_path / "more.tar")
    with tarfile.open(tmp_path / "more.tar", "a") as tar:
        tar.addfile(tarfile.TarInfo("../outside"))
    with pytest.raises(Corrupt, match="does not name"):
        backup.restore(tmp_path / "more.tar", tmp_path / "copy")


def test_a_file_that_is_no_backup_or_cut_off_is_refused(saved, tmp_path):
    (tmp_path / "text.tar").write_text("hello", "utf-8")
    with pytest.raises(Corrupt):
        backup.check(tmp_path / "text.tar")
    (tmp_path / "cut.tar").write_bytes(saved.read_bytes()[:-200_000])
    with pytest.raises(Corrupt):
        backup.check(tmp_path / "cut.tar")
    with pytest.raises(Refused):
        backup.check(tmp_path / "absent.tar")


def test_a_database_tampered_with_before_the_backup_does_not_restore_quietly(original, tmp_path):
    site = Site(path=tmp_path / "site", name="Port")
    shutil.copytree(original.path, site.path)
    with Store.open(site.url).write() as uow:
        uow.rows("UPDATE item SET name = 'Mine' WHERE id = 'sw-11'")
        uow.commit()
    backup.backup(site, tmp_path / "port.tar", at=LATER)
    with pytest.raises(Corrupt, match="does not verify"):
        backup.restore(tmp_path / "port.tar", tmp_path / "copy")


def test_a_database_that_is_damaged_is_said_to_be_and_no_backup_is_left(original, tmp_path):
    site = Site(path=tmp_path / "site", name="Port")
    shutil.copytree(original.path, site.path)
    with (site.path / "cmdb.db").open("rb+") as file:
        file.truncate(file.seek(0, os.SEEK_END) // 2)
    with pytest.raises(Corrupt, match="database is damaged"):
        backup.backup(site, tmp_path / "port.tar", at=LATER)
    assert sorted(tmp_path.iterdir()) == [site.path]


def test_the_library_alone_gives_a_site_to_rebuild(original, tmp_path):
    backup.backup(original, tmp_path / "library.tar", at=LATER, library_only=True)
    manifest, report = backup.restore(tmp_path / "library.tar", tmp_path / "copy")
    assert (manifest.whole, report) == (False, None)
    copy = sites.read(tmp_path / "copy")
    rebuild.rebuild(copy, actor="a.vries", at=LATER, apply=True, root=manifest.root)
    with Library.open(copy) as library:
        assert verification.verify(library, root=manifest.root).ok


def test_postgresql_is_told_which_command_covers_it_without_its_password(original, tmp_path):
    site = original._replace(database="postgresql://cmdb:secret@db.example/cmdb")
    with pytest.raises(Refused, match="PostgreSQL") as refused:
        backup.backup(site, Path(tmp_path / "port.tar"), at=LATER)
    assert "pg_dump --format=custom" in refused.value.remedy
    assert "--library-only" in refused.value.remedy
    assert "secret" not in refused.value.remedy


def test_the_library_of_a_postgresql_site_is_bundled(original, tmp_path, postgresql_database):
    folder = tmp_path / "site"
    shutil.copytree(original.library, folder / "library.git")
    site = Site(path=folder, name="Port", database=postgresql_database)
    rebuild.rebuild(site, actor="a.vries", at=LATER, apply=True)
    manifest = backup.backup(site, tmp_path / "library.tar", at=LATER, library_only=True)
    assert manifest.commit == backup.restore(tmp_path / "library.tar", tmp_path / "copy")[0].commit
