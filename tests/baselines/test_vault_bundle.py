"""A bundle holds exactly what was asked for, and one that is damaged gives no vault."""

from datetime import UTC, datetime

import pytest

from baselines import vault_bundle
from baselines.vault import Vault
from cmdb.errors import Corrupt, Refused
from cmdb.model import Person

AT = datetime(2026, 11, 22, 22, tzinfo=UTC)
ANNE = Person(id="a.vries", name="Anne de Vries")


@pytest.fixture
def vault(tmp_path, keys):
    """A vault of three baselines."""
    with Vault.create(tmp_path / "library.git") as made, made.locked() as lock:
        parent = ""
        for number in range(3):
            done = made.prepare(
                [(f"items/{number}.json", b"{}\n" * (number + 1))],
                name=f"BL-{number:06d}",
                parent=parent,
                author=ANNE,
                at=AT,
                subject="Test",
                trailers={},
                key=keys.private("a.vries"),
            )
            made.pending(done, lock=lock)
            made.settle(done, lock=lock)
            parent = done.commit
        yield made


def test_what_comes_after_the_commit_wanted_stays_out(vault, tmp_path):
    tags, head = vault.tags(), vault.head()
    middle = vault.commit(head).parents[0]
    wanted = {name: oid for name, oid in tags.items() if name != "BL-000002"}
    vault_bundle.pack(vault, tmp_path / "b", commit=middle, tags=wanted)
    with vault_bundle.unpack(tmp_path / "b", tmp_path / "copy.git") as copy:
        assert (copy.head(), copy.tags()) == (middle, wanted)
        assert dict(copy.paths(middle)) == dict(vault.paths(middle))
        with pytest.raises(Corrupt):
            copy.commit(head)
    assert (vault.head(), vault.tags(), vault.pending_names()) == (head, tags, {})


def test_a_damaged_bundle_and_a_full_directory_are_refused(vault, tmp_path):
    vault_bundle.pack(vault, tmp_path / "b", commit=vault.head(), tags=vault.tags())
    data = bytearray((tmp_path / "b").read_bytes())
    data[-40] ^= 0xFF
    (tmp_path / "b").write_bytes(bytes(data))
    with pytest.raises(Corrupt):
        vault_bundle.unpack(tmp_path / "b", tmp_path / "copy.git")
    with pytest.raises(Refused, match="not empty"):
        vault_bundle.unpack(tmp_path / "b", vault.path)


def test_a_commit_the_vault_lacks_cannot_be_packed(vault, tmp_path):
    with pytest.raises(Corrupt):
        vault_bundle.pack(vault, tmp_path / "b", commit="1" * 40, tags={})
