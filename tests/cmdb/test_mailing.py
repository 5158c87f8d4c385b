"""Notices go out as mail once each, over a real mail server, and none is lost when it is down."""

import datetime as dt
import threading
from datetime import timedelta

import pytest

from cmdb import mailing, notice_rules, notices, outbox
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.mailing import Delivered
from cmdb.model import Group, Person
from cmdb.telling import DOUBT, EXPIRED, LEFT, REFUSED, SENDING, SENT, WAITING, Mail
from tests.builders import AT
from tests.mailbox import ANNA, HANGS_UP, KAI, LATER, REFUSES, Post
from tui import desk_today

MORNING = dt.datetime(2026, 11, 23, 6, 30, tzinfo=dt.UTC)  # half past seven in Amsterdam


@pytest.fixture
def post(store, tmp_path):
    return Post(store, tmp_path)


@pytest.fixture
def quick(sqlite_store, tmp_path):
    """The same where the kind of database does not matter."""
    return Post(sqlite_store, tmp_path)


def test_a_notice_is_mailed_once_to_each_and_a_second_run_sends_nothing(post):
    post.tell(people=("k.chen", "a.vries"))
    with post.up():
        assert post.tick() == Delivered(sent=2)
        assert post.tick() == Delivered()
    assert post.box.recipients == [[KAI], [ANNA]]
    assert post.states() == [SENT, SENT]
    [first, second] = post.box.arrived
    assert first["Subject"] == "[Westhaven] CR-1 is approved"
    assert first["To"] == f"Kai Chen <{KAI}>"
    assert first["From"] == "Westhaven <cmdb@example.org>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert "cmdb change show CR-1" in first.get_content()
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"]


