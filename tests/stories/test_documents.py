"""The CM group writes its policy, has it agreed, replaces the scan of it, and finds what it lacks."""

import hashlib
import json
import os
from pathlib import Path

from tests.stories.terminal import Terminal

POLICY = """
id: cm-policy
kind: CM policy
title: Configuration management at Westhaven
owner: m.jansen
scope: all services
version: "1.0"
review: 2027-11-01
distribution: [group:network, party:pilots]
covers: {responsibility: section 1, scope: section 2}
body: |
  # Configuration management

  Every service has somebody responsible.
attachments: [files/scan.pdf]
"""
SCAN = b"\0scan" * 999
CONTROL = """
title: Bring the CM policy under control
kind: baseline
reason: it is agreed
changes: [{control: "document:cm-policy"}]
"""
CHANGE = """
title: Policy 2.0
reason: audits were missing
window: {start: 2026-11-22T22:00:00Z, end: 2026-11-24T00:00:00Z}
backout: put 1.0 back
test: open the scan
changes:
  - {document: cm-policy, set: {version: "2.0"}}
  - {document: cm-policy, attachment: {scan.pdf: files/new.pdf}, open: [signed.pdf]}
"""


def written(folder: Path, **texts: str | bytes) -> None:
    (folder / "files").mkdir(exist_ok=True)
    for name, text in texts.items():
        file = folder / name.replace("__", "/").replace("_", ".")
        file.write_bytes(text if isinstance(text, bytes) else text.encode())


def under_control(port: Terminal, folder: Path) -> Terminal:
    """The policy in force, with its scan."""
    written(folder, policy_yaml=POLICY, control_yaml=CONTROL, files__scan_pdf=SCAN)
    elise = port.as_("e.dubois")
    elise.does(f"document register {folder / 'policy.yaml'}")
    elise.does(f"change new --file {folder / 'control.yaml'}")
    for line in ("change submit CR-6", "change assess CR-6", "change refer CR-6", "vote CR-6 approve"):
        elise.does(line)
    elise.does("baseline establish CR-6 --apply")
    return elise


def test_a_policy_is_written_agreed_and_told_to_those_who_have_to_keep_it(
    port: Terminal, tmp_path: Path
) -> None:
    elise = under_control(port, tmp_path)
    shown = elise.does("document show cm-policy")
    for words in (
        "CR-6 in BL-000004",
        "decided by e.dubois",
        "k.chen, r.bakker",
        "Every service has somebody",
    ):
        assert words in shown
    found = elise.types("document show cm-policy --json").json
    assert (found["approval"]["request"], found["approval"]["board"]) == ("CR-6", "site")
    assert found["told"]["people"] == ["k.chen", "r.bakker"]
    assert found["absent"] == ["life cycle", "repository", "audits"]
    assert "cm-policy version 1.0" in port.as_("k.chen").does("inbox")
    lacks = elise.types("document check cm-policy")
    assert "cm-policy lacks life cycle, repository, audits." in lacks.words
    told = elise.types("document check cm-policy --json").json
    assert [one["point"] for one in told["points"] if one["covered"]] == ["responsibility", "scope"]
    elise.refused(f"document amend {tmp_path / 'policy.yaml'}", code=4, says="only by an approved request")
    elise.refused(
        f"document attach cm-policy {tmp_path / 'policy.yaml'}", code=4, says="only by an approved request"
    )
    assert "document register" in elise.does("document history cm-policy")
    assert "cm-policy" in elise.does("document list --kind 'CM policy'")
    assert elise.types("document list --kind minutes --json").json == []


