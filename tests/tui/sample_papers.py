"""Documents, releases and a finding of the small estate in memory: what their screens are shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cmdb.errors import NotFound
from tui.event_source import EventLink
from tui.paper_source import DocumentLine, ReleaseLine, Sheet
from tui.views import Deed, Fact

DIGEST = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"


class SamplePapers:
    """Answers what the app asks about documents, releases and findings."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.empty = False

    def documents(self) -> Sequence[DocumentLine]:
        if self.empty:
            return ()
        return (
            DocumentLine(
                "pol-cm", "CM policy", "How we keep it [b]x[/b]", "1.2", "a.vries", "controlled",
                "in force", "2026-11-20", True, 2, 3,
            ),
            DocumentLine("plan-cm", "CM plan", "The plan", "0.1", "k.chen", "draft"),
        )  # fmt: skip

    def document(self, id: str) -> Sheet:
        if id != "pol-cm":
            raise NotFound(f"There is no document '{id}'.", "List them with 'cmdb document list --all'.")
        return Sheet(
            id=id,
            kind="CM policy",
            title="How we keep it",
            state="controlled",
            facts=(
                Fact(label="approved", text="CR-139 in BL-000311, after p.ng, k.chen approved"),
                Fact(label="distributed", text="group:delivery"),
                Fact(label="told", text="k.chen, p.ng"),
            ),
            links=(EventLink("approved by", "change", "CR-139", "Certificate"),),
            parts=(("Attachments", ("annex.txt  6 bytes",)), ("Text", ("# Why", "Because."))),
            history=(Deed(at=self.now, actor="a.vries", action="document register"),),
            fields={"files": "annex.txt"},
        )

    def releases(self) -> Sequence[ReleaseLine]:
        if self.empty:
            return ()
        return (
            ReleaseLine("harbour", "1.1", "under review", "CR-142", "BL-000311"),
            ReleaseLine("harbour", "1.0", "built", "CR-139", "BL-000310", DIGEST, self.now, "a.vries"),
        )

    def release(self, product: str, version: str) -> Sheet:
        return Sheet(
            id=f"{product} {version}",
            kind="release",
            title=f"{product} {version}",
            state="built",
            role="good",
            facts=(Fact(label="SHA-256", text=DIGEST),),
            links=(EventLink("authorised", "change", "CR-139"),),
            parts=(("2 items in it", ("sw-11", "sw-12")),),
            fields={"request": "CR-139", "product": product, "version": version},
        )

    def practice(self, id: str) -> Sheet:
        return Sheet(
            id=id,
            kind="practice",
            title="Products are made and released by a procedure.",
            state="▲ partly",
            role="warn",
            facts=(Fact(label="missing", text="See Activity 7.1.", role="warn"),),
            links=(
                EventLink("× point", "practice", f"{id}.1", "not performed: It is authorised."),
                EventLink("shown by", "change", "CR-139", "change"),
                EventLink("shown by", "", "notice:56"),
            ),
        )

    def finding(self, id: str) -> Sheet:
        return Sheet(
            id=id,
            kind="finding",
            title="No backup was restored.",
            state="corrected",
            role="warn",
            facts=(Fact(label="correction", text="One was restored today"),),
            links=(EventLink("about", "item", "sw-11"),),
            history=(Deed(at=self.now - timedelta(days=1), actor="k.chen", action="raise"),),
            against={
                "assign": f"{id} is corrected.",
                "verify": "",
                "close": f"{id} is corrected: verify it first.",
                "review": "It is for e.okafor to do, not for you.",
            },
            fields={"holder": "m.jansen", "state": "corrected"},
        )
