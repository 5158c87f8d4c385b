"""Releases as the library keeps them: proved from its parent, read back into rows, held against them.

    prove(vault, commit, changes, root, verify, fail)       a record commit that tells of a release
    replay(uow, vault, commit)                              the rows a commit means
    check(uow, vault, head, fail)                           the rows against the library

A release holds when its builder signed it with a registered key, when the decision it names is to approve
exactly this set, when every file of the set has in its baseline the bytes the manifest names, and when the
manifest is signed too. Source: rules.md 7, Release, Verify, Rebuild.
"""

import re
from collections.abc import Callable, Sequence
from typing import NoReturn

from baselines import release_contents, release_model, tables_releases
from baselines.decided import Decided, Fail, Verify
from baselines.model import Commit, RecordChange
from baselines.release_model import FOLDER, LIBRARY, NAMES, Release, kept_folder
from baselines.state import State
from baselines.vault import Vault
from ccb import release_sets
from ccb.model import ChangeRequest, ProposedChange
from cmdb import signatures
from cmdb.errors import CmdbError, Corrupt
from cmdb.store import UnitOfWork

_PLACE = re.compile(re.escape(FOLDER) + r"[^/]+/[^/]+/")


def change_of(request: ChangeRequest) -> ProposedChange:
    """What a request of kind release proposes. Raises Corrupt when it proposes anything else."""
    if len(request.changes) != 1 or request.changes[0].operation != release_sets.RELEASE:
        raise Corrupt(f"{request.id} proposes no release.", f"See 'cmdb change show {request.id}'.")
    return request.changes[0]


def read(at: State, folder: str) -> tuple[Release, str, bytes, str]:
    """A release by the folder of its three files: with its site, its manifest and its signature.

    Raises Corrupt when one is missing or cannot be read.
    """
    statement, signature, manifest = (at.file(folder + name) for name in NAMES)
    if statement is None or signature is None or manifest is None:
        raise Corrupt(
            f"The library has not all of {', '.join(NAMES)} in '{folder}'.",
            "Run 'cmdb verify' on another copy.",
        )
    release, site = release_model.release_from(statement)
    return release, site, manifest, signature.decode("ascii", "replace")


def folders(changes: Sequence[RecordChange], fail: Fail) -> list[str]:
    """The folders of the releases a commit adds; calls `fail` for anything else that stands there."""
    paths = [one.path for one in changes if one.path.startswith(FOLDER)]
    found: dict[str, set[str]] = {}
    for path in paths:
        match = _PLACE.match(path)
        found.setdefault(match[0] if match else FOLDER, set()).add(path[match.end() if match else 0 :])
    for folder, names in found.items():
        if names != set(NAMES):
            fail("Something stands among the releases that is no release.", f"{folder}: {sorted(names)}")
    return sorted(found)


def prove(
    vault: Vault, commit: Commit, changes: Sequence[RecordChange], *, root: str, verify: Verify, fail: Fail
) -> None:
    """Hold every release a commit adds against its parent; calls `fail` (why, detail) at the first fault."""
    for folder in folders(changes, fail):
        before = State(vault, commit.parents[0])
        release, site, manifest, signature = read(State(vault, commit.id), folder)
        named = f"{release.product} {release.version}"
        if site != root or kept_folder(release.product, release.version) != folder:
            fail(f"The release {named} belongs to another site or product.", folder)
        if (release.by, release.at) != (commit.trailer("Actor"), commit.at):
            fail(f"The release {named} was not recorded by whoever signed it.", f"by {release.by}")
        statement = release_model.statement_bytes(release, site)
        for data, made, space, what in (
            (statement, signature, release_model.STATEMENT_NAMESPACE, "release"),
            (manifest, release.signature, release_model.MANIFEST_NAMESPACE, "manifest"),
        ):
            try:
                verify(data, made, namespace=space, keys=before.keys(release.by))
            except CmdbError as wrong:
                fail(
                    f"The {what} of {named} is not signed by a key registered for {release.by} at that time.",
                    wrong.reason,
                )
        _check_decision(before, release, fail)
        _check_set(vault, before, release, manifest, fail)


def _check_decision(before: State, release: Release, fail: Fail) -> None:
    named = f"{release.product} {release.version}"
    paths = before.decisions(release.request)
    if not paths:
        fail(f"No decision authorises the release {named}.", f"none about {release.request} before it")
    decided = Decided.read(before, paths[-1])
    if decided.decision.result not in ("carried", "confirmed"):
        fail(f"The decision about the release {named} was not to approve.", paths[-1])
    if decided.signed.digest != release.decision:
        fail(f"The release {named} names another decision than the last one.", release.decision)
    exact = change_of(decided.request).exact
    asked = (exact["product"], exact["version"], exact["baseline"], exact["commit"], exact["set"])
    told = (release.product, release.version, release.baseline, release.commit, release.digest)
    if asked != told or change_of(decided.request).id != release.scope:
        fail(f"The release {named} is not what was decided on.", f"decided {asked}, released {told}")


