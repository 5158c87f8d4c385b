"""A full disk changes nothing in either store, is told as such, and once there is room work goes on."""

import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from baselines import backup, checkin, checkout, library, verification
from baselines.library import Library
from cmdb import site as sites
from cmdb.errors import CmdbError, Refused
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, build, set_model

DURING = NIGHT + timedelta(minutes=10)
SIZE = 8 << 20


@pytest.fixture
def disk(tmp_path):
    """A small file system of its own; skipped where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def filled(disk: Path, room: int) -> Path:
    """Take all of a disk but some room."""
    file = disk / "fill"
    free = os.statvfs(disk)
    file.write_bytes(b"\0" * (free.f_bavail * free.f_bsize - room))
    return file


def test_a_full_disk_changes_nothing_and_work_goes_on_when_there_is_room(disk, keys):
    store = Store.connect(str(disk / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, disk / "library.git", keys)
    site = Site(path=disk, name="Port")
    sites.write(site)
    with port.library:
        request = port.approved(set_model())
        checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
        head, key = port.library.vault.head(), keys.private("k.chen")

        def check_in() -> None:
            checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=DURING)

        for room in (0, 16 << 10, 48 << 10, 96 << 10):
            fill = filled(disk, room)
            with pytest.raises((Refused, OSError)) as told:
                backup.backup(site, disk / "port.tar", at=DURING)
            assert isinstance(told.value, Refused)
            for work in (check_in, lambda: library.tidy(port.library)):
                try:
                    work()
                except CmdbError as full:
                    assert isinstance(full, Refused), full.reason
            fill.unlink()
            library.settle(port.library)
            report = verification.verify(port.library)
            assert report.ok, report.failure
            if port.library.vault.head() != head:  # there was just room enough
                break
        else:
            check_in()
        assert verification.verify(port.library).baselines == 3
        fsck = ["git", f"--git-dir={site.library}", "fsck", "--full", "--strict", "--no-dangling"]
        assert subprocess.run(fsck, capture_output=True, check=False).returncode == 0
        assert {one.name for one in disk.iterdir()} <= {
            "cmdb.db",
            "cmdb.db-wal",
            "cmdb.db-shm",
            "library.git",
            "site.toml",
        }


def test_on_a_disk_that_cannot_be_written_a_site_is_proved_and_backed_up_and_writes_are_refused(
    disk, tmp_path, keys
):
    store = Store.connect(str(disk / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    site = Site(path=disk, name="Port")
    with build(store, disk / "library.git", keys).library:
        sites.write(site)
    store.engine.dispose()  # the last to leave takes the log with it
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with Library.open(site) as library_:
        assert verification.verify(library_).ok
        with pytest.raises((Refused, OSError)):
            library.tidy(library_)
    backup.backup(site, tmp_path / "port.tar", at=DURING)
    _manifest, report = backup.restore(tmp_path / "port.tar", tmp_path / "saved")
    assert report is not None
    assert report.ok
