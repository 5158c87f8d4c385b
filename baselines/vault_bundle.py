"""The vault as one file and back: a git bundle of everything up to a commit, with the tags that belong.

    pack(vault, file, commit, tags)       written while people work; the vault is only read
    unpack(file, folder) -> Vault         a new vault of exactly what the bundle holds, checked by git

A bundle holds refs, and the vault's own may be ahead of the commit wanted: so it is made in an empty
scratch vault that borrows the objects and has refs of its own. Source: rules.md 8; git-bundle(1).
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from baselines.vault import MAIN, TAGS, Vault
from baselines.vault_git import Git
from cmdb.errors import Corrupt


def pack(vault: Vault, file: Path, *, commit: str, tags: Mapping[str, str]) -> None:
    """Write main at `commit` and these tags (name -> tag object) into a bundle.

    Raises Corrupt when an object is missing or damaged, Refused when the disk is full.
    """
    with tempfile.TemporaryDirectory(dir=file.parent, prefix="cmdb-bundle-") as folder:
        scratch = Path(folder) / "vault.git"
        with Vault.create(scratch):
            objects = vault.path.absolute() / "objects"
            scratch.joinpath("objects/info").mkdir(exist_ok=True)
            scratch.joinpath("objects/info/alternates").write_text(f"{objects}\n", "utf-8")
            git = Git(scratch)
            _create(git, {MAIN: commit, **{TAGS + name: oid for name, oid in tags.items()}})
            git.run("bundle", "create", "--quiet", str(file.absolute()), "--all")


def unpack(file: Path, folder: Path) -> Vault:
    """Make a vault of a bundle. Raises Corrupt when the bundle is damaged or lacks something."""
    vault = Vault.create(folder)
    git = Git(folder)
    git.run("bundle", "verify", "--quiet", str(file.absolute()))
    refs = dict(
        line.split(" ", 1)[::-1]
        for line in git.run("bundle", "list-heads", str(file.absolute())).decode().splitlines()
    )
    wanted = {name: oid for name, oid in refs.items() if name == MAIN or name.startswith(TAGS)}
    if MAIN not in wanted:
        raise Corrupt("The bundle has no main.", "Take another backup.")
    git.run("bundle", "unbundle", str(file.absolute()))
    git.run("fsck", "--strict", "--no-progress", "--no-dangling", "--connectivity-only")
    _create(git, wanted)
    return vault


def _create(git: Git, refs: Mapping[str, str]) -> None:
    moves = "".join(f"create {name} {oid}\n" for name, oid in refs.items())
    git.run("update-ref", "--no-deref", "--stdin", stdin=moves.encode())