def _check_set(vault: Vault, before: State, release: Release, manifest: bytes, fail: Fail) -> None:
    named = f"{release.product} {release.version}"
    at = vault.commit(release.commit)
    if not vault.is_ancestor(release.commit, before.commit) or at.trailer("Baseline") != release.baseline:
        fail(f"The release {named} is not built from {release.baseline}.", f"commit {release.commit}")
    if release_model.listed("", manifest).sha256 != release.manifest:
        fail(f"The manifest of {named} is not the one that was released.", release.manifest)
    change = change_of(Decided.read(before, before.decisions(release.request)[-1]).request)
    found = release_contents.contents(vault, change)
    if found.digest != release.digest:
        fail(
            f"The release {named} consists of other records than those decided on.",
            f"the set of {release.baseline} has digest {found.digest}, decided {release.digest}",
        )
    expected = release_contents.parcel(vault, found, change, request=release.request, head=before.commit)
    fields, files = release_model.read_manifest(manifest)
    listed = {path: one for path, one in files.items() if path.startswith(LIBRARY)}
    again, wanted = release_model.read_manifest(expected.manifest)
    if fields != again or listed != {path: one for path, one in wanted.items() if path.startswith(LIBRARY)}:
        fail(f"The manifest of {named} lists other files than the library has.", release.manifest)


def row_of(vault: Vault, release: Release, site: str, signature: str, commit: Commit) -> Release:
    """A release as the database keeps it: with the key that signed it and the commit that keeps it."""
    key = signatures.verify(
        release_model.statement_bytes(release, site),
        signature,
        namespace=release_model.STATEMENT_NAMESPACE,
        keys=State(vault, commit.parents[0]).keys(release.by),
    )
    return release.but(key=key, record=commit.id)


def released_items(manifest: bytes) -> dict[str, str]:
    """The items of a release by its manifest, each with the SHA-256 of its record."""
    files = release_model.read_manifest(manifest)[1]
    inside = [one for path, one in files.items() if path.startswith(f"{LIBRARY}items/")]
    named = {"files": [{"path": one.path.removeprefix(LIBRARY)} for one in inside]}
    return dict(zip(release_sets.items_of(named), (one.sha256 for one in inside), strict=True))


def replay(uow: UnitOfWork, vault: Vault, commit: Commit) -> list[Release]:
    """Write the rows of the releases a commit tells of; it was proved before."""
    done = []
    for one in vault.changes(commit.parents[0], commit.id, FOLDER):
        if one.path.endswith("/" + NAMES[0]):
            folder = one.path.removesuffix(NAMES[0])
            release, site, manifest, signature = read(State(vault, commit.id), folder)
            row = row_of(vault, release, site, signature, commit)
            tables_releases.add(uow, row, released_items(manifest).items())
            done.append(row)
    return done


def keep_set(uow: UnitOfWork, vault: Vault, request: ChangeRequest) -> None:
    """Keep again what a decided request of kind release was about: its set, read from its baseline."""
    if request.kind == "release":
        release_sets.keep(uow, release_contents.contents(vault, change_of(request)).fields)


def check(uow: UnitOfWork, vault: Vault, head: str, fail: Callable[[str, str, str], NoReturn]) -> None:
    """Hold every row against the releases the library has; calls `fail` (id, why, detail) at the first."""
    rows = {(one.product, one.version): one for one in tables_releases.releases(uow)}
    strange = tables_releases.products_of_items(uow) - rows.keys()
    kept = [path for path, _oid in vault.paths(head, FOLDER) if path.endswith("/" + NAMES[0])]
    for path in kept:
        folder = path.removesuffix(NAMES[0])
        release, site, manifest, signature = read(State(vault, head), folder)
        named = f"{release.product} {release.version}"
        row = rows.pop((release.product, release.version), None)
        if row is None:
            fail(named, f"The release {named} is missing from the database.", folder)
        commit = vault.commit(vault.history(path, head)[-1])
        if row != row_of(vault, release, site, signature, commit):
            fail(named, f"What the database says of the release {named} is not what was signed.", folder)
        if tables_releases.items_of(uow, row) != released_items(manifest):
            fail(named, f"The database lists other items of the release {named} than its manifest.", folder)
    for product, version in (*rows, *sorted(strange)):
        named = f"{product} {version}"
        fail(named, f"The database has a release {named} that nobody signed.", named)
