"""What surrounds the changes of the sample port: papers, needs, events, training, an audit, milestones.

A part of the demo, kept apart from the story of the change. Source: IT Service CMM 5.5 and 5.6.
"""

from tui.walk import Walk

_CM_MANAGER = "e.dubois"


def log_and_papers(walk: Walk) -> None:
    """Take over the log of the service desk; write papers, what is offered and what is needed.

    The first baseline brings the papers and the standard service under control.
    """
    walk.run("import", walk.file("events.csv"), "--as-kind", "events", "--apply")
    documents = sorted((walk.files / "documents").glob("*.yaml"))
    walk.each("document", "documents", [("document", "register", str(one)) for one in documents])
    walk.run("catalogue", "register", walk.file("standard-mail.yaml"))
    needs = [
        (
            *("need", "add", row["id"], "--customer", row["customer"], "--what", row["what"]),
            *("--service", row["service"], "--quantity", row["quantity"], "--target", row["target"]),
            *("--priority", row["priority"], "--source", row["source"], "--commitment", row["commitment"]),
        )
        for row in walk.rows("needs.csv")
    ]
    walk.each("need", "needs", needs)


def under_way(walk: Walk) -> None:
    """Plan, train and audit as a CM group does once there is a baseline."""
    walk.say(
        "The process around it",
        "Milestones of the CM plan, who was trained, a review to come, and the network compared with",
        "what a scan of it found: a device nobody registered, and firmware that no change brought.",
    )
    walk.person = _CM_MANAGER
    walk.each(
        "milestone",
        "milestones",
        [
            ("milestone", "add", "cm-plan", name, "--planned", day, "--owner", "me", "--effort", effort)
            for name, day, effort in (
                ("Inventory of October counted", "2026-10-30", "60h"),
                ("First baseline of the port", "2026-11-20", "24h"),
                ("Network audited", "2026-11-20", "8h"),
                ("Owners trained to confirm their items", "2026-11-18", "12h"),
                ("Restore rehearsed", "2026-12-18", "16h"),
            )
        ],
    )
    walk.each(
        "entry of work",
        "entries of work",
        [
            ("work", "log", f"milestone:{milestone}", time, "--on", day, "-m", note)
            for milestone, time, day, note in (
                ("MS-1", "66h", "2026-10-30", "counted with the five groups"),
                ("MS-2", "21h", "2026-11-19", "people, items, dependencies"),
            )
        ],
    )
    walk.run("milestone", "reach", "MS-1", "--on", "2026-11-02", "--evidence", "lists of the five groups")
    walk.run("milestone", "reach", "MS-2", "--on", "2026-11-20", "--evidence", "BL-000001")
    walk.run(
        *("training", "record", "Configuration management", "e.dubois", "l.hansen", "k.chen", "r.bakker"),
        *("--on", "2026-11-05", "--evidence", "list of those present, 5 November"),
    )
    walk.run(
        *("review", "plan", "service manager", "CM of the port", "--every", "quarter"),
        *("--on", "2026-12-15T10:00", "--holder", "a.vries", "--with", "e.dubois"),
        *("--about", "document:cm-plan", "--material", "report of the quarter, milestones, audits"),
    )
    walk.run(
        *("audit", "plan", "physical", "--scope", "type:network-device", "--due", "2026-11-20T16:00"),
        *("--every", "quarter", "--title", "The network as it is"),
    )
    walk.run("audit", "run", "AUD-1", "--file", walk.file("network-found.csv"))
    walk.run("finding", "assign", "FND-2", "--to", "k.chen", "--due", "2026-12-04")
    walk.run("milestone", "reach", "MS-3", "--on", "2026-11-20", "--evidence", "AUD-1")


def calls(walk: Walk) -> None:
    """Leave two events open for whoever opens the app."""
    walk.say("Meanwhile at the service desk", "A request, and something that has not happened yet.")
    walk.person = "l.hansen"
    walk.run(
        *(
            "event",
            "record",
            "Two new declarants need an account",
            "--request",
            "--item",
            "app-customs-gateway",
        ),
        *("--agreement", "sla-north-quay", "--party", "north-quay", "--reporter", "Bram Visser"),
        *("--responsible", "s.okafor", "--due", "2026-11-25T12:00"),
    )
    walk.person = "m.jansen"
    walk.run(
        *("event", "record", "A disk of the array in the tower reports errors", "--potential"),
        *("--item", "san-2", "--reporter", "Mira Jansen", "--responsible", "p.ng"),
    )
    walk.run("event", "analyse", "EV-12")