def test_while_the_server_is_down_mail_is_kept_and_tried_again_ever_more_rarely(post):
    post.tell()
    moments = []
    at = AT
    for _ in range(7):
        done = post.tick(at)
        assert (done.sent, done.waiting) == (0, 1)
        assert "cannot be used" in done.problem
        assert post.tick(at) == Delivered()  # not before its time
        moments.append(int((post.mail().again - at).total_seconds() // 60))
        at = post.mail().again
    assert moments == [5, 10, 20, 40, 60, 60, 60]
    with post.up():
        assert post.tick(at) == Delivered(sent=1)
    assert len(post.box.arrived) == 1


def test_a_server_that_is_down_half_way_keeps_the_rest(quick):
    for text in ("one", "two", "three"):
        quick.tell(text)
    quick.box.after_text[KAI] = LATER
    with quick.up():
        assert quick.tick() == Delivered(waiting=3)
        quick.box.after_text.clear()
        assert quick.tick(AT + timedelta(minutes=5)) == Delivered(sent=3)
    assert [one.rpartition(" ")[2] for one in quick.box.subjects()] == ["one", "two", "three"]


def test_an_address_that_is_refused_stays_refused_until_somebody_says_retry(post):
    post.tell(people=("k.chen", "a.vries"))
    post.box.answers[KAI] = REFUSES
    with post.up():
        assert post.tick() == Delivered(sent=1, refused=1)
        assert post.tick(AT + timedelta(days=1)) == Delivered()
        assert (post.mail().state, post.mail().reply) == (REFUSED, "550 5.1.1 no such user here")
        with post.store.read() as uow:
            [finding] = outbox.findings(uow)
            assert finding.subject == "k.chen"
            assert "no such user here" in finding.text
        post.box.answers.clear()
        assert len(outbox.retry(post.store, (), actor="a.vries", at=AT)) == 1
        assert post.tick() == Delivered(sent=1)
    assert post.box.recipients == [[ANNA], [KAI]]
    with pytest.raises(Refused, match="is sent"):
        outbox.retry(post.store, [1], actor="a.vries", at=AT)
    with pytest.raises(NotFound):
        outbox.retry(post.store, [99], actor="a.vries", at=AT)


def test_a_process_that_dies_after_the_server_took_it_sends_nothing_twice_and_says_so(post):
    post.tell()

    def die():
        raise KeyboardInterrupt

    with post.up():
        with pytest.raises(KeyboardInterrupt):
            killed_after_handing_over(post, die)
        assert post.states() == [SENDING]
        assert post.tick(AT + timedelta(minutes=5)) == Delivered()
        assert post.tick(AT + timedelta(minutes=20)) == Delivered()
        assert post.states() == [DOUBT]
        assert len(post.box.arrived) == 1
        assert outbox.retry(post.store, (), actor="a.vries", at=AT) == ()  # in doubt is named one by one
        outbox.retry(post.store, [1], actor="a.vries", at=AT + timedelta(minutes=30))
        assert post.tick(AT + timedelta(minutes=30)) == Delivered(sent=1)
    first, again = post.box.arrived
    assert first["Message-ID"] == again["Message-ID"]  # a mail server, and a person, knows it again


def killed_after_handing_over(post, die):
    """Run until the server has answered; the answer is the last thing the process sees."""
    calls = []

    def clock():
        calls.append(1)
        return die() if len(calls) == 4 else AT  # sort out, letter, claim; the fourth is the settling

    mailing.deliver(post.store, post.settings, name="W", password="", wall=lambda text: text, clock=clock)


def test_a_line_lost_after_the_text_is_in_doubt_and_before_it_is_tried_again(quick):
    quick.tell(people=("k.chen", "a.vries"))
    quick.box.after_text[KAI] = HANGS_UP
    with quick.up():
        done = quick.tick()
        assert (done.doubt, done.waiting) == (1, 1)
        assert "lost while it was handed over" in done.problem
        assert quick.states() == [DOUBT, WAITING]
        assert quick.tick(AT + timedelta(minutes=5)) == Delivered(sent=1)
    assert quick.box.recipients == [[KAI], [ANNA]]


def test_of_two_runs_at_once_one_sends(post):
    post.tell()
    second = []
    post.box.on_arrival = lambda: second.append(post.tick())
    with post.up():
        assert post.tick() == Delivered(sent=1)
    assert second == [Delivered()]
    assert len(post.box.arrived) == 1


def test_many_runs_at_once_send_each_notice_once(post):
    for number in range(12):
        post.tell(f"text {number}")
    with post.up():
        runs = [threading.Thread(target=post.tick) for _ in range(4)]
        for one in runs:
            one.start()
        for one in runs:
            one.join()
    assert sorted(post.box.subjects()) == sorted(f"[Westhaven] text {number}" for number in range(12))
    assert set(post.states()) == {SENT}


# --- digests ----------------------------------------------------------------------------------------


def test_a_digest_goes_out_once_a_day_at_its_hour_by_the_clock_of_the_site(post):
    outbox.prefer(post.store, "k.chen", "digest", actor="k.chen", at=AT)
    post.tell("one", at=AT)
    post.tell("two", at=AT + timedelta(hours=1))
    with post.up():
        assert post.tick(MORNING - timedelta(hours=1)) == Delivered()  # half past six
        assert post.tick(MORNING) == Delivered(sent=1)
        post.tell("three", at=MORNING)
        assert post.tick(MORNING + timedelta(hours=20)) == Delivered()
        assert post.tick(MORNING + timedelta(days=1)) == Delivered(sent=1)
    first, second = post.box.arrived
    assert first["Subject"] == "[Westhaven] 2 things you were told"
    assert second["Subject"] == "[Westhaven] 1 thing you were told"
    text = first.get_content()
    assert text.index("one") < text.index("two")
    assert "three" not in text


def test_a_digest_the_server_could_not_take_is_the_same_one_later(quick):
    quick.settings = quick.settings.but(default="digest")
    quick.tell("one")
    quick.box.after_text[KAI] = LATER
    with quick.up():
        assert quick.tick(MORNING) == Delivered(waiting=1)
        id = quick.mail().message_id
        quick.tell("two", at=MORNING)
        quick.box.after_text.clear()
        assert quick.tick(MORNING + timedelta(minutes=5)) == Delivered(sent=1)
    [only] = quick.box.arrived
    assert only["Message-ID"] == id
    assert "two" not in only.get_content()


def test_the_hour_of_a_digest_exists_on_the_days_the_clock_changes(quick):
    at_two = quick.settings.but(digest_hour=2)
    spring = dt.datetime(2026, 3, 29, 12, tzinfo=dt.UTC)  # 02:00 does not exist in Amsterdam
    assert at_two.digest_before(spring) == dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC)
    autumn = dt.datetime(2026, 10, 25, 12, tzinfo=dt.UTC)
    assert at_two.digest_before(autumn) == dt.datetime(2026, 10, 25, 0, tzinfo=dt.UTC)
    early = dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC)
    assert at_two.digest_before(early) == dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC)


# --- what is no mail --------------------------------------------------------------------------------


def test_what_was_told_before_mail_was_set_up_is_not_sent(post):
    post.tell("old")
    assert outbox.begin(post.store, actor="a.vries", at=AT) == 1
    assert outbox.begin(post.store, actor="a.vries", at=AT) == 0
    post.tell("new")
    with post.up():
        assert post.tick() == Delivered(sent=1)
    assert post.box.subjects() == ["[Westhaven] new"]
    assert post.states() == [LEFT, SENT]


def test_what_was_read_and_who_wants_none_or_has_no_address_gets_no_mail(post):
    post.tell("read")
    notices.read(post.store, "k.chen", at=AT)
    outbox.prefer(post.store, "a.vries", "off", actor="a.vries", at=AT)
    post.tell("not wanted", people=("a.vries",))
    post.tell("gone", people=("r.gone",))
    with post.up():
        assert post.tick() == Delivered()
    assert post.states() == [LEFT, LEFT, LEFT]
    assert [post.mail(number).reply for number in (1, 2, 3)] == [
        "It was read before it was mailed.",
        "a.vries wants no mail.",
        "r.gone has no mail address, or is not active.",
    ]


def test_what_is_too_old_is_given_up_and_shown_and_can_be_sent_all_the_same(post):
    post.tell()
    post.tick()
    late = AT + timedelta(days=15)
    assert post.tick(late) == Delivered()
    assert post.states() == [EXPIRED]
    with post.store.read() as uow:
        [one] = outbox.undelivered(uow)
    assert (one.person, one.read) == ("k.chen", False)
    outbox.retry(post.store, [1], actor="a.vries", at=late)
    with post.up():
        assert post.tick(late) == Delivered(sent=1)


