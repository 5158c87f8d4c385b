"""Whatever a title or a name holds stays in its place; a site writes mail in its own words."""

from email import message_from_string
from email.policy import default

import pytest

from cmdb.errors import Invalid
from cmdb.mailing import Delivered
from cmdb.model import Person
from cmdb.telling import REFUSED, SENT
from tests.mailbox import KAI, Post


@pytest.fixture
def quick(sqlite_store, tmp_path):
    """A site and a mail server, where the kind of database does not matter."""
    return Post(sqlite_store, tmp_path)


# --- hostile and foreign text -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Hello\nBcc: victim@example.org\n\nbody",
        "Hello\r\nBcc: victim@example.org\r\n\r\nbody",
        "Überprüfung der Änderung: 変更 — ✓",
        "x" * 5_000,
        "=?utf-8?q?Bcc=3A_victim?=\n .\n.\n..",
        "a\u202ereversed\u2028line\u2029end\x85next",
    ],
)
def test_whatever_a_text_holds_stays_in_its_place(quick, text):
    quick.tell()
    with quick.store.write() as uow:  # past the value that would refuse some of it
        uow.rows("UPDATE notice SET text = ?, about = ?", text, f"change:{text}")
        uow.commit()
    with quick.up():
        assert quick.tick() == Delivered(sent=1)
    [made] = quick.box.arrived
    assert quick.box.recipients == [[KAI]]
    assert made.keys() == [
        "Subject", "From", "To", "Date", "Message-ID", "References", "Auto-Submitted", "Precedence",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    ]  # fmt: skip
    assert "\n" not in made["Subject"]
    head = quick.box.raw[0].partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert max(map(len, quick.box.raw[0].split(b"\r\n"))) <= 998
    assert "\u202e" not in made.get_content()  # nothing turns the words after it around
    if "Über" in text:
        assert made["Subject"] == f"[Westhaven] {text}"
        assert text in made.get_content()


def test_a_hostile_name_and_address_reach_nobody_else(quick):
    addresses = {
        "b.one": "a@example.org, victim@example.org",
        "b.two": "a@example.org>\tRCPT TO:<victim@example.org",
        "b.six": "victim@example.org\u202e",
        "b.ten": "..@example.org",
        "b.won": "nobody",
    }
    with quick.store.write() as uow:
        for id, address in addresses.items():
            uow.add(Person(id=id, name="x"))
            uow.rows("UPDATE person SET email = ? WHERE id = ?", address, id)
        name = 'Eve" <victim@example.org>, "'
        uow.replace(uow.get(Person, "k.chen").but(name=name))
        uow.commit()
    quick.tell("one", people=tuple(addresses))
    quick.tell("two")
    with quick.up():
        assert quick.tick() == Delivered(sent=1)
    assert quick.box.recipients == [[KAI]]
    [to] = quick.box.arrived[0]["To"].addresses
    assert (to.addr_spec, to.display_name) == (KAI, name)
    assert quick.states() == [REFUSED] * 5 + [SENT]


def test_addresses_beyond_ascii_are_sent_where_the_server_takes_them(quick):
    with quick.store.write() as uow:
        uow.replace(uow.get(Person, "k.chen").but(email="kåi@exämple.org", name="Kåi Chén 名"))
        uow.replace(uow.get(Person, "a.vries").but(email="anna@exämple.org"))
        uow.commit()
    quick.tell(people=("k.chen", "a.vries"))
    with quick.up():
        assert quick.tick() == Delivered(sent=2)
    assert quick.box.recipients == [["kåi@xn--exmple-cua.org"], ["anna@xn--exmple-cua.org"]]
    first = message_from_string(quick.box.raw[0].decode("utf-8"), policy=default)
    assert first["To"].addresses[0].display_name == "Kåi Chén 名"


# --- templates --------------------------------------------------------------------------------------


def test_a_site_writes_mail_in_its_own_words_by_kind(quick):
    folder = quick.settings.site / "mail"
    folder.mkdir()
    (folder / "notice.txt").write_text("Subject: $kind for $name\n\nPreis: 5 $$, $text\n", "utf-8")
    (folder / "vote-asked.txt").write_text("Subject: Stimme gefragt: $text\n\n$open\n", "utf-8")
    quick.tell("CR-1 is approved")
    quick.tell("Your vote is asked on CR-1", kind="vote asked")
    with quick.up():
        assert quick.tick() == Delivered(sent=2)
    assert quick.box.subjects() == [
        "decision taken for Kai Chen",
        "Stimme gefragt: Your vote is asked on CR-1",
    ]
    assert quick.box.arrived[0].get_content().splitlines() == ["Preis: 5 $, CR-1 is approved"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notice.txt", b"Subject: $secret\n\nx", "'$secret' is nothing"),
        ("notice.txt", b"no subject\n\nx", "first line"),
        ("digest.txt", b"Subject: x\n\n5 $ each", "'$$'"),
        ("vote-asked.txt", b"Subject: x\n\n$lines", "'$lines' is nothing"),
    ],
)
def test_a_template_that_cannot_be_filled_is_named_and_nothing_is_lost(quick, name, content, says):
    folder = quick.settings.site / "mail"
    folder.mkdir()
    (folder / name).write_bytes(content)
    quick.tell()
    with quick.up():
        with pytest.raises(Invalid) as refusal:
            quick.tick()
        assert name in refusal.value.reason
        assert any(says in one for one in refusal.value.problems)
        (folder / name).unlink()
        assert quick.tick() == Delivered(sent=1)
