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
    assert "cmdb agreement amend FILE" in said.err
    found = port.types("agreement check --json --exit-code")
    assert found.code == 1
    assert {one["agreement"] for one in found.json} == {"sla-new", "sla-north-quay"}
    assert {"provider", "contacts", "purpose", "end", "calamities"} <= {one["where"] for one in found.json}
    assert port.types("agreement check sla-new").code == 0
    port.refused("agreement check sla-nobody", code=3, says="no service agreement")
