"""A small estate held in memory, for the tests of screens and widgets: it answers like a site does."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cmdb.errors import NotFound, Refused
from tests.tui.sample_duties import SampleDuties
from tests.tui.sample_events import SampleEvents
from tests.tui.sample_meetings import SampleMeetings
from tests.tui.sample_papers import SamplePapers
from tests.tui.sample_records import SampleRecords
from tui.ballot_views import Agenda, BallotLine, ChangeCard, Count, Remark, RequirementLine, VoteLine
from tui.check_in_plans import CheckInPlan
from tui.drafts import Draft, Ending
from tui.duty_views import AgreementLine, Calendar, CalendarLine, Errand, Section
from tui.item_source import Typed, Verdict
from tui.trends import Bar, Trend
from tui.views import (
    BaselineLine,
    ChangeLine,
    Comparison,
    Deed,
    Fact,
    FieldChange,
    Hit,
    ImpactCard,
    ItemCard,
    ItemLine,
    ItemQuery,
    Masthead,
    Neighbour,
    Neighbours,
    PromiseLine,
    Proof,
    Saved,
    ServiceHit,
    Told,
)

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
PEOPLE = ("a.vries", "r.bakker", "k.chen", "m.jansen", "p.ng", "e.okafor")

_NAMED = (
    ("mail", "service", "Mail for ACME", "m.jansen"),
    ("web-shop", "service", "Web shop", "p.ng"),
    ("lb-edge", "network device", "Edge load balancer", "r.bakker"),
    ("sw-11", "network device", "Core switch 11", "k.chen"),
    ("sw-12", "network device", "Core switch 12", "k.chen"),
    ("mx-01", "server", "Mail exchanger 1", "m.jansen"),
    ("mx-02", "server", "Mail exchanger 2", "m.jansen"),
    ("db-cluster-01", "database", "Orders database", "e.okafor"),
    ("shop-app", "application", "Shop application", "p.ng"),
    ("rack-a3", "location", "Rack A3, 機械室 北", "r.bakker"),
)

# source, target, kind, group, need
_NEEDS = (
    ("mail", "mx-01", "uses", "exchangers", "1"),
    ("mail", "mx-02", "uses", "exchangers", "1"),
    ("mail", "sw-11", "uses", "", ""),
    ("web-shop", "shop-app", "consists of", "", ""),
    ("web-shop", "lb-edge", "uses", "", ""),
    ("shop-app", "db-cluster-01", "uses", "", ""),
    ("lb-edge", "sw-11", "uses", "uplink", "1"),
    ("lb-edge", "sw-12", "uses", "uplink", "1"),
    ("mx-01", "sw-11", "connects to", "", ""),
    ("mx-02", "sw-12", "connects to", "", ""),
    ("sw-11", "rack-a3", "located in", "", ""),
    ("sw-12", "sw-11", "connects to", "", ""),
    ("sw-11", "sw-12", "connects to", "", ""),
)


def estate(size: int = 300) -> tuple[ItemLine, ...]:
    """The named items and as many virtual machines as it takes."""
    lines = [
        ItemLine(
            id=id,
            type=type,
            name=name,
            owner=owner,
            level="baselined",
            operating="maintenance" if id == "mx-02" else "up",
            held="CR-142" if id == "sw-11" else "",
        )
        for id, type, name, owner in _NAMED
    ]
    lines += [
        ItemLine(
            id=f"vm-{number:04}",
            type="virtual machine",
            name=f"Virtual machine {number}",
            owner=PEOPLE[number % len(PEOPLE)],
            status="planned" if number % 50 == 7 else "in service",
            level="controlled" if number % 3 else "draft",
        )
        for number in range(size - len(lines))
    ]
    return tuple(sorted(lines, key=lambda one: one.id))


def _window(day: int, hour: int, length: float) -> tuple[datetime, datetime]:
    start = datetime(2026, 11, day, hour, 30 if day == 22 else 0, tzinfo=UTC)
    return start, start + timedelta(hours=length)


def _change(
    id: str, title: str, state: str, risk: str, day: int, hour: int, length: float, implementer: str
) -> ChangeLine:
    start, end = _window(day, hour, length)
    return ChangeLine(
        id=id,
        title=title,
        state=state,
        risk=risk,
        originator="r.bakker",
        implementer=implementer,
        start=start,
        end=end,
    )


SCOPED = tuple(
    BaselineLine(
        id=id, at=NOW - timedelta(days=days), actor="k.chen", request=f"CR-{days}", scope=scope, records=held,
        title=f"Agree on {scope}",
    )
    for id, days, scope, held in (
        ("SB-000003", 3, "service:svc-mail", 1204),
        ("SB-000002", 9, "customer:acme", 88),
        ("SB-000001", 30, "service:svc-mail", 1199),
    )
)  # fmt: skip
CHANGES = (
    _change("CR-142", "Replace core switch sw-11", "under review", "high", 22, 22, 2, "k.chen"),
    _change("CR-145", "Patch db-cluster-01", "under review", "medium", 23, 0, 1, "e.okafor"),
    _change("CR-140", "New rack power feed", "under review", "high", 25, 5, 4, "r.bakker"),
    _change("CR-139", "Certificate of the web shop", "approved", "low", 24, 20, 0.5, "p.ng"),
    _change("CR-146", "Memory for vm-0012", "draft", "", 28, 20, 1, "a.vries"),
    _change("CR-120", "Move mx-02 to rack A3", "closed", "low", 3, 20, 1, "m.jansen"),
)

IMPACT = ImpactCard(
    down=("sw-11",),
    effect="outage",
    items=(
        Hit(
            id="sw-11", type="network device", name="Core switch 11", owner="k.chen", effect="outage",
            distance=0, because=("sw-11",),
        ),
        Hit(
            id="mx-01", type="server", name="Mail exchanger 1", owner="m.jansen", effect="outage",
            distance=1, because=("mx-01", "sw-11"),
        ),
        Hit(
            id="mail", type="service", name="Mail for ACME", owner="m.jansen", effect="degraded",
            distance=2, because=("mail", "mx-01", "sw-11"), others=("mx-02",),
        ),
        Hit(
            id="lb-edge", type="network device", name="Edge load balancer", owner="r.bakker",
            effect="reduced redundancy", distance=1, because=("lb-edge", "sw-11"),
        ),
    ),
    services=(
        ServiceHit(id="mail", name="Mail for ACME", effect="degraded", because=("mail", "mx-01", "sw-11")),
        ServiceHit(
            id="web-shop", name="Web shop", effect="reduced redundancy", inherited=True,
            because=("web-shop", "lb-edge", "sw-11"),
        ),
    ),
    saved=(Saved(id="lb-edge", group="uplink", need="1", before=2, after=1),),
    promises=(
        PromiseLine(
            agreement="acme-mail", service="mail", customer="ACME", commitment="availability 99.9 %",
            period="November 2026", allowance=2580, used=120, committed=0, left_before=2460,
            expected=38 * 60, worst=90 * 60, left_after=180, breach_worst=True,
        ),
    ),
    tell=(
        Told(id="m.jansen", kind="person", name="Maria", email="maria@example.org", because="owns mail"),
        Told(id="acme", kind="party", name="ACME", email="noc@acme.example", because="is promised mail"),
    ),
    exposed=198,
    next_total=1,
    next_single=("sw-12 puts web-shop in outage",),
)  # fmt: skip

CARDS = {
    "CR-142": ChangeCard(
        line=CHANGES[0],
        reason="end of support",
        summary="3 items, 7 fields, 2 relations",
        impact=IMPACT,
        clashes=("with CR-145: mail DOWN 01:00-01:20 (each alone: no outage)",),
        back_out="put sw-11 back, 12 min, tried 14 Nov",
        test_plan="ping matrix",
        votes=(
            VoteLine(member="m.jansen", value="approve", at=NOW, reason="spare is on site"),
            VoteLine(member="p.ng", value="approve", at=NOW),
        ),
        requirements=(
            RequirementLine(name="quorum", status="unsatisfied", detail="2 of 3 votes cast"),
            RequirementLine(name="four eyes", status="satisfied"),
            RequirementLine(name="consent", status="unsatisfied", detail="owner of mail has not voted"),
        ),
        outcome="open",
        tally="quorum 2 of 3",
        stands=Count(2, 3),
        evidence="BL-000311  impact 77d0  policy 12   all current",
        diff=(
            FieldChange(record="sw-11", operation="set", field="model", old="QFX5100", new="QFX5120"),
            FieldChange(record="sw-11", operation="set", field="firmware", old="21.1", new="22.4"),
            FieldChange(record="sw-11", operation="set", field="serial", old="A1", new="(known afterwards)"),
            FieldChange(record="sw-12", operation="add"),
        ),
        comments=(Remark(at=NOW, person="e.okafor", text="CR-145 can move to 02:00."),),
        offered=(
            ("vote", ""),
            ("comment", ""),
            ("check_out", "CR-142 is under review: it is checked out once it is approved."),
            ("check_in", "CR-142 is under review: it is checked in once it is checked out."),
            ("submit", "CR-142 is under review already."),
        ),
    ),
}


class Keeping:
    """Keeps what is typed into forms, as long as the sample lives."""

    def __init__(self) -> None:
        self.forms: dict[str, dict[str, str]] = {}

    def columns(self) -> dict[str, str]:
        return {}

    def keep_columns(self, kind: str, names: str) -> None:
        self.forms["columns"] = {kind: names}

    def facts(self, ids: Sequence[str]) -> dict[str, str]:
        return {id: f"model={id}" for id in ids}

    def offers(self, what: str, start: str) -> Sequence[str]:
        return [one for one in PEOPLE if one.startswith(start)] if what == "person" else ()

    def kept(self, key: str) -> dict[str, str]:
        return self.forms.get(key, {})

    def keep(self, key: str, typed: Mapping[str, str] | None) -> None:
        if typed:
            self.forms[key] = dict(typed)
        else:
            self.forms.pop(key, None)


class Sample:
    """Answers everything the app asks."""

    def __init__(self, size: int = 300, *, person: str = "a.vries") -> None:
        self.lines = estate(size)
        self.person = person
        self.votes: list[tuple[str, str, str, tuple[str, ...]]] = []
        self.drafts: list[Draft] = []
        self.checked_in: list[str] = []
        self.asked: list[tuple[str, int]] = []
        self.closed = False
        self.item_work = Keeping()
        self.duties = SampleDuties(NOW, IMPACT, person)
        self.meetings = SampleMeetings(NOW)
        self.events = SampleEvents(NOW, person)
        self.papers = SamplePapers(NOW)
        self.records = SampleRecords()

    def trends(self, per: str) -> Sequence[Trend]:
        weeks = (Bar("9 Nov", 4.0, "4", "3 closed"), Bar("16 Nov", 0.0, "0"))
        return (
            Trend("events", f"Events reported per {per}", weeks, "4 in all", "report events"),
            Trend("requests", f"Change requests raised per {per}", weeks[:1], "4 in all", "report changes"),
            Trend("success", "Went well", (), "", "report changes", "good", "nothing was closed"),
        )

    def close(self) -> None:
        self.closed = True

    def now(self) -> datetime:
        return NOW

    def masthead(self) -> Masthead:
        return Masthead(site="harbour", zone="Europe/Amsterdam", baseline="BL-000311", person=self.person)

    def _matching(self, query: ItemQuery) -> list[ItemLine]:
        words = query.words.casefold().split()
        found = [
            one
            for one in self.lines
            if all(word in f"{one.id} {one.name} {one.type} {one.owner}".casefold() for word in words)
            and (not query.trouble or one.operating != "up" or one.held)
        ]
        return sorted(found, key=lambda one: (getattr(one, query.order), one.id), reverse=query.descending)

    def count(self, query: ItemQuery) -> int:
        return len(self._matching(query))

    def items(self, query: ItemQuery, offset: int, limit: int) -> Sequence[ItemLine]:
        self.asked.append((query.words, offset))
        return self._matching(query)[offset : offset + limit]

    def position(self, query: ItemQuery, id: str) -> int | None:
        ids = [one.id for one in self._matching(query)]
        return ids.index(id) if id in ids else None

    def _line(self, id: str) -> ItemLine:
        for one in self.lines:
            if one.id == id:
                return one
        raise NotFound(f"There is no item '{id}'.", "Search with 'cmdb item search'.")

    def item(self, id: str) -> ItemCard:
        line = self._line(id)
        return ItemCard(
            line=line,
            facts=(
                Fact(label="type", text=line.type),
                Fact(label="owner", text=line.owner),
                Fact(label="status", text=line.status),
                Fact(label="level", text=line.level),
                Fact(label="model", text="QFX5100"),
                Fact(label="serial", text="A1"),
            ),
            confirmed_at=NOW - timedelta(days=3),
            confirmed_by="import of 19 Nov",
            needs=sum(1 for one in _NEEDS if one[0] == id),
            needed_by=sum(1 for one in _NEEDS if one[1] == id),
            promises=("ACME availability 99.9 %: 41 of 43 min left in November",) if id == "mail" else (),
            changes=CHANGES[:1] if id == "sw-11" else (),
        )

    def neighbours(self, id: str, *, needs: bool, limit: int) -> Neighbours:
        rows = []
        for source, target, kind, group, need in _NEEDS:
            if (source if needs else target) != id:
                continue
            other = self._line(target if needs else source)
            further = any((one[0] if needs else one[1]) == other.id for one in _NEEDS)
            rows.append(
                Neighbour(
                    id=other.id,
                    type=other.type,
                    name=other.name,
                    kind=kind,
                    group=group,
                    need=need,
                    more=further,
                )
            )
        return Neighbours(rows=tuple(rows[:limit]), total=len(rows))

    def item_history(self, id: str) -> Sequence[Deed]:
        return (
            Deed(at=NOW - timedelta(days=3), actor="import", action="confirmed"),
            Deed(
                at=NOW - timedelta(days=40),
                actor="k.chen",
                action="amended",
                text="firmware 21.1",
                request="CR-101",
            ),
        )

    def impact(self, ids: Sequence[str]) -> ImpactCard:
        for id in ids:
            self._line(id)
        return IMPACT._replace(down=tuple(ids), promises=())

    def promises(
        self, ids: Sequence[str], window: tuple[str, str] | None, known: Mapping[str, str] | None = None
    ) -> tuple[str, Sequence[PromiseLine]]:
        return (f"from {window[0]} for {window[1]}" if window else ""), IMPACT.promises

    def complete(self, start: str, limit: int) -> Sequence[str]:
        return [one.id for one in self.lines if one.id.startswith(start)][:limit]

    def page_of(self, id: str) -> str:
        return ""

    def today(self) -> Sequence[Section]:
        return (
            Section(
                title="Waits for my vote",
                errands=tuple(
                    Errand(
                        place="board", subject=one.id, text=one.title, when=one.start, mark="◆", role="accent"
                    )
                    for one in CHANGES[:3]
                ),
            ),
            Section(title="My check-outs"),
            Section(
                title="Windows in the next 24 hours",
                errands=(
                    Errand(
                        place="change",
                        subject="CR-142",
                        text="Replace core switch sw-11",
                        when=CHANGES[0].start,
                    ),
                ),
            ),
            Section(
                title="Promises at risk",
                errands=(
                    Errand(
                        place="item",
                        subject="mail",
                        text="ACME: 41 of 43 min left in November",
                        mark="▲",
                        role="warn",
                    ),
                ),
            ),
        )

    def changes(self) -> Sequence[ChangeLine]:
        return CHANGES

    def change(self, id: str) -> ChangeCard:
        if id in CARDS:
            card = CARDS[id]
            cast = tuple(
                VoteLine(member=self.person, value=v, reason=r) for c, v, r, _ in self.votes if c == id
            )
            return card._replace(votes=card.votes + cast)
        for one in CHANGES:
            if one.id == id:
                review = one.state == "under review"
                return ChangeCard(
                    line=one,
                    summary="1 item, 1 field",
                    outcome="open" if review else "",
                    tally="quorum 0 of 3" if review else "",
                    offered=(
                        (
                            "vote",
                            "" if review else f"{id} is {one.state}: only a ballot under review takes votes.",
                        ),
                    ),
                )
        raise NotFound(f"There is no change request '{id}'.", "List them with 'cmdb change list'.")

    def agenda(self) -> Agenda:
        cast = {change: value for change, value, _, _ in self.votes}
        lines = [one for one in CHANGES if one.state == "under review"]
        return Agenda(
            board="site",
            title="Thu 14:00 meeting",
            ballots=tuple(
                BallotLine(
                    change=one,
                    stands=Count(2 if one.id == "CR-142" else 0, 3),
                    mine=cast.get(one.id, "approve" if one.id == "CR-140" else ""),
                    stale=one.id == "CR-140",
                )
                for one in lines
            ),
        )

    def baselines(self, *, scopes: bool = False) -> Sequence[BaselineLine]:
        if scopes:
            return SCOPED
        return tuple(
            BaselineLine(
                id=f"BL-{number:06}",
                at=NOW - timedelta(days=311 - number),
                actor="k.chen",
                request=f"CR-{number - 190}",
                title=f"Change number {number}",
                commit=f"{number * 7919:040x}"[::-1],
            )
            for number in range(311, 300, -1)
        )

    def compare(self, older: str, newer: str) -> Comparison:
        return Comparison(
            older=older,
            newer=newer,
            sides=(
                BaselineLine(
                    id=older,
                    at=NOW - timedelta(days=1),
                    actor="k.chen",
                    request="CR-120",
                    authorised="a.vries, k.chen; decided by a.vries",
                ),
                BaselineLine(id=newer, at=NOW, actor="k.chen", request="CR-121", authorised="template T-1"),
            ),
            added=("sw-12",),
            changed=(
                FieldChange(record="sw-11", operation="CR-142", field="model", old="QFX5100", new="QFX5120"),
            ),
            connected=("lb-edge uses sw-12",),
        )

    def calendar(self) -> Calendar:
        planned = [
            one for one in CHANGES if one.start and one.end and one.state in ("approved", "under review")
        ]
        return Calendar(
            lines=tuple(
                CalendarLine(
                    start=one.start,
                    end=one.end,
                    kind=one.state,
                    subject=one.id,
                    text=one.title,
                    role="good" if one.state == "approved" else "dim",
                )
                for one in sorted(planned, key=lambda one: one.start or NOW)
                if one.start and one.end
            ),
            agreements=(
                AgreementLine(
                    agreement="acme-mail", service="mail", customer="ACME", commitment="availability 99.9 %",
                    period="November", allowance=2580, used=120, committed=1200,
                ),
            ),
        )  # fmt: skip

    def proof(self) -> Proof:
        return Proof(
            ok=True, lines=(Fact(label="baselines", text="311 proved"), Fact(label="votes", text="1,204"))
        )

    def advance(self, change: str, verb: str, note: str = "") -> str:
        return f"{change}: {verb}"

    def vote(self, change: str, value: str, reason: str, conditions: Sequence[str]) -> str:
        if self.person == "r.bakker":
            raise Refused("r.bakker raised it and may not vote on it.", "Somebody else has to.")
        self.votes.append((change, value, reason, tuple(conditions)))
        return f"{value} on {change} is signed and cast"

    def comment(self, change: str, text: str) -> str:
        return f"Commented on {change}"

    def close_change(self, change: str, ending: Ending) -> str:
        return f"{change} is closed: {ending.outcome}"

    def draft(self, draft: Draft) -> str:
        self.drafts.append(draft)
        return "CR-142"

    def check_out(self, change: str) -> str:
        return f"{change} is checked out"

    def check_in_plan(self, change: str) -> CheckInPlan:
        return CheckInPlan(request=change, summary="3 records, 7 fields, one baseline BL-000312.")

    def judge_open(self, change: str, typed: Typed) -> Verdict:
        return Verdict(problems={})

    def fill_open(self, change: str, typed: Typed, seen: Typed) -> CheckInPlan:
        return self.check_in_plan(change)

    def check_in(self, change: str, seen: str = "") -> str:
        self.checked_in.append(change)
        return f"{change} is checked in: BL-000312"


def main() -> None:
    """Show the app on the sample, for looking at it by hand."""
    import sys

    from tui.app import CmdbApp

    sample = Sample(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    CmdbApp(sample, lambda: sample, start=sys.argv[2] if len(sys.argv) > 2 else "today").run()


if __name__ == "__main__":
    main()
