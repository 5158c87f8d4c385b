"""Keys of people under control: every form people write, and the request that registers one."""

import pytest

from ccb import changefile, requests, signing_keys
from ccb.model import ProposedChange
from cmdb import signatures
from cmdb.errors import Invalid
from cmdb.model import Person, PublicKey
from tests.ccb.quay import NOW, SWAP


def change(text: str, read=signing_keys.no_files) -> ProposedChange:
    """The one change of a change file."""
    return changefile.parse(f"title: x\nchanges:\n  - {text}\n", read_key=read).changes[0]


def test_a_key_may_be_written_in_every_obvious_form(keys, tmp_path):
    one, other = keys.public("a.vries"), keys.public("k.chen")
    wanted = [{"text": text} for text in sorted((one, other))]
    for content in (
        f"['{one}', '{other}']",
        f"[{{text: '{one}'}}, '{other}']",
        f'"{one}\\n{other}\\n"',
    ):
        assert change(f"{{person: k.chen, set: {{keys: {content}}}}}").exact == {"keys": wanted}
    assert change(f"{{person: k.chen, set: {{keys: '{one} laptop'}}}}").exact == {
        "keys": [{"text": one, "comment": "laptop"}]
    }
    block = f"person: k.chen\n    set:\n      keys: |\n        {one}\n        {other}"
    assert change(block).exact == {"keys": wanted}
    assert change("{person: k.chen, set: {keys: []}}").exact == {"keys": []}


def test_a_key_may_be_the_path_of_its_file(keys):
    def read(path: str) -> PublicKey:
        return signatures.read_public_key(keys.private("k.chen").with_name(path))

    wanted = {"text": keys.public("k.chen"), "comment": "k.chen"}
    assert change("{person: k.chen, set: {keys: k.chen.pub}}", read).exact == {"keys": [wanted]}
    assert change("{person: n.new, add: {name: New, keys: [k.chen.pub]}}", read).exact["keys"] == [wanted]


def test_what_is_no_key_is_named_with_its_line(keys):
    with pytest.raises(Invalid) as wrong:
        change("{person: k.chen, set: {keys: [nothing.pub, ssh-ed25519 AAAA, 5, {key: x}]}}")
    assert len(wrong.value.problems) == 4
    assert all(one.startswith("Line 3, changes[0].set.keys: ") for one in wrong.value.problems)
    assert "'nothing.pub' is no public key" in wrong.value.problems[0]


def test_the_request_for_a_key_keeps_those_before_it_unless_it_stands_alone(keys):
    old, new = (PublicKey(text=keys.public(one), comment=one) for one in ("a.vries", "k.chen"))
    person = Person(id="k.chen", name="Kim Chen", keys=(old,), level="baselined")
    both = signing_keys.draft_of(person, new, at=NOW)
    alone = signing_keys.draft_of(person, new, alone=True, at=NOW)
    assert {one["text"] for one in both.changes[0].exact["keys"]} == {old.text, new.text}
    assert alone.changes[0].exact["keys"] == [{"text": new.text, "comment": "k.chen"}]
    assert signing_keys.registers(both.changes[0], "k.chen", new.text)
    assert not signing_keys.registers(alone.changes[0], "k.chen", old.text)
    assert not signing_keys.registers(both.changes[0], "a.vries", new.text)
    with pytest.raises(Invalid, match="registered for k.chen already"):
        signing_keys.draft_of(person, old, at=NOW)


def test_the_request_for_a_key_can_be_submitted_as_it_is(quay, keys):
    with quay.store.read() as uow:
        person = uow.get(Person, "k.chen")
    draft = signing_keys.draft_of(person, PublicKey(text=keys.public("second")), at=quay.now)
    assert quay.raised(draft, by="k.chen").state == "under review"


def test_nobody_is_given_the_key_or_login_of_somebody_else(quay, keys):
    def wanted(person: str, of: str) -> ProposedChange:
        exact = {"keys": [{"text": keys.public(of)}]}
        return ProposedChange(record="person", id=person, operation="set", exact=exact)

    with pytest.raises(Invalid) as wrong:
        requests.new(quay.store, SWAP.but(changes=(wanted("k.chen", "p.ng"),)), actor="k.chen", at=quay.now)
    assert wrong.value.problems == ("person k.chen: A key of k.chen is registered for p.ng.",)
    swapped = SWAP.but(changes=(wanted("k.chen", "p.ng"), wanted("p.ng", "k.chen")))
    assert requests.new(quay.store, swapped, actor="k.chen", at=quay.now).state == "draft"
    same = SWAP.but(changes=(wanted("k.chen", "shared"), wanted("p.ng", "shared")))
    with pytest.raises(Invalid) as wrong:
        requests.new(quay.store, same, actor="k.chen", at=quay.now)
    assert "this request gives p.ng the same key or login" in wrong.value.problems[0]


def test_a_warning_names_few_and_counts_the_rest():
    assert signing_keys.warning([]) == ""
    assert signing_keys.warning(["k.chen"]).startswith("k.chen has no registered key")
    said = signing_keys.warning([f"p.{number}" for number in range(9)])
    assert said.startswith("p.0, p.1, p.2, p.3, p.4 and 4 more have no registered key")
    assert "'cmdb person key FILE.pub --as p.0'" in said
