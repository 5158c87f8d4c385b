"""What the library keeps of a release: it comes back, and whatever is forged of it is named."""

import pytest

from baselines import library as libraries
from baselines import (
    rebuild,
    release_check,
    release_model,
    releasing,
    tables_releases,
)
from baselines.library import Library
from baselines.release_model import FOLDER, NAMES, statement_bytes
from baselines.verification import verify
from ccb import requests
from cmdb import journal, signatures
from cmdb.errors import Corrupt
from cmdb.model import Person
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, build
from tests.baselines.wharf import authorised, built


@pytest.fixture
def port(store, tmp_path, keys):
    with (made := build(store, tmp_path / "library.git", keys)).library:
        yield made


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mail-1.0.tar"


def checked(file, **more):
    with file.open("rb") as stream:
        return release_check.check(stream, **more)


def test_a_rebuilt_database_knows_every_release_and_can_make_it_again(keys, tmp_path, file):
    folder = tmp_path / "site"
    folder.mkdir()
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    with (port := build(store, folder / "library.git", keys)).library:
        made = built(port, file)
        waiting = authorised(port, version="1.1")
    store.engine.dispose()
    (folder / "cmdb.db").unlink()
    site = Site(path=folder, name="Port")
    rebuild.rebuild(site, actor="a.vries", at=NIGHT, apply=True)
    with Library.open(site) as library:
        with library.store.read() as uow:
            assert tables_releases.releases(uow) == (made,)
            assert len(tables_releases.items_of(uow, made)) == 4
            assert requests.find(uow, made.request).state == "checked in"
            assert requests.find(uow, waiting.id).state == "approved"
        assert verify(library).ok
        key = keys.private("a.vries")
        again, next_one = tmp_path / "again.tar", tmp_path / "next.tar"
        releasing.build(library, made.request, file=again, actor="a.vries", key=key, at=NIGHT)
        assert again.read_bytes() == file.read_bytes()
        releasing.build(library, waiting.id, file=next_one, actor="a.vries", key=key, at=NIGHT)
        assert checked(next_one).ok
        assert verify(library).ok
        library.store.engine.dispose()


COPY = (
    "INSERT INTO product_release SELECT product, '2', 'CR-9', scope, baseline, commit_id, digest,"
    " decision, manifest, signature, archive, size, files, at, \"by\", key, statement, 'x'"
    " FROM product_release"
)
FORGERIES = (
    ("UPDATE product_release SET archive = 'x'", "is not what was signed"),
    ("UPDATE product_release SET version = '9'", "is missing from the database"),
    ("DELETE FROM product_release", "is missing from the database"),
    ("UPDATE released_item SET sha256 = 'x' WHERE item = 'sw-11'", "lists other items"),
    ("DELETE FROM released_item WHERE item = 'sw-11'", "lists other items"),
    (
        "INSERT INTO released_item (product, version, item, sha256) VALUES ('mail', '7', 'sw-11', 'x')",
        "that nobody signed",
    ),
    (
        COPY,
        "that nobody signed",
    ),
)


@pytest.mark.parametrize(("sql", "why"), FORGERIES)
def test_a_forged_row_of_a_release_is_named(port, file, sql, why):
    built(port, file)
    with port.store.write() as uow:
        uow.rows(sql)
        uow.commit()
    failure = verify(port.library).failure
    assert failure is not None
    assert failure.kind == "release"
    assert why in failure.why


def forged(port, made, edit, *, name="release.json"):
    """A record commit by a.vries that tells of another release, made past the program."""
    folder = f"{FOLDER}mail/1.0/"
    with port.store.read() as uow:
        author = uow.get(Person, "a.vries")
        newest = libraries.tables.newest(uow)
    files = {one: port.library.vault.read(made.record, folder + one) for one in NAMES}
    files = edit(files)
    target = f"{FOLDER}mail/9.9/" if b'"version": "9.9"' in files.get(name, b"") else f"{FOLDER}other/1.0/"

    def enter(uow, commit):
        journal.record(uow, at=NIGHT, actor="a.vries", action="forged", subjects=("x",))

    libraries.add_records(
        port.library,
        lambda _uow: {target + one: data for one, data in files.items()},
        subject="Forged",
        author=author,
        key=port.keys.private("a.vries"),
        at=NIGHT,
        enter=enter,
    )
    assert newest is not None


def renamed(files):
    """The same statement about another version."""
    data = files["release.json"].replace(b'"version": "1.0"', b'"version": "9.9"')
    return {**files, "release.json": data}


def signed_again(port, files, *, key="a.vries"):
    sign = port.keys.private(key)
    made = signatures.sign(files["release.json"], namespace="release@cmdb", key=sign)
    return {**files, "release.sig": made.encode()}


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda port, files: {one: files[one] for one in NAMES[:2]}, "that is no release"),
        (lambda port, files: {**files, "extra": b"x"}, "that is no release"),
        (lambda port, files: files, "belongs to another site or product"),
        (
            lambda port, files: renamed(files),
            "is not signed by a key registered for a.vries",
        ),
        (
            lambda port, files: signed_again(port, renamed(files)),
            "is not what was decided on",
        ),
    ],
)  # fmt: skip
def test_a_forged_release_record_is_named(port, file, edit, why):
    made = built(port, file)
    forged(port, made, lambda files: edit(port, files))
    failure = verify(port.library).failure
    assert failure is not None
    assert why in failure.why


def test_what_a_statement_says_is_read_back_as_it_was_written(port, file):
    made = built(port, file)
    data = port.library.vault.read(made.record, f"{FOLDER}mail/1.0/release.json")
    assert data == statement_bytes(made, port.root)
    with pytest.raises(Corrupt, match="statement of a release is not readable"):
        release_model.release_from(data.replace(b'"size"', b'"sizes"'))
