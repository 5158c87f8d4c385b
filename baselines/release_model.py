"""Releases: what one is, its manifest and the statement that it was made, as values and canonical bytes.

    PRODUCT-VERSION/manifest.json       every other file with its SHA-256; signed as manifest.json.sig
                    SHA256SUMS          the same for `sha256sum -c`
                    bom.cdx.json        CycloneDX 1.6
                    signers             the keys of whoever voted and decided, for `ssh-keygen -Y verify`
                    library/...         records as the library keeps them: the set, and the decision

In the library a release is three files below records/releases/PRODUCT/VERSION/. Nothing here reads a
database, a file or a clock. Source: rules.md 7, Release; docs/formats.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cmdb import canonical
from cmdb.errors import Corrupt
from cmdb.model import Value, check, id_problems
from cmdb.places import file_name

MANIFEST, SIGNATURE, SUMS = "manifest.json", "manifest.json.sig", "SHA256SUMS"
BILL, SIGNERS, LIBRARY = "bom.cdx.json", "signers", "library/"
UNLISTED = (MANIFEST, SIGNATURE)  # what a manifest cannot list
MANIFEST_FORM, STATEMENT_FORM = "release manifest/1", "release/1"
MANIFEST_NAMESPACE, STATEMENT_NAMESPACE = "release-manifest@cmdb", "release@cmdb"
FOLDER = "records/releases/"
NAMES = ("release.json", "release.sig", "manifest.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Value):
    """A product that was authorised, built and recorded.

    `digest` is that of the set voted on, `manifest` the SHA-256 of the manifest's bytes, `signature` what the
    builder's key says of them, `archive` and `size` those of the whole file. `statement` is the digest of
    what the builder signed for the library, `record` the commit that keeps it.
    """

    product: str
    version: str
    request: str
    scope: str
    baseline: str
    commit: str
    digest: str
    decision: str
    manifest: str
    signature: str
    archive: str
    size: int
    files: int
    at: datetime
    by: str
    key: str = ""
    statement: str = ""
    record: str = ""

    def __post_init__(self) -> None:
        check(
            f"The release {self.product} {self.version}",
            [
                *id_problems("The product", self.product),
                *id_problems("The builder", self.by),
                *(["A size is below zero."] if self.size < 0 or self.files < 0 else []),
            ],
        )

    @property
    def name(self) -> str:
        """What the archive's only folder is called."""
        return folder_name(self.product, self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Value):
    """A file of a release: its path below the folder, SHA-256 in hexadecimal, size in bytes."""

    path: str
    sha256: str
    size: int


def folder_name(product: str, version: str) -> str:
    """The only folder of an archive."""
    return f"{file_name(product)}-{version}"


def kept_folder(product: str, version: str) -> str:
    """Where the library keeps a release, with a slash at the end."""
    return f"{FOLDER}{file_name(product)}/{version}/"


def listed(path: str, data: bytes) -> Listed:
    """A file of a release, measured."""
    return Listed(path=path, sha256=sha256(data).hexdigest(), size=len(data))


def measured(path: str, pieces: Iterable[bytes]) -> Listed:
    """A file of a release that comes in pieces, measured."""
    whole, size = sha256(), 0
    for piece in pieces:
        whole.update(piece)
        size += len(piece)
    return Listed(path=path, sha256=whole.hexdigest(), size=size)


def manifest_bytes(about: Mapping[str, Any], files: Iterable[Listed]) -> bytes:
    """The manifest: what is released, from which baseline, by which decision, and every other file."""
    rows = [
        {"path": one.path, "sha256": one.sha256, "size": one.size}
        for one in sorted(files, key=lambda one: one.path)
    ]
    return canonical.encode(MANIFEST_FORM, {**about, "files": rows})


def read_manifest(data: bytes) -> tuple[dict[str, Any], dict[str, Listed]]:
    """What a manifest says, and its files by path. Raises Corrupt for anything but canonical bytes."""
    form, fields = canonical.decode(data)
    try:
        files = {
            str(one["path"]): Listed(path=one["path"], sha256=one["sha256"], size=one.get("size", 0))
            for one in fields.pop("files")
        }
        ours = form == MANIFEST_FORM and all(isinstance(one.size, int) for one in files.values())
        if not ours or manifest_bytes(fields, files.values()) != data:
            raise ValueError("it is not written as a manifest is")
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        raise Corrupt(f"The manifest is not readable: {broken}.", "Ask for the file again.") from broken
    return fields, files


def sums(files: Iterable[Listed]) -> bytes:
    """The files as `sha256sum --check` reads them, by path."""
    return "".join(f"{one.sha256}  {one.path}\n" for one in sorted(files, key=lambda one: one.path)).encode()


def statement_bytes(release: Release, site: str) -> bytes:
    """What the builder signs for the library."""
    fields = {
        name: getattr(release, name)
        for name in (
            *(
                "product",
                "version",
                "request",
                "scope",
                "baseline",
                "commit",
                "digest",
                "decision",
                "manifest",
            ),
            *("signature", "archive", "size", "files", "at", "by"),
        )
    }
    return canonical.encode(STATEMENT_FORM, {"site": site, **fields})


def release_from(data: bytes) -> tuple[Release, str]:
    """Read a statement back: the release, without key and record, and the site's root."""
    form, fields = canonical.decode(data)
    try:
        site = str(fields.pop("site"))
        release = Release(
            **{**fields, "at": canonical.instant(fields["at"])}, statement=canonical.digest(form, data)
        )
        if form != STATEMENT_FORM or statement_bytes(release, site) != data:
            raise ValueError("it is not written as a statement is")
    except (KeyError, TypeError, ValueError) as broken:
        raise Corrupt(
            f"The statement of a release is not readable: {broken}.", "Run 'cmdb verify' on another copy."
        ) from broken
    return release, site
