"""Promises and duties of the small estate in memory: what the screens about them are shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cmdb.errors import NotFound
from cmdb.work import STEPS
from tui import typed
from tui.clockface import stretch
from tui.duty_source import (
    MINE,
    OPEN,
    OVER,
    OVERDUE,
    ActionCard,
    ActionLine,
    AgreementCard,
    AuditLine,
    MomentLine,
    MomentList,
    NoticeLine,
    OutageLine,
    TemplateLine,
    Wanted,
)
from tui.duty_views import AgreementLine
from tui.views import Fact, ImpactCard

ZONE = "Europe/Amsterdam"


def actions(now: datetime) -> tuple[ActionLine, ...]:
    rows = (
        ("AI-1", "in progress", "Label the patch cables", "a.vries", 2, "change:CR-142", "closing"),
        ("AI-2", "initiated", "Count the spare switches", "a.vries", -1, "", ""),
        ("AI-3", "reviewed", "Ask the power company", "r.bakker", -3, "change:CR-140", ""),
        ("AI-4", "closed", "Order a label printer", "a.vries", None, "", ""),
    )
    return tuple(
        ActionLine(
            id=id,
            state=state,
            what=what,
            owner=owner,
            due=None if days is None else now + timedelta(days=days),
            overdue=days is not None and days < 0,
            origin=origin,
            blocks=blocks,
            next=STEPS[state],
        )
        for id, state, what, owner, days, origin, blocks in rows
    )


PROMISES = (
    AgreementLine(
        agreement="acme-mail", service="mail", customer="ACME", commitment="availability", period="Nov 2026",
        allowance=2580, used=2700, running=True, past=(0.1, 0.0, 0.4, 1.2),
    ),
    AgreementLine(
        agreement="acme-shop", service="web-shop", customer="ACME", commitment="web-shop", period="Nov 2026",
        allowance=2580, used=120, past=(0.1, 0.2),
    ),
)  # fmt: skip


class SampleDuties:
    """Answers what the app asks about promises and duties."""

    def __init__(self, now: datetime, impact: ImpactCard, person: str) -> None:
        self.now, self.impact, self.person = now, impact, person

    def actions(self, which: str) -> Sequence[ActionLine]:
        every = actions(self.now)
        return [
            one
            for one in every
            if {
                MINE: one.owner == self.person and one.next,
                OPEN: one.next,
                OVERDUE: one.overdue,
                OVER: not one.next,
            }[which]
        ]

    def action(self, id: str) -> ActionCard:
        for one in actions(self.now):
            if one.id == id:
                facts = (Fact(label="what", text=one.what), Fact(label="owner", text=one.owner))
                return ActionCard(line=one, facts=facts)
        raise NotFound(f"There is no action item '{id}'.", "List them with 'cmdb action list'.")

    def notices(self, *, everything: bool = False) -> Sequence[NoticeLine]:
        rows = (
            (31, 1, "AI-1 is yours: Label the patch cables", "action:AI-1", False, ""),
            (30, 2, "Your vote is asked on CR-120: Move mx-02", "change:CR-120", False, "CR-120 is closed"),
            (29, 3, "CR-139 is approved: Certificate of the web shop", "change:CR-139", True, ""),
        )
        return [
            NoticeLine(
                number=number,
                at=self.now - timedelta(hours=hours),
                text=text,
                about=about,
                read=read,
                settled=why,
            )
            for number, hours, text, about, read, why in rows
            if everything or not read
        ]

    def audited(self) -> Sequence[AuditLine]:
        return (
            AuditLine(
                id="FND-2",
                kind="finding",
                state="overdue",
                role="bad",
                who="m.jansen",
                date="2026-11-20 10:00",
                text="No backup was restored.",
                command="finding show FND-2",
            ),
            AuditLine(
                id="AUD-4",
                kind="integrity",
                state="planned",
                who="k.chen",
                text="Integrity audit",
                command="audit show AUD-4",
            ),
            AuditLine(
                id="5.5 Activity 7",
                kind="practice",
                state="not performed",
                role="bad",
                text="Products are made and released by a procedure.",
                command="conformance --practice '5.5 Activity 7'",
            ),
        )

    def outages(self, subject: str = "", *, corrected: bool = False) -> Sequence[OutageLine]:
        rows = (
            OutageLine(
                id="out-0003",
                subject="mx-02",
                effect="degraded",
                started=self.now - timedelta(minutes=20),
                services=("mail",),
            ),
            OutageLine(
                id="out-0002",
                subject="sw-11",
                effect="outage",
                started=self.now - timedelta(days=9, minutes=50),
                ended=self.now - timedelta(days=9),
                note="seen earlier",
                replaces="out-0001",
                services=("mail", "web-shop"),
            ),
            OutageLine(
                id="out-0001",
                subject="sw-11",
                effect="outage",
                started=self.now - timedelta(days=9, minutes=40),
                ended=self.now - timedelta(days=9),
                replaced=True,
            ),
        )
        return [
            one for one in rows if (not subject or one.subject == subject) and (corrected or not one.replaced)
        ]

    def agreements(self) -> Sequence[AgreementLine]:
        return PROMISES

    def templates(self, items: Sequence[str]) -> Sequence[TemplateLine]:
        return ()

    def agreement(self, id: str) -> AgreementCard:
        found = tuple(one for one in PROMISES if one.agreement == id)
        if not found:
            raise NotFound(f"There is no agreement '{id}'.", "List them with 'cmdb agreement list'.")
        return AgreementCard(
            id=id,
            title="Mail for ACME",
            facts=(Fact(label="customer", text="acme"), Fact(label="services", text="mail")),
            standings=found,
            outages=tuple(self.outages()),
        )

    def window(self, ids: Sequence[str], text: str) -> ImpactCard:
        start, lasts = typed.window(text, zone=ZONE, now=self.now)
        zone = start.astimezone(self.now.tzinfo).tzinfo
        hits = tuple(
            one._replace(when="23:30 to 00:00 with CR-145") if one.id == "mail" else one
            for one in self.impact.items
        )
        return self.impact._replace(
            down=tuple(ids),
            window=stretch(start, start + timedelta(seconds=lasts), zone),
            items=hits,
            beside=("not decided: CR-140, would add web-shop outage",),
        )

    def better_moments(self, wanted: Wanted) -> MomentList:
        start = self.now + timedelta(days=1)
        end = start + timedelta(seconds=typed.seconds(wanted.worst or wanted.expected))
        one = MomentLine(
            start=start,
            end=end,
            typed=(f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}", ""),
            takes="1.8 %",
            breaks=False,
            verdict="keeps 1 promise",
            inside=("acme-mail",),
            outside=(),
            reason="exempt for ACME mail: only 6 s less is allowed, of 5 min left",
        )
        return MomentList(called="at once", asked=one, moments=(one,))
