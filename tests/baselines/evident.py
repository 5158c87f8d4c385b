"""A site where every practice of configuration management is performed, and what is said of one."""

import json
from datetime import timedelta

from sqlmodel import SQLModel

from baselines import checkin, checkout, examining
from baselines.audits import Planned, plan, run
from baselines.conformance import assess
from baselines.performed import PERFORMED
from baselines.whole_layout import LAID_OUT
from cmdb import action_items, notices, people
from cmdb.canonical import rfc3339
from cmdb.model import Person, PublicKey, RoleGrant
from cmdb.store import Store
from tests.baselines.port import NIGHT, build, set_model

NOW = NIGHT + timedelta(days=3)
DAY = NIGHT.date().isoformat()


def row(uow, table, **content):
    """Put a row of another room straight in: what is not said is empty, zero or not there."""
    columns = SQLModel.metadata.tables[table].columns
    for one in columns:
        if one.name not in content and not one.nullable:
            content[one.name] = 0 if one.type.python_type in (int, bool) else ""
    names = ", ".join(f'"{name}"' for name in content)
    marks = ", ".join("?" for _ in content)
    uow.rows(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', *content.values())


def audited(port, kind, *, auditor, scope=""):
    key = port.keys.private("a.vries")
    wanted = Planned(
        kind=kind,
        auditor=auditor,
        due=NOW + timedelta(days=9),
        scope=scope,
        checklist=("Ready?",),
        every="year",
    )
    audit = plan(port.library, wanted, actor="a.vries", key=key, at=NIGHT)
    answers, _raised = examining.answered(audit, ["1=yes: it was"])
    looked = examining.Looked(baseline="BL-000001", answers=answers)
    run(port.library, audit.id, looked, actor=auditor, key=port.keys.private(auditor), at=NIGHT)


def papers(uow):
    """Documents, events, meetings, reviews, training, work and a release, as their rooms would keep them."""
    points = {
        "CM policy": ("responsibility", "life cycle", "scope", "repository", "audits"),
        "CM plan": ("activities", "schedule", "responsibilities", "resources", "other groups"),
    }
    for kind, covers in points.items():
        row(
            uow, "document", id=kind.lower().replace(" ", "-"), kind=kind, title=kind, owner="m.jansen",
            services="[]", distribution='["group:network"]', attachments="[]", status="in force",
            covers=json.dumps(dict.fromkeys(covers, "page 1")), level="baselined",
        )  # fmt: skip
    [(request, base)] = uow.rows("SELECT request, id FROM baseline WHERE request <> '' AND replaced_by = ''")
    row(uow, "proposed_record", record="document", id="cm-plan", request=request)
    row(uow, "event", id="EV-1", reported=rfc3339(NIGHT), occurred=rfc3339(NIGHT), description="it rang")
    row(uow, "meeting", id="MEET-1", number=1, board="port", called_by="m.jansen")
    row(uow, "minutes", meeting="MEET-1", version=1, digest="d", by="m.jansen", at=rfc3339(NIGHT))
    for number, kind in enumerate(("senior management", "service manager", "service manager")):
        row(
            uow, "review", id=f"RV-{number}", kind=kind, holder="a.vries", state="held",
            held_at=rfc3339(NIGHT), planned=DAY,
            every="" if number == 2 else "quarter", occasion="an outage" if number == 2 else "",
        )  # fmt: skip
    for number, person in enumerate(("a.vries", "k.chen", "m.jansen", "p.ng", "q.sato")):
        row(uow, "training", id=f"TR-{number}", person=person, subject="CM", day=DAY, evidence="seen")
    row(uow, "work_entry", id="WK-1", person="k.chen", record=f"change:{request}", day=DAY, spent=3600)
    row(uow, "milestone", id="MS-1", document="cm-plan", name="begun", owner="k.chen", planned=DAY)
    row(
        uow, "product_release", product="mail", version="1", request=request, baseline=base, by="a.vries",
        record="r", at=rfc3339(NIGHT), commit_id="c",
    )  # fmt: skip


def built(folder, keys):
    """A site in a folder where, of section 5.5, everything is performed."""
    assert LAID_OUT, "every room has its tables"
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    person = Person(id="q.sato", name="Q Sato", keys=(PublicKey(text=keys.public("q.sato")),))
    people.register(store, person, actor="a.vries", at=NIGHT - timedelta(days=2))
    port.established(NIGHT - timedelta(days=2))
    done = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, done.id, actor="k.chen", at=NIGHT)
    checkin.check_in(port.library, done.id, actor="k.chen", key=keys.private("k.chen"), at=NIGHT)
    for kind in ("integrity", "library system", "completeness"):
        audited(port, kind, auditor="q.sato")
    audited(port, "process", auditor="q.sato", scope="5.5")
    with store.write() as uow:
        roles = (("p.ng", "service manager"), ("q.sato", "SQA"), ("k.chen", "service engineer"))
        for person, role in roles:
            uow.add(
                RoleGrant(id=f"{person} {role}", person=person, role=role, start=NIGHT - timedelta(days=9))
            )
        uow.rows('UPDATE item SET points = \'["bought", "scrapped"]\'')
        uow.rows("UPDATE item_type SET recommended = '[\"model\"]'")
        uow.rows(
            "UPDATE change_request SET test_result = 'pings', test_reviewer = 'p.ng' WHERE kind = 'normal'"
        )
        uow.rows(
            "INSERT INTO journal (sequence, at, actor, action, subjects, changed, request, previous, hash)"
            f" SELECT 9000, '{rfc3339(NIGHT)}', 'a.vries', 'role grant', '[]', '{{}}', '', '', ''"
        )
        action_items.initiate(uow, origin="", what="count", owner="k.chen", due=NOW + timedelta(days=9),
                              actor="a.vries", at=NIGHT)  # fmt: skip
        notices.tell(uow, ["k.chen"], about="baseline:BL-000001", text="It is there.", at=NIGHT)
        papers(uow)
        uow.commit()
    port.library.close()


def states(site, at=NOW, sections=("5.5",), **more):
    with site.store.read() as uow:
        return {one.practice.id: one for one in assess(uow, sections, at=at, **more)}


def lacking(verdicts):
    """What is not performed, without what only sums others up."""
    parents = {one.practice.above for one in verdicts.values()}
    return {
        id.removeprefix("5.5 ")
        for id, one in verdicts.items()
        if one.state != PERFORMED and id not in parents and not one.practice.query.startswith("sum:")
    }
