"""The demo: builds the port of Westhaven and walks the main job, printing each command it runs.

Everything is done through the same commands a person types; nothing is prepared behind their back.
The clock is fixed, so that the story is the same every time. Source: terminal.md, `cmdb demo`.
"""

import csv
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import click
import yaml

from cmdb import signatures
from cmdb.errors import Refused
from cmdb.site import DATABASE
from tui import port_process, printing
from tui.context import Invocation, command
from tui.walk import Astray, Walk, examples

FOUNDER = "e.dubois"
EXPECTED_REFUSAL = 4
DAMAGE = 5

_FRIDAY = "2026-11-20T09:00:00Z"
_NIGHT = "2026-11-22T22:12:00Z"
_AFTER = "2026-11-22T22:52:00Z"


@command
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--main-job", is_flag=True, help="The change alone, without papers, events and audits around it."
)
def demo(invocation: Invocation, folder: Path | None, main_job: bool) -> None:
    """Build the sample estate in DIR (demo-site) and walk the main job, printing each step."""
    target = (folder or Path("demo-site")).resolve()
    if target.exists() and any(target.iterdir()):
        raise Refused(f"{target} is not empty.", "Name another directory, or remove this one.")
    walk = Walk(target, examples(), invocation, person=FOUNDER, now=_FRIDAY)
    try:
        _build(walk)
        _promise(walk)
        if not main_job:
            port_process.log_and_papers(walk)
        _first_baseline(walk)
        _found_board(walk)
        if not main_job:
            port_process.under_way(walk)
        _question(walk)
        number = _change(walk)
        _stale(walk, number)
        _together(walk)
        _do(walk, number)
        _leave_open(walk)
        if not main_job:
            port_process.calls(walk)
        _tamper(walk)
    except Astray as astray:
        raise Refused(
            f"The demo went astray: {astray}", "Please report it with everything printed above."
        ) from astray
    _farewell(walk)


def _build(walk: Walk) -> None:
    walk.say(
        "A site",
        "The port of Westhaven: 62 items, 8 services, 3 customers, 9 people, each with an ssh key.",
    )
    walk.site.mkdir(parents=True, exist_ok=True)
    people = walk.rows("people.csv")
    _make_keys(walk, [row["id"] for row in people])
    # init wants an empty directory; the keys move in once the site stands.
    aside = walk.site.with_name(walk.site.name + ".keys")
    walk.keys.rename(aside)
    walk.environ["CMDB_KEYS"] = str(aside)
    try:
        founder = next(row for row in people if row["id"] == FOUNDER)
        walk.run(
            "init",
            str(walk.site),
            "--name",
            "Port of Westhaven",
            "--zone",
            "Europe/Amsterdam",
            "--person-name",
            founder["name"],
            "--email",
            founder["email"],
            "--test-clock",
        )
    finally:
        aside.rename(walk.keys)
        walk.environ["CMDB_KEYS"] = str(walk.keys)
    walk.say("What there is", "Import shows its plan first; --apply writes it, all or nothing.")
    _import_people(walk, people)
    walk.run("import", walk.file("groups.csv"), "--as-kind", "groups", "--apply")
    walk.run("import", walk.file("parties.csv"), "--as-kind", "parties", "--apply")
    walk.run("import", walk.file("items.csv"), "--as-kind", "items")
    walk.run("import", walk.file("items.csv"), "--as-kind", "items", "--apply")
    walk.run("import", walk.file("dependencies.csv"), "--as-kind", "dependencies", "--apply")
    grants = [
        (
            "role",
            "grant",
            row["person"],
            row["role"],
            *(["--service", row["service"]] if row["service"] else []),
        )
        for row in walk.rows("roles.csv")
        if row["person"] != FOUNDER
    ]
    walk.each("role", "roles", grants)


