"""Before it is signed: a service delivery manager asks what an agreement lacks."""

from pathlib import Path

from tests.stories.terminal import Terminal

BARE = """
id: sla-new
title: Mail for the pilots
customer: pilots
manager: s.okafor
start: 2026-12-01
services: [svc-mail]
commitments:
  - {id: mail, service: svc-mail, target: "100", period: month}
"""


def test_what_is_missing_is_said_with_what_to_add_and_leaves_with_1(port: Terminal, tmp_path: Path) -> None:
    said = port.types("agreement check --exit-code")
    assert (said.code, said.out.count("nothing is missing")) == (1, 2)
    assert "customs rests on wan-fjordnet of a supplier" in said.out
    assert port.does("agreement check sla-pilots --exit-code").count("nothing is missing") == 1
    file = tmp_path / "bare.yaml"
    file.write_text(BARE)
    port.as_("l.hansen").does(f"agreement register {file}")
    said = port.types("agreement check sla-new --exit-code")
    assert said.code == 1
    assert "provider: It does not say who provides the services." in said.out
    assert "100 %" in said.out
    first, *rest = said.out.splitlines()
    assert "29 things to look at (parties 4, what it is for 3, what is promised 4, when 5" in first
    assert [one.strip() for one in rest if one.startswith("  ") and one[2] != " "] == [
        "parties", "what it is for", "what is promised", "when", "when it does not bind",
        "reports and evaluation", "risks and safety", "money", "how far it has come",
    ]  # fmt: skip
    assert "cmdb agreement amend FILE" in said.err
    found = port.types("agreement check --json --exit-code")
    assert found.code == 1
    assert {one["agreement"] for one in found.json} == {"sla-new", "sla-north-quay"}
    assert {"provider", "contacts", "purpose", "end", "calamities"} <= {one["where"] for one in found.json}
    assert port.types("agreement check sla-new").code == 0
    port.refused("agreement check sla-nobody", code=3, says="no service agreement")


def test_a_report_about_nobody_says_whose_there_are(port: Terminal) -> None:
    port.refused("report service", code=2, says="There are: sla-harbour-master, sla-north-quay, sla-pilots")


def test_what_belongs_to_a_next_version_needs_its_file(port: Terminal) -> None:
    port.refused(
        "agreement revise sla-pilots --from 2027-01-01 --reviewed customer=Ann",
        code=2,
        says="--from, --reviewed belong to a next version",
    )
