"""What an insider with both stores, git and a key of his own hides or shows, verify names all the same."""

import json
import shutil
import struct
import subprocess
from datetime import timedelta
from hashlib import sha1
from pathlib import Path

import pytest

from baselines import health, tables, verification
from baselines.library import Draft, Library, commit_point
from baselines.vault import Vault
from cmdb import signatures
from cmdb.model import Person
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, Port, build, set_model

DURING = NIGHT + timedelta(minutes=10)


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site under control, copied for each test."""
    from cmdb import codec  # the tables of all packages are known by the imports above

    assert codec.registered()
    folder = tmp_path_factory.mktemp("original")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    build(store, folder / "library.git", keys).library.close()
    store.engine.dispose()
    return folder


def opened(folder: Path, keys) -> Port:
    return Port(Library(Store.open(str(folder / "cmdb.db")), Vault.open(folder / "library.git")), keys)


@pytest.fixture
def port(original, tmp_path, keys):
    shutil.copytree(original, tmp_path / "site")
    with (made := opened(tmp_path / "site", keys)).library:
        yield made


def failure(port: Port, **more):
    found = verification.verify(port.library, **more).failure
    assert found is not None
    return found


def git(port: Port, *arguments: str, data: bytes = b"") -> str:
    command = ["git", "-C", str(port.library.vault.path), *arguments]
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout.decode().strip()


def recorded(port: Port, files, *, subject="CR-1: carried.", author="k.chen", actor="k.chen"):
    """Add a record commit past every check, with whatever name on it."""
    commit_point(
        port.library,
        kind="record",
        draft=lambda _uow, _newest: Draft(files=files, subject=subject),
        enter=lambda _uow, _commit: None,
        author=Person(id=author, name=author.title()),
        key=port.keys.private(actor),
        at=DURING,
    )


@pytest.mark.parametrize(
    "path", ["records/reviews/REV-1.json", "records/requests/00000/CR-1/1-vote-02.json", "records/note.txt"]
)
def test_a_record_that_belongs_to_nothing_signed_is_named(port, path):
    recorded(port, [(path, b"{}")])
    found = failure(port)
    assert "nobody decided, signed or released" in found.why
    assert path in found.detail


@pytest.mark.parametrize("part", ["request", "assessment", "rules", "decision"])
def test_a_signed_record_that_lacks_the_fields_of_its_format_is_named_and_stops_nothing(port, part):
    vault = port.library.vault
    with port.store.read() as uow:
        head = tables.newest(uow).commit
    folder = "records/requests/00000/CR-1/"
    kept = {path: vault.find(head, path) for path, _oid in vault.paths(head, folder)}
    again = {path.replace("/1-", "/2-"): data for path, data in kept.items() if data}
    form = json.loads(again[f"{folder}2-{part}.json"])["format"]
    again[f"{folder}2-{part}.json"] = b'{\n  "format": "%s"\n}\n' % form.encode()
    recorded(port, list(again.items()))
    found = failure(port)
    assert found.kind in ("commit", "decision")
    assert found.why.strip()


def test_a_signed_commit_that_adds_nothing_but_its_title_is_named(port):
    recorded(port, [])
    assert "nobody decided, signed or released" in failure(port).why


def test_a_commit_shown_under_somebody_elses_name_is_named(port, monkeypatch):
    act = port.raised(set_model())
    with monkeypatch.context() as changed:  # a program that puts another name on what it signs
        prepare = Vault.prepare

        def as_the_chair(self, changes, *, author, **more):
            return prepare(self, changes, author=Person(id="m.jansen", name="M.Jansen"), **more)

        changed.setattr(Vault, "prepare", as_the_chair)
        port.carried(act.id, "k.chen", ("m.jansen", "p.ng"), NIGHT - timedelta(hours=12))
    assert "is shown as made by M.Jansen <m.jansen>, who did not sign it" in failure(port).why


@pytest.mark.parametrize("ref", ["refs/replace/", "refs/notes/commits", "refs/remotes/origin/main"])
def test_a_ref_that_shows_others_something_else_is_named(port, ref):
    head = port.library.vault.head()
    name = f"{ref}{head}" if ref.endswith("/") else ref
    git(port, "update-ref", name, git(port, "rev-parse", f"{head}^"))
    found = failure(port)
    assert (found.kind, found.id) == ("ref", name)
    git(port, "pack-refs", "--all")
    assert failure(port) == found


def test_a_tag_made_again_by_its_owner_with_another_title_is_named_though_both_stores_agree(port):
    with port.store.read() as uow:
        baseline = tables.baseline_in_force(uow)
    said = port.library.vault.tag(baseline.tag).payload.replace(b"First baseline", b"Approved by all")
    signed = said + signatures.sign(said, namespace="git", key=port.keys.private("a.vries")).encode()
    again = git(port, "hash-object", "-w", "-t", "tag", "--stdin", data=signed)
    git(port, "update-ref", f"refs/tags/{baseline.id}", again)
    with port.store.write() as uow:
        uow.rows("UPDATE baseline SET tag = ? WHERE id = ?", again, baseline.id)
        uow.rows("UPDATE library_commit SET tag = ? WHERE name = ?", again, baseline.id)
        uow.commit()
    assert f"the tag {baseline.id} says something else than its baseline" in failure(port).why


def test_an_end_cut_off_is_named_though_gits_own_index_says_that_nothing_is_missing(port, original, keys):
    port.approved(set_model())
    proved = verification.verify(port.library).proved
    with opened(original, keys).library as older:
        head = older.vault.head()
    site = port.library.vault.path.parent
    port.library.close()
    port.store.engine.dispose()
    for left in site.glob("cmdb.db*"):
        left.unlink()
    shutil.copy(original / "cmdb.db", site / "cmdb.db")
    put_back = opened(site, keys)
    git(put_back, "update-ref", "refs/heads/main", head)
    git(
        put_back,
        "-c",
        "commitGraph.generationVersion=1",
        "commit-graph",
        "write",
        "--stdin-commits",
        data=f"{proved.head}\n".encode(),
    )
    before = git(put_back, "rev-parse", f"{head}^")
    _claim(site / "library.git/objects/info/commit-graph", child=before, parent=proved.head)
    git(put_back, "merge-base", "--is-ancestor", proved.head, head)  # git believes it
    with put_back.library:
        assert "was cut off or rewritten" in failure(put_back, remembered=proved).why
        assert verification.verify(put_back.library).ok


def _claim(graph: Path, *, child: str, parent: str) -> None:
    """Write into git's index of commits that one follows from another."""
    graph.chmod(0o644)
    data = bytearray(graph.read_bytes())
    table: dict[bytes, int] = {}
    for at in range(8, 8 + 12 * data[6], 12):
        table[bytes(data[at : at + 4])] = struct.unpack(">Q", data[at + 4 : at + 12])[0]
    count = (table[b"CDAT"] - table[b"OIDL"]) // 20
    oids = [data[table[b"OIDL"] + 20 * place :][:20].hex() for place in range(count)]
    entry = table[b"CDAT"] + 36 * oids.index(child)
    data[entry + 20 : entry + 24] = struct.pack(">I", oids.index(parent))
    data[entry + 28 : entry + 32] = struct.pack(">I", 1000 << 2)  # its distance from the beginning
    graph.write_bytes(data[:-20] + sha1(data[:-20]).digest())


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("trigger", "CREATE TRIGGER quiet AFTER INSERT ON vote BEGIN DELETE FROM hold; END"),
        (
            "trigger",
            "CREATE TRIGGER item_search_added AFTER INSERT ON item BEGIN DELETE FROM lease; END",
        ),
        ("view", "CREATE VIEW holds AS SELECT * FROM hold WHERE person <> 'p.ng'"),
    ],
)
def test_what_alters_or_hides_rows_in_the_database_is_named_though_every_row_is_right(port, kind, sql):
    with port.store.write() as uow:
        if "item_search_added" in sql:
            uow.rows("DROP TRIGGER item_search_added")
        uow.rows(sql)
        uow.commit()
    found = failure(port)
    assert (found.kind, found.id) == (kind, sql.split()[2])
    assert "this program did not make" in found.why


@pytest.mark.parametrize(
    ("file", "line", "word"),
    [
        ("info/grafts", "{head} {root}", "shorter"),
        ("objects/info/alternates", "/elsewhere/objects", "borrows"),
        ("config", "[transfer]\n\thideRefs = refs/tags/BL-000001", "hides"),
        ("config", "[include]\n\tpath = /tmp/more", "another file"),
    ],
)
def test_what_shows_the_library_otherwise_than_it_is_is_named(port, file, line, word):
    path = port.library.vault.path / file
    path.parent.mkdir(exist_ok=True)
    text = line.format(head=port.library.vault.head(), root=port.root)
    path.write_text((path.read_text() if path.exists() else "") + text + "\n")
    found = failure(port)
    assert found.id == file
    assert word in found.why
    assert [
        one.subject for one in health.of_library(Site(path=path.parents[file.count("/") + 1], name="P"))
    ] == [file]