def _promise(walk: Walk) -> None:
    walk.say("What was promised, and what happened since")
    agreements = sorted((walk.files / "agreements").glob("*.yaml"))
    walk.each("agreement", "agreements", [("agreement", "register", str(one)) for one in agreements])
    outages = [
        (
            *("outage", "record", row["subject"], "--from", row["started"], "--until", row["ended"]),
            *("--effect", row["effect"], "--note", row["note"]),
        )
        for row in walk.rows("outages.csv")
    ]
    walk.each("outage", "outages", outages)


def _make_keys(walk: Walk, people: list[str]) -> None:
    walk.keys.mkdir(mode=0o700)
    for person in people:
        done = subprocess.run(
            [
                *(signatures.TOOL, "-q", "-t", "ed25519", "-N", "", "-C", person),
                *("-f", str(walk.keys / person)),
            ],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise Astray(done.stderr.decode("utf-8", "replace"))


def _import_people(walk: Walk, people: list[dict[str, str]]) -> None:
    """Import everybody but the founder, with the keys just made."""
    columns = ["id", "name", "email", "groups", "key"]
    file = walk.site / "people.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, extrasaction="ignore")
        writer.writeheader()
        for row in people:
            if row["id"] != FOUNDER:
                key = (walk.keys / f"{row['id']}.pub").read_text("ascii").strip()
                writer.writerow({**row, "key": key})
    walk.run("import", str(file), "--as-kind", "people", "--apply")
    file.unlink()


def _first_baseline(walk: Walk) -> None:
    walk.say(
        "Under control",
        "What was imported are candidates. A baseline request brings them under control, through the board;",
        "until the port has founded its own, the site board is its founder, and verify will count that.",
    )
    _raise(walk, "first-baseline.yaml", "CR-1")
    walk.run("vote", "CR-1", "approve", "-m", "counted with the inventory of October")
    walk.run("baseline", "establish", "CR-1", "--apply")


def _found_board(walk: Walk) -> None:
    walk.say("A board", "Boards and policies are records under control too: they enter by a change.")
    _raise(walk, "change-board.yaml", "CR-2")
    walk.run("vote", "CR-2", "approve")
    walk.run("check-out", "CR-2")
    walk.run("check-in", "CR-2", "--apply")
    walk.run("board", "show", "change-board")


def _question(walk: Walk) -> None:
    walk.person = "k.chen"
    walk.say(
        "An engineer asks",
        "Core switch sw-11 reaches the end of its support.",
        "What fails if it is down on Sunday from 22:00 UTC for 38 minutes?",
    )
    walk.run("impact", "sw-11", "--at", "2026-11-22T22:00:00Z", "--for", "38m")
    walk.run("why", "svc-gate-yard", "--down", "sw-11")
    walk.run("why-not", "svc-vessel-traffic", "--down", "sw-11")


def _change(walk: Walk) -> str:
    walk.say("A change", "The engineer raises it; the assessment says what it costs which customer.")
    _raise(walk, "replace-sw-11.yaml", "CR-3")
    walk.run("change", "show", "CR-3")
    walk.person = "a.vries"
    walk.run("board", "queue")
    walk.run("vote", "CR-3", "approve", "-m", "the gatehouse gets its second uplink at last")
    walk.person = "t.ruiz"
    walk.run("vote", "CR-3", "approve")
    walk.say("One vote is missing", "Two of three: nothing can be checked out yet.")
    walk.person = "k.chen"
    walk.run("check-out", "CR-3", expect=EXPECTED_REFUSAL)
    return "CR-3"


def _stale(walk: Walk, number: str) -> None:
    walk.say(
        "An edit makes votes stale",
        "The implementer plans more time. Whoever voted did not vote on that, and is asked again.",
    )
    content = yaml.safe_load((walk.files / "changes" / "replace-sw-11.yaml").read_text("utf-8"))
    content["down"]["worst"] = "1h45m"
    longer = walk.site / "replace-sw-11.yaml"
    longer.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    walk.run("change", "edit", number, "--file", str(longer))
    longer.unlink()
    _before_board(walk, number)
    walk.person = "a.vries"
    walk.run("board", "queue")
    walk.run("vote", number, "approve", brief=True)
    walk.say(
        "Asked because the graph says so",
        "Managers of services that lose margin and owners of what changes; nobody keeps that list.",
    )
    for voter in ("t.ruiz", "l.hansen", "s.okafor", "m.jansen"):
        walk.person = voter
        walk.run("vote", number, "approve", brief=True)
    walk.person = "r.bakker"
    walk.run("vote", number, "approve")


def _do(walk: Walk, number: str) -> None:
    walk.say("The night", "Checked out exclusively, done, and checked in as one signed baseline.")
    walk.person = "k.chen"
    work = walk.site / "work"
    walk.run("check-out", number, "--to", str(work))
    walk.now = _NIGHT
    walk.run("change", "start", number)
    printing.put("   (the serial number stands on the new switch; nobody could know it before)")
    walk.run("check-in", number, "--set", "sw-11.serial=WH5120-0417")
    walk.run("check-in", number, "--apply")
    walk.now = _AFTER
    walk.run("change", "finish", number)
    walk.run("change", "close", number, "--outcome", "as planned", "--outage", "36m")
    walk.say("What changed, and by which request")
    walk.run("baseline", "compare", "BL-000002")
    walk.run("item", "history", "sw-11")
    shutil.rmtree(work)


def _together(walk: Walk) -> None:
    walk.person = "r.bakker"
    walk.say(
        "Each alone is fine, both together are not",
        "A colleague plans the other core switch for the same night. Alone it costs nobody anything;",
        "the sweep over all scheduled work finds the minutes in which both are down.",
    )
    _raise(walk, "upgrade-sw-13.yaml", "CR-4")


def _leave_open(walk: Walk) -> None:
    walk.say("Left for you", "CR-4 waits for its board, CR-5 is a draft.")
    walk.person = "m.jansen"
    walk.run("change", "new", "--file", walk.file("changes/patch-mail.yaml"))


def _tamper(walk: Walk) -> None:
    walk.person = "e.dubois"
    walk.now = _AFTER
    walk.say("Proof", "Every baseline has its decision, every decision its votes, every vote its signature.")
    walk.run("verify")
    walk.say(
        "And a forger",
        "In a copy of the site somebody gives an item another owner, straight in the database.",
    )
    copy = walk.site.with_name(walk.site.name + ".tampered")
    shutil.copytree(walk.site, copy, ignore=shutil.ignore_patterns("keys", "state"))
    with closing(sqlite3.connect(copy / DATABASE)) as database:
        forged = database.execute("UPDATE item SET owner = 'p.ng' WHERE id = 'sw-13'").rowcount
        database.commit()
    if forged != 1:
        raise Astray("there is no sw-13 to tamper with.")
    try:
        walk.run("verify", expect=DAMAGE, site=copy)
    finally:
        shutil.rmtree(copy)


def _raise(walk: Walk, name: str, number: str) -> None:
    """Write a request and bring it before its board."""
    walk.run("change", "new", "--file", walk.file(f"changes/{name}"))
    _before_board(walk, number)


def _before_board(walk: Walk, number: str) -> None:
    walk.run("change", "submit", number)
    walk.run("change", "assess", number)
    walk.run("change", "refer", number)


def _farewell(walk: Walk) -> None:
    printing.put()
    printing.put("== Your turn")
    printing.put("   Open the app as the service manager, who has votes waiting:")
    printing.put()
    beside = Path(sys.executable).with_name("cmdb")
    program = str(beside) if shutil.which("cmdb") is None and beside.is_file() else "cmdb"
    printing.put(f"   CMDB_KEYS={walk.keys} CMDB_NOW={_AFTER} {program} --site {walk.site} --as a.vries")
    printing.put()
    printing.put("   In a checkout 'make app' does the same. Press ? for the keys, q to leave.")
