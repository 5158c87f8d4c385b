"""What docs/formats.md says is enough: a verifier that knows nothing of ours comes to the same."""

import json
import subprocess
from datetime import timedelta

import pytest

from baselines import checkin, checkout, verification
from tests.baselines.port import NIGHT, build, set_model
from tests.baselines.second_verifier import problems

DURING = NIGHT + timedelta(minutes=10)


@pytest.fixture(scope="module")
def history(tmp_path_factory, keys, sqlite_template):
    """A clone of a library with a change that was voted on and checked in, which ours proves."""
    from cmdb.store import Store

    folder = tmp_path_factory.mktemp("history")
    (folder / "cmdb.db").write_bytes(sqlite_template)
    with (port := build(Store.connect(str(folder / "cmdb.db")), folder / "library.git", keys)).library:
        request = port.approved(set_model("QFX5120", "serial"))
        checkout.check_out(port.library, request.id, folder=folder / "wd", actor="k.chen", at=DURING)
        file = folder / "wd" / "items" / "sw-11.json"
        record = json.loads(file.read_text())
        record["characteristics"]["serial"] = "Z9"
        file.write_text(json.dumps(record))
        checkin.check_in(port.library, request.id, actor="k.chen", key=keys.private("k.chen"), at=DURING)
        assert verification.verify(port.library).ok
    clone = folder / "clone.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", folder / "library.git", clone], check=True)
    return clone


def test_a_sound_history_has_no_problem(history):
    assert list(problems(history)) == []


def test_it_sees_what_is_wrong_too(history, tmp_path):
    subprocess.run(["git", "clone", "--quiet", "--bare", history, tmp_path / "moved.git"], check=True)
    git = ["git", "--git-dir", str(tmp_path / "moved.git")]
    subprocess.run([*git, "update-ref", "refs/tags/BL-000001", "refs/tags/BL-000000"], check=True)
    found = list(problems(tmp_path / "moved.git"))
    assert "BL-000001: its tag is of something else" in found
