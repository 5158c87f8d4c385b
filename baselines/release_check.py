"""Checking a release with nothing but its file and a public key: no site, no git, nothing unpacked.

    check(stream, *, keys=(), root="") -> Checked

Everything the archive says of itself is held together: the signature over the manifest, every file and no
other, the set that was voted on, the decision with its votes and their signatures. The first fault is told
in a sentence for a manager and a line for an engineer. Without `keys` it says by which key it is signed, and
that nobody confirmed that key. Source: rules.md 7, Release; docs/formats.md.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, Any, NoReturn
from urllib.parse import unquote

from baselines import release_archive, release_model
from baselines.decided import Decided
from baselines.release_archive import Broken, Member
from baselines.release_model import LIBRARY, MANIFEST, SIGNATURE, SIGNERS, SUMS, Listed, folder_name
from ccb import release_sets
from cmdb import canonical, signatures, sshsig
from cmdb.errors import CmdbError
from cmdb.model import Value
from cmdb.places import ATTACHMENTS, FOLDERS

MANIFEST_LIMIT = 512 << 20  # bytes of a manifest: two million files
HELD_LIMIT = 256 << 20  # bytes of a decision and its votes, which are held in memory
_KINDS = {folder: kind for kind, folder in FOLDERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Value):
    """The first thing that is wrong: what it is, `why` for a manager, `detail` for an engineer."""

    kind: str
    id: str
    why: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Value):
    """What a release says of itself, and whether it holds.

    `key` is the fingerprint of the key that signed it; `key_confirmed` and `root_confirmed` whether whoever
    asked named it.
    """

    product: str = ""
    version: str = ""
    baseline: str = ""
    request: str = ""
    root: str = ""
    key: str = ""
    key_confirmed: bool = False
    root_confirmed: bool = False
    records: int = 0
    files: int = 0
    votes: int = 0
    archive: str = ""
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return self.fault is None


class _Wrong(Exception):
    def __init__(self, kind: str, id: str, why: str, detail: str) -> None:
        super().__init__(why)
        self.fault = Fault(kind=kind, id=id, why=why, detail=detail)


def check(stream: IO[bytes], *, keys: Sequence[str] = (), root: str = "") -> Checked:
    """Hold a release against itself, and against the keys and the root somebody trusts."""
    reading = _Reading(stream, tuple(keys), root)
    try:
        reading.all()
    except _Wrong as wrong:
        return reading.found.but(fault=wrong.fault)
    except Broken as broken:
        return reading.found.but(fault=Fault(kind="archive", id="", why=broken.why, detail=broken.detail))
    return reading.found


def fields_of(found: Checked) -> dict[str, Any]:
    """The answer as other programs read it."""
    fault = found.fault
    names = ("product", "version", "baseline", "request", "root", "root_confirmed", "key", "key_confirmed")
    return {
        "ok": found.ok,
        **{name: getattr(found, name) for name in (*names, "records", "files", "votes", "archive")},
        "first_failure": None
        if fault is None
        else {"kind": fault.kind, "id": fault.id, "why": fault.why, "detail": fault.detail},
    }


@dataclass(slots=True)
class _Reading:
    """One pass over an archive: measures every file, holds only what has to be understood."""

    stream: IO[bytes]
    keys: tuple[str, ...]
    root: str
    found: Checked = field(default_factory=Checked)
    folder: str = ""
    held: dict[str, bytes] = field(default_factory=dict)
    seen: dict[str, Listed] = field(default_factory=dict)
    items: list[tuple[str, str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    size: int = 0

    def all(self) -> None:
        whole = _Counted(self.stream)
        fields, files = self.opened(release_archive.read(whole))
        self.found = self.found.but(archive=whole.digest.hexdigest(), files=len(self.seen) + 2)
        self.complete(files)
        self.decided(fields, files)

    def opened(self, members: Iterator[Member]) -> tuple[Mapping[str, Any], Mapping[str, Listed]]:
        """Read the manifest and its signature, which come first, then every other file."""
        manifest = self.first(members, MANIFEST, MANIFEST_LIMIT)
        signature = self.first(members, SIGNATURE, release_archive.PIECE)
        try:
            fields, files = release_model.read_manifest(manifest)
            names = {name: str(fields[name]) for name in ("product", "version", "baseline", "request")}
            self.found = self.found.but(**names, root=str(fields["site"]))
        except (CmdbError, KeyError) as broken:
            raise _Wrong(
                "manifest", MANIFEST, "The manifest is damaged or was changed.", str(broken)
            ) from broken
        self.signed(manifest, signature.decode("ascii", "replace"))
        if self.folder != folder_name(names["product"], names["version"]):
            raise _Wrong(
                "manifest", MANIFEST, "The archive is named like another release.", repr(self.folder)
            )
        for member in members:
            self.file(member, files)
        return fields, files

    def first(self, members: Iterator[Member], name: str, limit: int) -> bytes:
        member = next(members, None)
        path = member.name.partition("/")[2] if member is not None else ""
        if member is None or path != name:
            raise _Wrong("archive", name, "The file is no release.", f"{name} does not come first or second")
        self.folder = self.folder or member.name.partition("/")[0]
        if member.size > limit:
            raise _Wrong("archive", name, "The file is no release.", f"{name} has {member.size:,} bytes")
        return b"".join(member.pieces)

    def signed(self, manifest: bytes, signature: str) -> None:
        space = release_model.MANIFEST_NAMESPACE
        try:
            block = sshsig.parse(signature)
            inside = _key_text(block.key)
            self.found = self.found.but(key=signatures.fingerprint(inside))
            signatures.verify(manifest, signature, namespace=space, keys=[inside])
        except CmdbError as wrong:
            raise _Wrong(
                "signature",
                SIGNATURE,
                "The signature does not belong to this release: it was changed.",
                str(wrong),
            ) from wrong
        if self.keys and inside not in {" ".join(one.split()[:2]) for one in self.keys}:
            raise _Wrong(
                "signature",
                SIGNATURE,
                "The release is signed by another key than the one you trust.",
                f"signed by {self.found.key}, trusted {', '.join(map(signatures.fingerprint, self.keys))}",
            )
        self.found = self.found.but(key_confirmed=bool(self.keys))
        if self.root and self.root != self.found.root:
            raise _Wrong(
                "root",
                self.found.root[:12],
                "The release comes from another site than the one you trust.",
                f"its root is {self.found.root}, expected {self.root}",
            )
        self.found = self.found.but(root_confirmed=bool(self.root))

    def file(self, member: Member, files: Mapping[str, Listed]) -> None:
        """Measure one file; hold it when it has to be understood."""
        folder, _, path = member.name.partition("/")
        if folder != self.folder:
            raise _Wrong(
                "file", member.name, "A file stands outside the folder of the release.", repr(member.name)
            )
        if path in self.seen or path in (MANIFEST, SIGNATURE):
            raise _Wrong("file", path, "A file stands twice in the archive.", repr(path))
        expected = files.get(path)
        if expected is None:
            raise _Wrong("file", path, "The archive holds a file that was not released.", repr(path))
        if member.size != expected.size:
            raise _changed(path, f"{member.size:,} bytes, released {expected.size:,}")
        if self.seen and path < next(reversed(self.seen)):
            raise _Wrong("file", path, "The archive was not written as a release is.", f"order at {path!r}")
        digest, data = sha256(), []
        held = _is_held(path)
        for piece in member.pieces:
            digest.update(piece)
            if held:
                data.append(piece)
        if digest.hexdigest() != expected.sha256:
            raise _changed(path, f"SHA-256 {digest.hexdigest()}, released {expected.sha256}")
        self.seen[path] = expected
        if held:
            self.understood(path, b"".join(data))

    def understood(self, path: str, data: bytes) -> None:
        kind = _KINDS.get(path.removeprefix(LIBRARY).partition("/")[0])
        if path.startswith(LIBRARY) and kind is not None:
            try:
                fields = canonical.decode(data)[1]
                if kind != "item":
                    self.others.append(kind)
                else:
                    self.items.append((str(fields["id"]), str(fields["type"]), str(fields["level"])))
                if str(fields["id"]) != unquote(path.rsplit("/", 1)[1].removesuffix(".json")):
                    raise KeyError("it stands under another name")
            except (CmdbError, KeyError) as broken:
                raise _Wrong(
                    "record", path, "A record in the release cannot be read.", str(broken)
                ) from broken
            return
        self.size += len(data)
        if self.size > HELD_LIMIT:
            raise _Wrong(
                "archive", path, "The file is no release.", f"more than {HELD_LIMIT:,} bytes of votes"
            )
        self.held[path] = data

    def complete(self, files: Mapping[str, Listed]) -> None:
        for path in sorted(files.keys() - self.seen.keys()):
            raise _Wrong("file", path, "A file of the release is missing.", repr(path))
        rest = (one for path, one in files.items() if path != SUMS)
        if self.held.get(SUMS, b"") != release_model.sums(rest):
            raise _Wrong("file", SUMS, f"{SUMS} does not say what the manifest says.", SUMS)

    def decided(self, fields: Mapping[str, Any], files: Mapping[str, Listed]) -> None:
        """The set is the one decided on, the decision is to approve, and every vote is signed."""
        path = str(fields.get("decision", "")).removeprefix(LIBRARY)
        try:
            inside = _Inside(self.held)
            one = Decided.read(inside, path)
            one.check_signed(inside, root=self.found.root, verify=signatures.verify, fail=_failing(path))
            (change,) = one.request.changes
            exact = {name: str(change.exact[name]) for name in ("product", "version", "baseline", "commit")}
            asked = {
                **exact,
                "level": str(change.exact["level"]),
                "scope": change.id,
                "request": one.request.id,
            }
            left_out = {str(name): str(why) for name, why in dict(change.exact.get("left_out", {})).items()}
            digest = str(change.exact["set"])
            level = asked["level"]
            whole = release_sets.set_fields(
                baseline=exact["baseline"],
                commit=exact["commit"],
                level=level,
                left_out=left_out,
                files=(
                    (name.removeprefix(LIBRARY), file.sha256) for name, file in files.items() if _of_set(name)
                ),
                items=self.items,
                others=self.others,
            )
            again = canonical.digest_of(release_sets.FORM, whole)
        except (CmdbError, KeyError, ValueError, TypeError) as broken:
            raise _Wrong(
                "decision", path, "The decision in the release cannot be read.", str(broken)
            ) from broken
        told = {name: str(fields.get(name, "")) for name in asked}
        if one.decision.result not in ("carried", "confirmed"):
            _failing(path)("The board did not approve this release.", one.decision.result)
        if told != asked:
            _failing(path)(
                "The release is not the one that was decided on.", f"decided {asked}, released {told}"
            )
        if not digest == again == fields.get("digest"):
            _failing(path)(
                "The release consists of other records than those decided on.",
                f"decided {digest}, in the archive {again}",
            )
        self.found = self.found.but(votes=len(one.votes), records=len(self.items) + len(self.others))


class _Inside:
    """What a decision asks of the place it is read from: files, and whose keys."""

    def __init__(self, held: Mapping[str, bytes]) -> None:
        self.held = held

    def file(self, path: str) -> bytes | None:
        """The bytes of a record of the decision, or None."""
        return self.held.get(LIBRARY + path)

    def keys(self, id: str) -> tuple[str, ...]:
        """The keys of a person, as the archive lists them."""
        lines = self.held.get(SIGNERS, b"").decode("ascii", "replace").splitlines()
        return tuple(" ".join(one.split()[-2:]) for one in lines if one.split()[:1] == [id])


class _Counted:
    """A stream that knows the SHA-256 of what was read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.digest = sha256()

    def read(self, count: int) -> bytes:
        data = self.stream.read(count)
        self.digest.update(data)
        return data


def _of_set(path: str) -> bool:
    top = path.removeprefix(LIBRARY).partition("/")[0] if path.startswith(LIBRARY) else ""
    return top in _KINDS or f"{top}/" == ATTACHMENTS


def _is_held(path: str) -> bool:
    """Whether a file has to be understood: records, the decision, whose keys; not what is attached."""
    return path in (SUMS, SIGNERS) or (
        path.startswith(LIBRARY) and not path.startswith(LIBRARY + ATTACHMENTS)
    )


def _key_text(blob: bytes) -> str:
    length = int.from_bytes(blob[:4], "big")
    return f"{blob[4 : 4 + length].decode('ascii', 'replace')} {b64encode(blob).decode('ascii')}"


def _changed(path: str, detail: str) -> _Wrong:
    return _Wrong("file", path, "A file was changed after the release was signed.", f"{path!r}: {detail}")


def _failing(path: str) -> Any:
    def fail(why: str, detail: str) -> NoReturn:
        raise _Wrong("decision", path, why, detail)

    return fail