def test_only_the_person_or_who_registers_people_says_how_mail_is_wanted(post):
    with pytest.raises(Refused):
        outbox.prefer(post.store, "a.vries", "off", actor="k.chen", at=AT)
    outbox.prefer(post.store, "k.chen", "digest", actor="a.vries", at=AT)
    with pytest.raises(Invalid):
        outbox.prefer(post.store, "k.chen", "hourly", actor="k.chen", at=AT)
    with post.store.read() as uow:
        assert outbox.way_of(uow, "k.chen") == "digest"


# --- groups with an address of their own ------------------------------------------------------------

LIST = "network@example.org"


def test_a_group_that_the_rules_tell_is_mailed_once_at_its_own_address(post):
    with post.store.write() as uow:
        uow.add(Person(id="p.ng", name="Ping Ng", email="ping@example.org"))
        uow.add(Group(id="net", name="Network", lead="p.ng", members=("k.chen", "p.ng"), email=LIST))
        uow.commit()
    notice_rules.amend(post.store, "decision taken", ("group:net",), actor="a.vries", at=AT)
    post.tell(people=("a.vries", "k.chen"))  # k.chen is concerned, and has it personally
    with post.up():
        assert post.tick(default="digest") == Delivered(sent=1)  # no list has a digest
        assert post.tick(AT + timedelta(days=1)) == Delivered(sent=2)
    assert sorted(map(tuple, post.box.recipients)) == [(ANNA,), (KAI,), (LIST,)]
    [to_group] = [one for one in post.box.arrived if LIST in one["To"]]
    assert to_group["To"] == f"Network <{LIST}>"
    assert "in their inboxes" in to_group.get_content()
    with post.store.read() as uow:
        [mine] = notices.inbox(uow, "p.ng")
        mail = uow.get(Mail, mine.sequence)
    assert (mail.state, mail.reply) == (LEFT, "The mail went to the address of net.")


def test_a_group_whose_address_is_refused_is_named_with_the_command_that_mends_it(quick):
    with quick.store.write() as uow:
        uow.add(Group(id="net", name="Network", members=("k.chen",), email=LIST))
        uow.commit()
    quick.tell(people=("group:net", "k.chen"))
    quick.box.answers[LIST] = REFUSES
    with quick.up():
        assert quick.tick() == Delivered(refused=1)
    with quick.store.read() as uow:
        [finding] = outbox.findings(uow)
    assert finding.subject == "group:net"
    assert "cmdb group amend" in finding.remedy


# --- a server that refuses, whoever it is for -------------------------------------------------------

POLICY = "554 5.7.1 message refused by policy"


def test_a_server_that_refuses_every_text_loses_no_mail_and_is_asked_no_more_in_this_run(quick):
    for number in range(5):
        quick.tell(f"text {number}")
    quick.box.after_text[KAI] = POLICY
    with quick.up():
        done = quick.tick()
        assert (done.waiting, done.refused, done.problem) == (5, 0, POLICY)
        with quick.store.read() as uow:
            [finding] = outbox.findings(uow)
            assert finding.subject == "the mail server"
            assert outbox.troubles(uow) == ((WAITING, 3, POLICY),)
            assert [one.title for one in desk_today.mail(uow, "a.vries", AT)] == ["Mail that does not arrive"]
            assert desk_today.mail(uow, "k.chen", AT) == []  # who does not keep the site
        assert "3 mails wait: 554 5.7.1" in finding.text
        assert quick.tick(AT + timedelta(minutes=1)).waiting == 2  # those it was not asked about yet
        quick.box.after_text.clear()
        assert quick.tick(AT + timedelta(hours=1)) == Delivered(sent=5)
    with quick.store.read() as uow:
        assert list(outbox.findings(uow)) == []
        assert desk_today.mail(uow, "a.vries", AT) == []


def test_one_mail_that_is_refused_beside_others_that_are_taken_is_its_own_fault(quick):
    quick.box.after_text[KAI] = POLICY
    quick.tell(people=("k.chen",))
    with quick.up():
        assert quick.tick() == Delivered(waiting=1)
        quick.tell(people=("a.vries",))
        assert quick.tick(AT + timedelta(minutes=5)) == Delivered(sent=1, refused=1)
    assert (quick.mail(1).state, quick.mail(2).state) == (REFUSED, SENT)


def test_a_server_that_relays_nothing_is_waited_for_and_an_unknown_mailbox_is_not(quick):
    quick.tell(people=("k.chen", "a.vries"))
    quick.box.answers = {KAI: "554 5.7.1 relay access denied", ANNA: "550 no such user"}
    with quick.up():
        assert quick.tick() == Delivered(waiting=1, refused=1)
    quick.box.answers.clear()
    quick.box.after_text[KAI] = "552 5.2.2 mailbox full"  # said after the text, and yet of the mailbox
    with quick.up():
        assert quick.tick(AT + timedelta(minutes=5)) == Delivered(refused=1)