def test_a_scan_is_replaced_by_request_and_a_signed_copy_comes_in_from_the_working_directory(
    port: Terminal, tmp_path: Path
) -> None:
    under_control(port, tmp_path)
    mira = port.as_("m.jansen")
    new = os.urandom(5000)
    written(tmp_path, change_yaml=CHANGE, files__new_pdf=new)
    mira.does(f"change new --file {tmp_path / 'change.yaml'}")
    digest = hashlib.sha256(new).hexdigest()
    assert f"5,000 bytes, SHA-256 {digest[:12]}" in mira.does("change show CR-7")
    (tmp_path / "files" / "new.pdf").write_bytes(b"forged")  # what is voted on is what was read then
    for line in ("change submit CR-7", "change assess CR-7", "change refer CR-7"):
        mira.does(line)
    while port.types("change show CR-7 --json").json["state"] == "under review":
        who = port.types("change show CR-7 --json").json["outcome"]["missing"][0]
        port.as_(who).does("vote CR-7 approve")
    work = tmp_path / "work"
    assert "signed.pdf" in mira.does(f"check-out CR-7 --to {work}")
    room = work / "attachments" / "cm-policy"
    assert (room / "scan.pdf").read_bytes() == new
    mira.refused("check-in CR-7 --apply", code=4, says="'attachment signed.pdf' is not filled in")
    mira.refused("check-in CR-7 --set 'cm-policy.attachment signed.pdf=x'", code=2, says="put the file into")
    (room / "signed.pdf").symlink_to("/etc/hostname")
    mira.refused("check-in CR-7 --apply", code=4, says="a link; only plain files")
    (room / "signed.pdf").unlink()
    (room / "signed.pdf").write_bytes(b"signed by all")
    mira.does("check-in CR-7 --apply")
    out = tmp_path / "out.pdf"
    mira.does(f"document show cm-policy --attachment scan.pdf --to {out}")
    assert out.read_bytes() == new
    mira.refused(f"document show cm-policy --attachment scan.pdf --to {out}", code=4, says="written over")
    mira.refused(
        f"document show cm-policy --attachment x --to {tmp_path / 'x'}", code=3, says="no attachment"
    )
    mira.refused("document show cm-policy --attachment scan.pdf", code=2, says="together")
    compared = mira.does("baseline compare BL-000004 BL-000005")
    assert f"attachment scan.pdf: 4,995 bytes, SHA-256 {digest_of(SCAN)}" in compared
    assert json.loads(port.as_("e.dubois").does("verify --json"))["ok"]


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def test_an_exported_document_is_registered_again_with_its_files(port: Terminal, tmp_path: Path) -> None:
    elise = under_control(port, tmp_path)
    out = tmp_path / "exported"
    elise.does(f"document export cm-policy --to {out}")
    assert (out / "cm-policy" / "scan.pdf").read_bytes() == SCAN
    elise.refused(f"document export cm-policy --to {out}", code=4, says="not empty")
    file = out / "cm-policy.yaml"
    file.write_text(file.read_text().replace("id: cm-policy", "id: cm-copy"))
    elise.does(f"document register {file}")
    names = ("title", "covers", "distribution", "attachments", "body", "version")
    first, second = (elise.types(f"document show {id} --json").json for id in ("cm-policy", "cm-copy"))
    assert {name: first[name] for name in names} == {name: second[name] for name in names}


def test_a_request_is_edited_with_the_bytes_it_has_and_lost_bytes_are_brought_again(
    port: Terminal, tmp_path: Path
) -> None:
    under_control(port, tmp_path)
    mira = port.as_("m.jansen")
    data = b"measured elsewhere"
    content = f"{{sha256: {hashlib.sha256(data).hexdigest()}, size: {len(data)}}}"
    written(tmp_path, change_yaml=CHANGE.replace("files/new.pdf", content), files__late_pdf=data)
    mira.refused(f"change new --file {tmp_path / 'change.yaml'}", code=2, says="are not here")
    mira.does(f"document supply {tmp_path / 'files' / 'late.pdf'}")
    mira.does(f"change new --file {tmp_path / 'change.yaml'}")
    written(tmp_path, change_yaml=CHANGE.replace("files/new.pdf", "files/absent.pdf"))
    mira.refused(f"change edit CR-7 --file {tmp_path / 'change.yaml'}", code=2, says="no file")
    written(tmp_path, change_yaml=CHANGE.replace("scan.pdf:", "../scan.pdf:").replace("new.pdf", "late.pdf"))
    mira.refused(f"change edit CR-7 --file {tmp_path / 'change.yaml'}", code=2, says="is a path")


def test_files_that_came_under_control_wait_no_longer_than_a_day(port: Terminal, tmp_path: Path) -> None:
    elise = under_control(port, tmp_path)
    assert elise.types("tidy --json").json["forgotten"] == 0
    port.now = elise.now = "2026-11-24T22:52:00Z"
    assert elise.types("tidy --json").json["forgotten"] == 1
    out = tmp_path / "out.pdf"
    elise.does(f"document show cm-policy --attachment scan.pdf --to {out}")
    assert out.read_bytes() == SCAN


def test_bad_files_are_refused_with_every_problem(port: Terminal, tmp_path: Path) -> None:
    elise = port.as_("e.dubois")
    written(
        tmp_path, bad_yaml="id: X Y\nkind: plan\nowner: nobody\ncovers: all\nattachments: {a/b: c}\nsize: 3\n"
    )
    answer = elise.types(f"document register {tmp_path / 'bad.yaml'}")
    assert answer.code == 2
    for words in ("no id", "title: is missing", "covers:", "is a path", "size: there is no such field"):
        assert words in answer.words
    written(tmp_path, policy_yaml=POLICY)
    elise.refused(f"document register {tmp_path / 'policy.yaml'}", code=3, says="no file")
    assert elise.types("document list --json").json == []
    elise.refused("document show nothing", code=3, says="document list")
    elise.refused("document attach nothing", code=2, says="--remove")
    port.as_("p.ng").refused(f"document supply {tmp_path}", code=2, says="directory")
