"""Promises and duties of a real site for the app: read in one transaction each.

Source: `tui.duty_source.Duties`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ccb import inbox, standard, windows
from cmdb import action_items, agreement_gaps, agreement_life, measurements
from cmdb.agreement_versions import in_force
from cmdb.promises import Outage, ServiceAgreement
from cmdb.reading_promises import StoredPromises
from cmdb.site import Site
from cmdb.store import Store, UnitOfWork
from cmdb.windowed import Windowed
from cmdb.work import STEPS, ActionItem
from tui import agreement_words, answers_windowed, clockface, desk_audits, desk_moments, standing_lines, typed
from tui.desk_cards import promise_line
from tui.duty_source import (
    MINE,
    OVER,
    OVERDUE,
    ActionCard,
    ActionLine,
    AgreementCard,
    AuditLine,
    Lack,
    MomentList,
    NoticeLine,
    OutageLine,
    TemplateLine,
    Wanted,
)
from tui.duty_views import AgreementLine
from tui.impact_cards import hit_lines, impact_card, numbers
from tui.present import counted, duration, listed
from tui.views import Fact, ImpactCard

BACK = timedelta(days=400)  # outages shown with an agreement


class DutyDesk:
    """One site, one person, one clock."""

    def __init__(self, site: Site, store: Store, person: str, clock: Callable[[], datetime]) -> None:
        self.store, self.person, self.clock = store, person, clock
        self.zone = ZoneInfo(site.zone)

    def actions(self, which: str) -> Sequence[ActionLine]:
        """Action items: mine, all that are open, the overdue, or those that are over."""
        at = self.clock()
        with self.store.read() as uow:
            if which == OVERDUE:
                found = action_items.overdue(uow, at=at)
            elif which == OVER:
                found = tuple(
                    one for one in reversed(action_items.listed(uow, only_open=False)) if not one.open
                )
            else:
                found = action_items.listed(uow, owner=self.person if which == MINE else "")
        return [_action(one, at) for one in found]

    def action(self, id: str) -> ActionCard:
        """One action item. Raises NotFound."""
        at = self.clock()
        with self.store.read() as uow:
            found = uow.get(ActionItem, id)
        due = clockface.clock(found.due, self.zone) if found.due else ""
        rows = [
            ("what", found.what, ""),
            ("owner", found.owner, ""),
            ("due", due + ("  OVERDUE" if found.overdue(at) else ""), "bad" if found.overdue(at) else ""),
            ("blocks", f"{found.blocks} of {found.origin}" if found.blocks else "", "warn"),
            ("comes from", found.origin, ""),
            ("items", ", ".join(found.items), ""),
            ("plan", found.plan, ""),
            ("risk", found.risk, ""),
            ("reviewer", found.reviewer, ""),
            ("told", ", ".join(found.told), "dim"),
            (
                "initiated",
                f"{clockface.clock(found.initiated_at, self.zone)} by {found.initiated_by}",
                "dim",
            ),
            ("closed", clockface.clock(found.closed_at, self.zone) if found.closed_at else "", "dim"),
            ("evidence", found.evidence, ""),
            ("reason" if found.state == "declined" else "evaluation", found.evaluation, ""),
        ]
        facts = tuple(Fact(label=label, text=text, role=role) for label, text, role in rows if text)
        return ActionCard(line=_action(found, at), facts=facts)

    def notices(self, *, everything: bool = False) -> Sequence[NoticeLine]:
        """What the person who acts was told, newest first."""
        with self.store.read() as uow:
            found = inbox.told(uow, self.person, at=self.clock(), unread=not everything)
        return [
            NoticeLine(
                number=one.notice.sequence,
                at=one.notice.at,
                text=clockface.by_the_wall(one.notice.text, self.zone),
                about=one.notice.about,
                read=one.notice.read_at is not None,
                settled=one.settled,
            )
            for one in found
        ]

    def audited(self) -> Sequence[AuditLine]:
        """Findings, audits and practices."""
        return desk_audits.audited(self.store, self.clock(), self.zone)

    def outages(self, subject: str = "", *, corrected: bool = False) -> Sequence[OutageLine]:
        """Outages, newest first."""
        with self.store.read() as uow:
            found = measurements.listed(uow, subject=subject, corrected=corrected)
            return [_outage(uow, one, found) for one in found]

    def agreements(self) -> Sequence[AgreementLine]:
        """Every binding promise with what is left of it, and the periods before."""
        with self.store.read() as uow:
            return standing_lines.lines(uow, self.clock(), self.zone, past=standing_lines.PAST)

    def agreement(self, id: str) -> AgreementCard:
        """One agreement. Raises NotFound."""
        at = self.clock()
        with self.store.read() as uow:
            whole = uow.get(ServiceAgreement, id)
            found = in_force(whole, at)
            gaps = agreement_gaps.gaps_of(uow, whole, now=at)
            standings = standing_lines.lines(uow, at, self.zone, only=id, past=standing_lines.PAST)
            recent = measurements.listed(uow, since=at - BACK)
            every = [_outage(uow, one, recent) for one in recent]
        services = set(found.services)
        notice = f"{duration(found.notice)} before planned work" if found.notice else ""
        end = f"to {clockface.clock(found.end, self.zone)}" if found.end else "until it is ended"
        rows = [
            ("state", found.state, "" if found.binding else "warn"),
            ("customer", found.customer, ""),
            ("provider", found.provider, ""),
            ("manager", found.manager, ""),
            ("services", ", ".join(found.services), ""),
            ("runs", f"{clockface.clock(found.start, self.zone)} {end}", ""),
            ("notice", notice, ""),
            ("purpose", found.purpose, "dim"),
            ("level", found.level, "dim"),
            ("lacks", f"{counted(len(gaps), 'thing')}, listed below" if gaps else "", "warn"),
        ]
        return AgreementCard(
            id=found.id,
            title=found.title,
            facts=tuple(Fact(label=label, text=text, role=role) for label, text, role in rows if text),
            standings=standings,
            outages=tuple(one for one in every if services & {one.subject, *one.services}),
            lacks=tuple(Lack(where=one.where, says=one.says, add=one.add) for one in gaps),
            elements=tuple((name, tuple(said)) for name, said in agreement_words.elements(found, self.zone)),
            versions=tuple(agreement_words.versions_of(whole, self.zone)),
            steps=agreement_life.offered(whole),
            controlled=whole.level != "draft",
        )

    def window(self, ids: Sequence[str], text: str) -> ImpactCard:
        """What fails while these are down in a window as typed. Raises Invalid, NotFound."""
        at = self.clock()
        start, lasts = typed.window(text, zone=self.zone.key, now=at)
        with self.store.read() as uow:
            found, rows = windows.answer(uow.rows, uow.dialect, ids, start, expected=lasts, at=at)
            hit = [one.id for one in found.answer.services if one.effect in ("outage", "degraded")]
            promises = StoredPromises(uow.rows, uow.dialect)
            left_out = promises.not_forecast(hit, found.start, found.end) if hit else ()
        card = impact_card(found.answer, self.zone)
        shared = {id for id, parts in found.when.items() if any(one.shared for one in parts)}
        mine = [one for one in found.answer.items if one.id in shared]
        return card._replace(
            window=clockface.stretch(found.start, found.end, self.zone) + _since(start, at),
            effect=found.own,
            items=tuple(
                one._replace(when=answers_windowed.stretches(found, one.id, self.zone))
                for one in hit_lines(mine)
            ),
            numbers=numbers(mine),
            services=tuple(
                one._replace(when=answers_windowed.stretches(found, one.id, self.zone))
                for one in card.services
                if one.inherited or one.id in shared
            ),
            promises=tuple(promise_line(row.fields(), self.zone) for row in rows),
            beside=(*self._beside(found, shared), *left_out),
        )

    def templates(self, items: Sequence[str]) -> Sequence[TemplateLine]:
        """The templates of standard changes that are for all of these items."""
        with self.store.read() as uow:
            found = standard.offered(uow, items)
        return [TemplateLine(one.id, one.name, duration(one.window), one.free) for one in found]

    def better_moments(self, wanted: Wanted) -> MomentList:
        """When some work would take least of what was promised. Raises Invalid, NotFound."""
        with self.store.read() as uow:
            return desk_moments.better(uow, wanted, self.clock(), self.zone)

    def _beside(self, found: Windowed, shared: set[str]) -> list[str]:
        """What else is scheduled or asked for in the window, in a line each."""
        lines = [f"counts what {listed(found.applied)} will have changed by then"] if found.applied else []
        theirs: dict[str, list[str]] = {}
        for one in found.answer.items:
            if one.id not in shared:
                theirs.setdefault(listed(found.when[one.id][0].because_of), []).append(one.id)
        lines += [f"{work} by itself: {listed(ids)}" for work, ids in theirs.items()]
        for maybe in found.tentative:
            worse = listed([f"{id} {effect}" for id, effect in maybe.items]) or "nothing more"
            when = clockface.stretch(maybe.start, maybe.end, self.zone)
            lines.append(f"not decided: {maybe.reference}, {when}, would add {worse}")
        return [*lines, *(f"not computed: what {id} changes. {why}" for id, why in found.not_computed)]


def _since(start: datetime, at: datetime) -> str:
    """Words about a window that runs already: somebody may have meant tomorrow's."""
    return "  runs already" if start < at else ""


def _action(one: ActionItem, at: datetime) -> ActionLine:
    return ActionLine(
        id=one.id,
        state=one.state,
        what=one.what,
        owner=one.owner,
        due=one.due,
        overdue=one.overdue(at),
        origin=one.origin,
        blocks=one.blocks,
        next=STEPS[one.state],
    )


def _outage(uow: UnitOfWork, one: Outage, known: Sequence[Outage]) -> OutageLine:
    services = tuple(id for id in standing_lines.services_of(uow, one) if id != one.subject)
    return OutageLine(
        id=one.id,
        subject=one.subject,
        effect=one.effect,
        started=one.started,
        ended=one.ended,
        change=one.change,
        note=one.note,
        replaces=one.replaces,
        replaced=any(other.replaces == one.id for other in known),
        services=services,
    )
