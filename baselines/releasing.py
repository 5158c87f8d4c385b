"""Releasing a product: the one act that builds, signs and records what its board authorised.

    foresee(library, id) -> Foreseen                 what a build would write
    build(library, id, *, file, actor, key, at, steps) -> Release

What was voted on is what is built: the set is read from its baseline again and has to have the digest
decided on. Nothing counts before the record commit: until then there is a file beside the one asked for,
which goes away. Killed after it, the same command makes the same file again, from the library alone.
Source: rules.md 7, Release; 8; IT Service CMM 5.5, Activities 3.6 and 7.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from baselines import release_archive, release_contents, release_model, tables_releases
from baselines.library import Draft, Library, commit_point, unheard
from baselines.model import LibraryCommit
from baselines.release_contents import Contents, Parcel
from baselines.release_model import NAMES, Release, kept_folder
from baselines.release_records import change_of
from ccb import closing, release_sets, requests
from ccb import tables as ccb_tables
from ccb.authorisation import authorised
from ccb.model import ChangeRequest, ProposedChange
from ccb.standing import active_person
from cmdb import journal, parts, roles, signatures
from cmdb.errors import Corrupt, Refused
from cmdb.model import Person, Value
from cmdb.parts import Part
from cmdb.store import UnitOfWork

MAY = "release products"  # the right in the table of roles
TRAILER = "Release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen(Value):
    """What a build would write: the request, its records and files, the release if it was built before."""

    request: ChangeRequest
    records: int
    files: int
    size: int
    release: Release | None = None


def foresee(library: Library, id: str) -> Foreseen:
    """Say what a build of an approved request would write. Changes nothing."""
    with library.store.read() as uow:
        request = _request(uow, id)
        built = tables_releases.of_request(uow, request.id)
        found = release_contents.contents(library.vault, change_of(request))
    size = sum(one.size for _oid, one in found.files.values())
    count = sum(release_sets.counts(found.fields).values())
    return Foreseen(request=request, records=count, files=len(found.files), size=size, release=built)


def build(
    library: Library,
    id: str,
    *,
    file: Path,
    actor: str,
    key: Path,
    at: datetime,
    steps: Callable[[str], None] = unheard,
) -> Release:
    """Build an authorised release into a new file, sign and record it, and close its request.

    A release that was built before is made again, byte for byte as it was recorded. Raises Refused when
    the request is not approved, its evidence moved, the set is not that decided on or the file exists.
    """
    _refuse_existing(file)
    with library.store.read() as uow:
        roles.require(uow, actor, MAY, at=at)
        author = active_person(uow, actor)
        request = _request(uow, id)
        built = tables_releases.of_request(uow, request.id)
    change, found = _decided_on(library, request)
    if built is not None:
        return _again(library, built, change, found, file)
    made: list[tuple[Release, bytes]] = []
    with _beside(file) as part:

        def drafted(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
            _refuse_unless_ready(uow, request, at=at)
            assert newest is not None, "a decided request has its decision in the library"
            packed = release_contents.parcel(
                library.vault, found, change, request=request.id, head=newest.commit
            )
            made[:] = [_made(library, uow, request, packed, found, part, author=author, key=key, at=at)]
            release, statement = made[0]
            folder = kept_folder(release.product, release.version)
            signature = signatures.sign(statement, namespace=release_model.STATEMENT_NAMESPACE, key=key)
            contents = (statement, signature.encode("ascii"), packed.manifest)
            return Draft(
                files=[(folder + name, data) for name, data in zip(NAMES, contents, strict=True)],
                subject=f"Release {release.product} {release.version}",
                trailers={TRAILER: f"{release.product} {release.version}"},
            )

        def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
            _enter(uow, request, made[0][0].but(record=commit.commit), found, actor=actor, at=at)

        commit_point(
            library,
            kind="record",
            draft=drafted,
            enter=enter,
            author=author,
            key=key,
            at=at,
            request=request.id,
            steps=steps,
        )
        part.place()
    return _entered(library, request)


def _entered(library: Library, request: ChangeRequest) -> Release:
    with library.store.read() as uow:
        found = tables_releases.of_request(uow, request.id)
    assert found is not None, "its row was just committed"
    return found


def _decided_on(library: Library, request: ChangeRequest) -> tuple[ProposedChange, Contents]:
    """What the request decides to release, read from its baseline; kept where a rebuilt database lacks it."""
    change = change_of(request)
    found = release_contents.contents(library.vault, change)
    _refuse_other(request, change, found)
    if request.state == "approved":
        with library.store.write() as uow:
            release_sets.keep(uow, found.fields)
            uow.commit()
    return change, found


def _made(
    library: Library,
    uow: UnitOfWork,
    request: ChangeRequest,
    packed: Parcel,
    found: Contents,
    part: Part,
    *,
    author: Person,
    key: Path,
    at: datetime,
) -> tuple[Release, bytes]:
    """Write the archive beside its place; give the release and the statement to be signed about it."""
    change = change_of(request)
    known = authorised(uow, request, at=at, recompute=False).latest
    assert known is not None, "an approved release was decided on"
    signature = signatures.sign(packed.manifest, namespace=release_model.MANIFEST_NAMESPACE, key=key)
    public = signatures.verify(
        packed.manifest,
        signature,
        namespace=release_model.MANIFEST_NAMESPACE,
        keys=[one.text for one in author.keys],
    )
    archive, size = _write(library, packed, signature, part)
    release = Release(
        product=str(change.exact["product"]),
        version=str(change.exact["version"]),
        request=request.id,
        scope=change.id,
        baseline=str(change.exact["baseline"]),
        commit=str(change.exact["commit"]),
        digest=found.digest,
        decision=known.digest,
        manifest=release_model.listed("", packed.manifest).sha256,
        signature=signature,
        archive=archive,
        size=size,
        files=packed.count,
        at=at,
        by=author.id,
        key=public,
    )
    statement = release_model.statement_bytes(release, ccb_tables.site_root(uow))
    digest = release_model.release_from(statement)[0].statement
    return release.but(statement=digest), statement


def _enter(
    uow: UnitOfWork,
    request: ChangeRequest,
    release: Release,
    found: Contents,
    *,
    actor: str,
    at: datetime,
) -> None:
    """The rows of a release, and its request done and closed, as the same moment has them."""
    if requests.find(uow, request.id) != request:
        raise Refused(
            f"{request.id} was changed meanwhile; nothing was built.", "Look at it and build again."
        )
    roles.require(uow, actor, MAY, at=at)
    authorised(uow, request, at=at, recompute=False)
    moved = requests.move(uow, request, "check out", actor=actor, at=at)
    moved = requests.move(uow, moved, "check in", actor=actor, at=at, lease=actor, lease_is_actors=True)
    named = {"release": f"{release.product} {release.version}"}
    requests.put(uow, moved, action="release", actor=actor, at=at, changed=named)
    tables_releases.add(uow, release, found.items)
    journal.record(
        uow,
        at=at,
        actor=actor,
        action="release build",
        subjects=(f"release:{release.product} {release.version}",),
        changed={"archive": release.archive, "manifest": release.manifest, "baseline": release.baseline},
        request=request.id,
    )
    closing.conclude(uow, moved, actor=actor, at=at)  # building was all the work there is


def _again(library: Library, built: Release, change: ProposedChange, found: Contents, file: Path) -> Release:
    """Make a recorded release again, and refuse to hand out anything but the bytes that were recorded."""
    recorded = library.vault.commit(built.record)
    packed = release_contents.parcel(
        library.vault, found, change, request=built.request, head=recorded.parents[0]
    )
    with _beside(file) as part:
        archive, size = _write(library, packed, built.signature, part)
        if (archive, size) != (built.archive, built.size):
            raise Corrupt(
                f"What is built now is not the {built.product} {built.version} that was released.",
                "Run 'cmdb verify'; with a newer program, build it with the one it was released with.",
            )
        part.place()
    return built


def _write(library: Library, packed: Parcel, signature: str, part: Part) -> tuple[str, int]:
    part.stream.seek(0)  # from the beginning, where the library moved and all is drafted again
    part.stream.truncate()
    found = release_archive.write(part.stream, packed.folder, packed.files(library.vault, signature))
    part.stream.flush()
    os.fsync(part.stream.fileno())
    return found


@contextmanager
def _beside(file: Path) -> Iterator[Part]:
    """A file on its way to the one asked for, of which nothing is left unless it takes its place."""
    try:
        with parts.beside(file) as part:
            yield part
    except FileExistsError as there:
        raise _existing(file) from there
    except OSError as fault:
        raise Refused(
            f"{file} cannot be written: {fault.strerror or fault}.",
            "Check the directory and the room on its disk, and run the same command again.",
        ) from fault


def _refuse_existing(file: Path) -> None:
    if file.exists() or file.is_symlink():
        raise _existing(file)


def _existing(file: Path) -> Refused:
    return Refused(f"{file} exists already; nothing was written over it.", "Name another file with --to.")


def _request(uow: UnitOfWork, id: str) -> ChangeRequest:
    request = requests.find(uow, id)
    if request.kind != "release":
        raise Refused(
            f"{request.id} is a {request.kind} request, not one for a release.",
            "Raise one with 'cmdb release new PRODUCT VERSION --service ID'.",
        )
    if not request.changes:
        raise Refused(f"{request.id} names nothing to release.", "Raise another with 'cmdb release new'.")
    return request


def _refuse_unless_ready(uow: UnitOfWork, request: ChangeRequest, *, at: datetime) -> None:
    if request.state != "approved":
        raise Refused(
            f"{request.id} is {request.state}, not approved; nothing was built.",
            f"See what it needs: 'cmdb change show {request.id}'.",
        )
    authorised(uow, request, at=at)


def _refuse_other(request: ChangeRequest, change: ProposedChange, found: Contents) -> None:
    if found.digest != change.exact["set"]:
        raise Corrupt(
            f"What {change.exact['baseline']} holds is not what {request.id} was decided on.",
            "Run 'cmdb verify' and keep both stores untouched.",
        )
