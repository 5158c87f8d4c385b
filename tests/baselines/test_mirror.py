"""A clone alone is proved anywhere, and a copy that fetches is never written to."""

import subprocess
from datetime import timedelta

import pytest

from baselines import checkin, checkout, mirror
from baselines.vault import Vault
from cmdb import codec
from cmdb.errors import Refused
from cmdb.store import Store
from tests.baselines.port import NIGHT, build, set_model


def git(*words):
    subprocess.run(["git", *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    assert codec.registered()
    folder = tmp_path_factory.mktemp("mirrored")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    request = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    at = NIGHT + timedelta(minutes=10)
    checkin.check_in(port.library, request.id, actor="k.chen", key=keys.private("k.chen"), at=at)
    port.library.close()
    return folder / "library.git", port.root


@pytest.mark.parametrize(
    "how", [("clone",), ("clone", "--bare"), ("clone", "--mirror"), ("clone", "--no-checkout")]
)
def test_any_clone_is_proved_from_its_directory_and_from_a_url(original, tmp_path, how):
    library, root = original
    copy = tmp_path / "copy"
    git(*how, "--quiet", library, copy)
    for source in (str(copy), copy.as_uri()):
        report = mirror.prove_copy(source, root=root, at_least="BL-000002")
        assert report.ok, report.failure
        assert (report.root_confirmed, report.baselines, report.changes) == (True, 3, 2)


@pytest.mark.parametrize("said", ["GIT_SSH_COMMAND", "core.sshCommand"])
def test_a_library_on_another_machine_is_reached_by_the_ssh_the_user_names(
    original, tmp_path, monkeypatch, said
):
    library, root = original
    there = tmp_path / "there.sh"  # what a host does when ssh reaches it: run the command git asks for
    there.write_text('#!/bin/sh\ntest "$1" = ship.example || exit 9\nshift\nexec sh -c "$*"\n')
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    if said == "core.sshCommand":
        (tmp_path / "config").write_text(f"[core]\n\tsshCommand = sh {there}\n[ssh]\n\tvariant = simple\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    else:
        monkeypatch.setenv(said, f"sh {there}")
    report = mirror.prove_copy(f"ssh://ship.example{library}", root=root)
    assert report.ok
    with pytest.raises(Refused, match="cannot be copied"):
        mirror.prove_copy(f"ssh://boat.example{library}", root=root)


def test_a_copy_of_another_root_or_that_ends_early_fails(original):
    library, _root = original
    report = mirror.prove_copy(str(library), root="f" * 40)
    assert "root" in report.failure.why
    report = mirror.prove_copy(str(library), at_least="BL-000009")
    assert (report.failure.kind, report.failure.id) == ("baseline", "BL-000009")


def test_what_was_changed_in_a_copy_is_named(original, tmp_path):
    library, _root = original
    copy = tmp_path / "copy"
    git("clone", "--quiet", library, copy)
    item = next(copy.joinpath("items").rglob("*.json"))
    item.write_text(item.read_text().replace('"name": "', '"name": "my '))
    git("-C", copy, "-c", "user.name=M", "-c", "user.email=m@x", "commit", "--quiet", "-am", "mine")
    assert not mirror.prove_copy(str(copy)).ok


def test_a_shallow_clone_a_folder_and_an_empty_repository_are_refused(original, tmp_path):
    library, _root = original
    git("clone", "--quiet", "--depth", "2", library.as_uri(), tmp_path / "shallow")
    with pytest.raises(Refused, match="shallow"):
        mirror.prove_copy(str(tmp_path / "shallow"))
    with pytest.raises(Refused, match="cannot be copied"):
        mirror.prove_copy(str(tmp_path / "nothing"))
    git("init", "--quiet", "--bare", tmp_path / "empty.git")
    with pytest.raises(Refused, match="no branch main"):
        mirror.prove_copy(str(tmp_path / "empty.git"))


@pytest.mark.parametrize("source", ["--upload-pack=touch {0}", "ext::sh -c touch% {0}"])
def test_a_source_is_never_an_option_or_a_command(tmp_path, source):
    target = tmp_path / "pwned"
    with pytest.raises(Refused):
        mirror.prove_copy(source.format(target))
    assert not target.exists()


@pytest.mark.parametrize("source", ["fd::0", "fd::5", "ext::true"])
def test_what_would_wait_at_an_open_file_or_run_a_command_is_no_place(source):
    with pytest.raises(Refused, match="not allowed"):
        mirror.prove_copy(source)


def test_a_mirror_a_shallow_and_a_working_clone_are_no_vault_and_a_bare_clone_is_one(original, tmp_path):
    library, _root = original
    for number, (how, word) in enumerate(
        (
            (("--mirror",), "mirror of"),
            (("--depth", "1", "--bare"), "shallow"),
        )
    ):
        copy = tmp_path / str(number)
        git("clone", "--quiet", *how, library.as_uri(), copy)
        with pytest.raises(Refused, match=word):
            Vault.open(copy)
    git("clone", "--quiet", library, tmp_path / "work")
    with pytest.raises(Refused, match="mirror of"):
        Vault.open(tmp_path / "work" / ".git")
    git("-C", tmp_path / "work", "remote", "remove", "origin")
    for place in (tmp_path / "work" / ".git", tmp_path / "work"):
        with pytest.raises(Refused, match="not bare"):
            Vault.open(place)
    git("clone", "--quiet", "--bare", library, tmp_path / "bare.git")
    Vault.open(tmp_path / "bare.git").close()


def test_a_configuration_that_cannot_be_read_is_said(original, tmp_path):
    git("clone", "--quiet", "--bare", original[0], tmp_path / "bare.git")
    (tmp_path / "bare.git" / "config").write_bytes(b"\xff[core")
    with pytest.raises(Refused, match="cannot be read"):
        Vault.open(tmp_path / "bare.git")
