"""What a release consists of, read from the library: its closed set, and every file of its archive.

    chosen(state, change) -> Chosen                 the records, and what keeps the set from being closed
    contents(vault, change) -> Contents             their files, measured, with the set as it is voted on
    parcel(vault, contents, release, head) -> Parcel       everything the archive holds, and its manifest

Nothing but the vault is asked, so whoever has the library comes to the same bytes. Files are read twice,
to measure them and to write them, attachments in pieces. Source: rules.md 7, Release, Promotion.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baselines import release_model
from baselines.bill_of_materials import Part, bill, told
from baselines.decided import Decided
from baselines.records import request_folder
from baselines.release_model import BILL, LIBRARY, SIGNERS, SUMS, Listed, folder_name
from baselines.scopes import InState, held
from baselines.state import State
from baselines.vault import Vault
from ccb import closures, controlled, release_sets
from ccb.model import ProposedChange
from ccb.proposal import Fields, Key
from ccb.statements import DECISION_NAMESPACE, OVERRIDE_NAMESPACE, VOTE_NAMESPACE
from cmdb import canonical
from cmdb.model import Value
from cmdb.parts import Content, Streamed
from cmdb.places import ATTACHMENTS, FOLDERS, file_name, path_of
from cmdb.written import IN_FORCE

MANY = 500  # records from which on reading the whole list of files is cheaper than looking each one up
NEEDED = ("type", "dependency kind")  # without which no record of the set can be read
_KINDS = {folder: kind for kind, folder in FOLDERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Value):
    """A set: its records, those referred to that the baseline does not hold, what was met and left out."""

    keys: frozenset[Key]
    missing: tuple[tuple[Key | None, Key], ...] = ()
    met: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents(Value):
    """The files of a set at its baseline: measured, with their object ids, and the set as it is voted on."""

    fields: Mapping[str, Any]
    digest: str
    files: Mapping[str, tuple[str, Listed]]
    parts: tuple[Part, ...]

    @property
    def items(self) -> list[tuple[str, str]]:
        """The items of the set, each with the SHA-256 of its record."""
        return sorted((str(one.fields["id"]), one.sha256) for one in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel(Value):
    """Everything an archive holds but the signature: the manifest, files made here, files of the vault.

    `attached` are those of the vault that come in pieces, with their size in bytes.
    """

    folder: str
    manifest: bytes
    made: Mapping[str, bytes]
    vault: Mapping[str, str]
    attached: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many files the archive has, with manifest and signature."""
        return len(self.made) + len(self.vault) + len(release_model.UNLISTED)

    def files(self, vault: Vault, signature: str) -> Iterator[tuple[str, Content]]:
        """Every file of the archive in its order."""
        yield release_model.MANIFEST, self.manifest
        yield release_model.SIGNATURE, signature.encode("ascii")
        order = sorted((*self.made, *self.vault))
        records = [path for path in order if path in self.vault and path not in self.attached]
        from_vault = vault.contents([self.vault[path] for path in records])
        for path in order:
            if path in self.attached:
                yield path, Streamed(self.attached[path], vault.pieces(self.vault[path]))
            else:
                yield path, self.made[path] if path in self.made else next(from_vault)


def chosen(state: State, change: ProposedChange) -> Chosen:
    """The closed set of a release at a commit: what is named, all it refers to, and its documents.

    A document belongs to it when it is in force and about an item of the set; what else that document is
    about does not follow.
    """
    source, out = InState(state), closures.left_out(change)
    found: dict[Key, Fields] = {}
    missing: dict[Key, Key | None] = {}
    met: set[Key] = set()
    waiting: list[tuple[Key | None, Key]] = [(None, one) for one in closures.named(source, change)]
    _follow(source, waiting, out, found, missing, met)
    for key, fields in held(state, "document"):
        about = {("item", one) for one in fields.get("services", ())}
        if fields.get("status", IN_FORCE) == IN_FORCE and about & found.keys():
            _follow(source, [(None, key)], out, found, missing, met)
    return Chosen(
        keys=frozenset(found),
        missing=tuple((needy, key) for key, needy in sorted(missing.items())),
        met=frozenset(met),
    )


def _follow(
    source: InState,
    waiting: list[tuple[Key | None, Key]],
    out: Mapping[Key, str],
    found: dict[Key, Fields],
    missing: dict[Key, Key | None],
    met: set[Key],
) -> None:
    while waiting:
        ahead = {key for _needy, key in waiting if key not in found and key not in out}
        if len(ahead) > MANY:
            source.state.fetch(path_of(*key) for key in ahead)
        after: list[tuple[Key | None, Key]] = []
        for needy, key in waiting:
            if key in out:
                met.add(key)
                continue
            if key in found or key in missing:
                continue
            fields = source.record(key)
            if fields is None:
                missing[key] = needy
                continue
            found[key] = fields
            refers = controlled.references(key[0], fields)
            after += [(key, one) for one in refers if not (key[0] == "document" and one[0] == "item")]
        waiting = after


