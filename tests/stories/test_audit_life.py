"""An audit from its plan to its close, by the people it concerns, on the command line."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.stories.terminal import Terminal


@pytest.fixture
def cm(port: Terminal) -> Terminal:
    """The configuration manager; p.ng is the senior manager, and the founder no longer holds that role."""
    keeper = port.as_("e.dubois")
    keeper.does('role grant p.ng "senior manager"')
    return keeper


def plan(cm: Terminal, kind: str, auditor: str, *more: str) -> str:
    found = cm.does(f'audit plan "{kind}" --auditor {auditor} --due 2026-12-01 --json', *more)
    return str(json.loads(found)["id"])


def test_what_an_export_shows_becomes_findings_that_lead_to_closure(cm: Terminal, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(cm.does("export --format csv"))))
    file = tmp_path / "found.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        for row in rows:
            if row["id"] != "lb-edge":
                writer.writerow({**row, "name": "Other" if row["id"] == "app-mail" else row["name"]})
    audit = plan(cm, "physical", "e.dubois")
    cm.refused(f"audit run {audit}", code=2, says="needs an export")
    theirs = f"audit run {audit} --library {cm.site / 'library.git'} --dry-run"
    assert "Nothing is wrong." in cm.types(theirs).err
    cm.as_("a.vries").refused(f"audit run {audit} --file {file}", code=4, says="is for e.dubois to run")
    tried = json.loads(cm.does(f"audit run {audit} --file {file} --dry-run --json"))
    assert (tried["kept"], len(tried["found"])) == (False, 2)
    held = json.loads(cm.does(f"audit run {audit} --file {file} --json"))
    assert held["audit"]["findings"] == ["FND-1", "FND-2"]
    assert "lb-edge is recorded and not there (unauthorised)" in json.dumps(held["found"])
    for number, holder in enumerate(("m.jansen", "m.jansen"), start=1):
        cm.does(f"finding assign FND-{number} --to {holder}")
        cm.as_(holder).does(f'finding correct FND-{number} -m "asked the owners"')
        cm.does(f'finding verify FND-{number} -m "saw the racks"')
        cm.does(f"finding close FND-{number}")
    cm.does(f'audit close {audit} -m "worth the walk"')
    assert "None" not in cm.does(f"audit show {audit}")
    assert cm.types("verify").code == 0


def test_a_plan_names_what_the_auditor_owns_and_a_service_may_be_audited_instead(cm: Terminal) -> None:
    refused = cm.types("audit plan completeness --auditor k.chen --due 2026-12-01")
    assert (refused.code, "owner of sw-11" in refused.err) == (4, True)
    assert plan(cm, "completeness", "k.chen", "--scope", "type:middleware") == "AUD-1"
    cm.refused("audit plan completeness --due 2026-12-01 --scope shelf", code=2, says="is no scope")
    cm.refused('audit plan integrity --due 2026-12-01 --every "3 moons"', code=2, says="is no period")
    stranger = cm.as_("r.bakker")
    stranger.refused("audit plan integrity --due 2026-12-01", code=4, says="may plan audits")


def test_what_is_due_and_overdue_stands_in_the_list_the_report_and_the_notices(cm: Terminal) -> None:
    plan(cm, "integrity", "e.dubois", "--every", "quarter")
    cm.now = "2026-12-02T08:00:00Z"
    assert "OVERDUE" in cm.does("audit list --overdue")
    assert "AUD-1 was to be held" in cm.does("tick")
    page = cm.does("report audits --format md")
    assert "0 held, 1 overdue" in page
    cm.does("audit run AUD-1")
    assert cm.types("audit list --overdue").out == ""
    for form in ("text", "md", "html", "csv", "json"):
        assert cm.does(f"report audits --format {form}")
    assert [one["due"] for one in json.loads(cm.does("audit list --json"))][0] == "2027-02-28T23:00:00Z"


def test_a_library_that_nobody_restored_is_a_finding_and_one_restored_is_none(
    cm: Terminal, tmp_path: Path
) -> None:
    audit = plan(cm, "library system", "e.dubois")
    assert "No backup was restored" in cm.does(f"audit run {audit} --dry-run")
    file = tmp_path / "port.cmdb"
    cm.does(f"backup {file}")
    told = cm.does(f"audit run {audit} --backup {file} --dry-run")
    assert "restored up to" in told
    assert "No backup" not in told
    file.write_bytes(b"no backup")
    assert "cannot be restored" in cm.does(f"audit run {audit} --backup {file} --dry-run")


def test_a_finding_that_cannot_be_resolved_is_kept_in_view_by_the_senior_manager(cm: Terminal) -> None:
    audit = plan(cm, "library system", "e.dubois")
    cm.does(f"audit run {audit}")
    cm.does("finding assign fnd-1 --to m.jansen --due 2026-11-25")
    mira, senior = cm.as_("m.jansen"), cm.as_("p.ng")
    assert "FND-1" in mira.does("finding list --mine")
    senior.refused('finding review FND-1 -m "soon"', code=4, says="was not escalated")
    mira.does('finding escalate FND-1 -m "there is no second machine"')
    assert "is yours" in senior.does("inbox")
    senior.does('finding review FND-1 -m "bought in January" --next 2027-01-10')
    senior.now = "2027-01-11T00:00:00Z"
    assert "FND-1" in senior.does("finding list --overdue")
    shown = senior.does("finding show FND-1")
    assert "bought in January" in shown
    assert "there is no second machine" in shown


def test_conformance_names_the_records_what_is_missing_and_what_mends_it(cm: Terminal) -> None:
    told = json.loads(cm.does("conformance --json"))
    by_id = {one["practice"]: one for one in told["practices"]}
    assert by_id["5.5 Activity 6.2"]["state"] == "performed"
    assert by_id["5.5 Activity 6.2"]["records"][0].startswith("BL-")
    assert by_id["5.5 Activity 10.2"]["command"] == "cmdb audit plan integrity"
    cm.does(f"audit run {plan(cm, 'integrity', 'e.dubois')}")
    after = json.loads(cm.does("conformance --json --since 2026-11-01T00:00:00Z"))
    moved = {one["practice"]: one["after"] for one in after["moved"]}
    assert moved["5.5 Activity 10.2"] == "performed"
    for form in ("text", "md", "html", "csv"):
        assert "Activity 10.2" in cm.does(f"conformance --format {form}")
    assert cm.types("conformance --exit-code").code == 1
    assert json.loads(cm.does("conformance --section all --json"))["counts"]["performed"] > 5
    cm.refused("conformance --service sw-11", code=2, says="no service")


def test_who_set_a_practice_aside_is_named_and_may_take_it_back(cm: Terminal) -> None:
    cm.does('practice set-aside "5.5 Activity 7" --because "we make nothing"')
    assert "e.dubois said so (SAY-1): we make nothing" in cm.does("conformance")
    cm.refused('practice set-aside "5.5 Activity 7" --because x', code=4, says="said so already")
    cm.refused('practice set-aside "5.5 Activity 70" --because x', code=2, says="no practice")
    cm.does('practice reinstate SAY-1 -m "we do now"')
    assert "SAY-1" not in cm.does("conformance")
    assert "withdrawn" in cm.does("practice statements --all")
    assert cm.types("verify").code == 0


def test_the_scores_are_listed_with_every_item_behind_one(cm: Terminal) -> None:
    assert "life-cycle points" in cm.does("audit completeness")
    told = json.loads(cm.does("audit completeness --json"))
    one = next(one for one in told["scores"] if one["name"] == "life-cycle points" and one["failing"])
    behind = cm.does(f"audit completeness --type {one['type']} --behind 'life-cycle points'").split()
    assert len(behind) == one["failing"]
    cm.refused("audit completeness --behind connected", code=2, says="items of one type")
    cm.refused("audit completeness --type server --behind x", code=2, says="no score")
    assert cm.types("audit completeness --exit-code").code == 0
    assert cm.types("audit completeness --exit-code --older-than 1d").code in (0, 1)


@pytest.mark.parametrize(
    "words", ["\x1b[2Jgone", "a\nb", "'; DROP TABLE audit; --", "ü" * 300, "[red]x[/red]"]
)
def test_hostile_words_are_refused_or_kept_as_they_are(cm: Terminal, words: str) -> None:
    answer = cm.types("audit plan integrity --due 2026-12-01", "--title", words)
    assert answer.code in (0, 2)
    assert "\x1b" not in answer.words
    if answer.code == 0:
        assert words in json.loads(cm.does("audit show AUD-1 --json"))["title"]
    assert cm.types("verify").code == 0
