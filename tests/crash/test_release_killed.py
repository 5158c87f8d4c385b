"""A build killed at any step: released and recorded, or nothing; the same command then ends it."""

import os
import signal

import pytest

from baselines import release_check, releasing, tables_releases
from baselines.library import Library
from baselines.vault import Vault
from baselines.verification import verify
from ccb import requests
from cmdb.store import Store
from tests.baselines import wharf
from tests.baselines.port import NIGHT, build

STEPS = ("prepared", "locked", "settled", "entered", "pending", "committed", "moved")


@pytest.fixture
def port(store, tmp_path, keys):
    with (made := build(store, tmp_path / "library.git", keys)).library:
        yield made


def killed(port, database, request, file, step):
    """Let a forked process build until it kills itself at a step; give the signal that ended it."""

    def reached(name):
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            library = Library(Store.open(database), Vault.open(port.library.vault.path))
            key = port.keys.private("a.vries")
            releasing.build(library, request, file=file, actor="a.vries", key=key, at=NIGHT, steps=reached)
        finally:
            os._exit(1)  # only reached when nothing killed it: then the signal below is 0
    return os.WTERMSIG(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("step", STEPS)
def test_a_build_killed_after_any_step_is_done_or_is_not_and_ends_by_the_same_command(
    port, database, tmp_path, step
):
    request = wharf.authorised(port)
    file = tmp_path / "mail.tar"
    assert killed(port, database, request.id, file, step) == signal.SIGKILL
    assert not file.exists()  # what stands under the name asked for is always whole
    recorded = step in ("committed", "moved")
    with port.store.read() as uow:
        assert (tables_releases.of_request(uow, request.id) is not None) is recorded
        assert requests.find(uow, request.id).state == ("closed" if recorded else "approved")
    key = port.keys.private("a.vries")
    made = releasing.build(port.library, request.id, file=file, actor="a.vries", key=key, at=NIGHT)
    with file.open("rb") as stream:
        found = release_check.check(stream, keys=[port.keys.public("a.vries")], root=port.root)
    assert (found.ok, found.archive) == (True, made.archive)
    assert not list(tmp_path.glob(".cmdb-*"))  # what the killed one had begun is gone
    assert verify(port.library, root=port.root).ok