def contents(vault: Vault, change: ProposedChange, among: Chosen | None = None) -> Contents:
    """Read the set of a release from its baseline, unless `among` says what is in it already.

    Raises Corrupt for a record that cannot be read.
    """
    commit = str(change.exact["commit"])
    keys = (among or chosen(State(vault, commit), change)).keys
    places = _places(vault, commit, keys)
    files: dict[str, tuple[str, Listed]] = {}
    billed: list[tuple[dict[str, Any], str]] = []
    types: dict[str, Fields] = {}
    others: list[str] = []
    read = vault.contents([oid for path, oid in places.items() if not path.startswith(ATTACHMENTS)])
    for path, oid in places.items():
        if path.startswith(ATTACHMENTS):  # bytes of its document, however many
            files[path] = (oid, release_model.measured(path, vault.pieces(oid)))
            continue
        data = next(read)
        files[path] = (oid, release_model.listed(path, data))
        kind = _KINDS[path.partition("/")[0]]
        fields = canonical.decode(data)[1]
        if kind == "item":
            billed.append((told(fields), files[path][1].sha256))
            continue
        others.append(kind)
        if kind == "type":
            types[str(fields["id"])] = fields
    parts = tuple(_part(fields, sha, types) for fields, sha in billed)
    whole = release_sets.set_fields(
        baseline=str(change.exact["baseline"]),
        commit=commit,
        level=str(change.exact["level"]),
        left_out={str(one): str(why) for one, why in dict(change.exact.get("left_out", {})).items()},
        files=((path, one.sha256) for path, (_oid, one) in files.items()),
        items=((str(one["id"]), str(one["type"]), str(one["level"])) for one, _sha in billed),
        others=others,
    )
    digest = canonical.digest_of(release_sets.FORM, whole)
    return Contents(fields=whole, digest=digest, files=files, parts=parts)


def _places(vault: Vault, commit: str, keys: Iterable[Key]) -> dict[str, str]:
    """Every file of these records, with its object id: the record, and what is attached to it."""
    wanted = {path_of(*key) for key in keys}
    folders = {ATTACHMENTS + file_name(id) for kind, id in keys if kind == "document"}
    found: dict[str, str] = {}
    if len(wanted) > MANY:
        found = {path: oid for path, oid in vault.paths(commit) if path in wanted}
    else:
        for path in wanted:
            found |= dict(vault.paths(commit, path))
    for folder in folders:
        found |= dict(vault.paths(commit, f"{folder}/"))
    return dict(sorted(found.items()))


def _part(fields: Fields, sha: str, types: Mapping[str, Fields]) -> Part:
    chain: list[str] = []
    name = str(fields["type"])
    while name in types and name not in chain:
        chain.append(name)
        name = str(types[name].get("parent", ""))
    return Part(fields, tuple(chain), any(types[one].get("service") for one in chain), sha)


def parcel(vault: Vault, found: Contents, change: ProposedChange, *, request: str, head: str) -> Parcel:
    """Everything the archive holds, as of a commit `head` after the decision.

    Raises Corrupt when the decision cannot be read.
    """
    state = State(vault, head)
    paths = state.decisions(request)
    decided = [Decided.read(state, path) for path in paths]
    exact = change.exact
    product, version = str(exact["product"]), str(exact["version"])
    about = {
        **{name: exact[name] for name in ("product", "version", "baseline", "commit", "level")},
        "site": _root(decided[-1]),
        "request": request,
        "scope": change.id,
        "digest": found.digest,
        "decision": LIBRARY + paths[-1],
        "left_out": found.fields["left_out"],
    }
    identity = f"{about['site']}:{product}:{version}:{found.digest}"
    made = {
        BILL: bill(product, version, at=decided[-1].decision.at, identity=identity, parts=found.parts),
        SIGNERS: _signers(vault, head, paths, decided),
    }
    from_vault = {LIBRARY + path: oid for path, (oid, _one) in found.files.items()}
    listed = {LIBRARY + path: _below(one) for path, (_oid, one) in found.files.items()}
    for path, oid in vault.paths(head, f"{request_folder(request)}/"):
        from_vault[LIBRARY + path] = oid
        listed[LIBRARY + path] = release_model.listed(LIBRARY + path, next(vault.contents([oid])))
    listed |= {path: release_model.listed(path, data) for path, data in made.items()}
    made[SUMS] = release_model.sums(listed.values())
    listed[SUMS] = release_model.listed(SUMS, made[SUMS])
    manifest = release_model.manifest_bytes(about, listed.values())
    return Parcel(
        folder=folder_name(product, version),
        manifest=manifest,
        made=made,
        vault=from_vault,
        attached={
            LIBRARY + path: one.size
            for path, (_oid, one) in found.files.items()
            if path.startswith(ATTACHMENTS)
        },
    )


def _below(one: Listed) -> Listed:
    return Listed(path=LIBRARY + one.path, sha256=one.sha256, size=one.size)


def _root(decided: Decided) -> str:
    return str(canonical.decode(decided.signed.data)[1]["site"])


def _signers(vault: Vault, head: str, paths: list[str], decided: list[Decided]) -> bytes:
    """Whose keys the votes and decisions were signed with, as `ssh-keygen -Y verify -f` reads them.

    The keys in force when each decision was taken: those of its parent commit.
    """
    spaces = ",".join((VOTE_NAMESPACE, OVERRIDE_NAMESPACE, DECISION_NAMESPACE))
    lines: set[str] = set()
    for path, one in zip(paths, decided, strict=True):
        taken = vault.commit(vault.history(path, head)[-1])
        before = State(vault, taken.parents[0])
        people = {vote.voter for vote, _signed in one.votes} | {one.by for one, _signed in one.overrides}
        for person in people | {one.decision.by}:
            lines |= {f'{person} namespaces="{spaces}" {key}\n' for key in before.keys(person)}
    return "".join(sorted(lines)).encode()
