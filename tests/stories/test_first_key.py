"""A person came under control without a key: they are told in time, and can still get one."""

import shutil

import pytest

from tests.conftest import Keys
from tests.stories.terminal import Terminal

BASELINE = """\
title: First
kind: baseline
reason: begin
changes: [{control: all, level: baselined, criterion: carries a service}]
"""


@pytest.fixture
def site(tmp_path, keys: Keys) -> Terminal:
    """Founded by a.vries; k.chen, who has no key, owns a switch and is about to come under control."""
    for person in ("a.vries", "k.chen"):
        keys.private(person)
    terminal = Terminal(tmp_path / "port", keys.folder, person="a.vries")
    terminal.does(f"init {terminal.site} --test-clock")
    terminal.does("person register k.chen --name Kim")
    terminal.does("group register ops --name Ops --lead k.chen")
    terminal.does("item register sw-1 --type network-device --name sw1 --owner k.chen")
    file = tmp_path / "baseline.yaml"
    file.write_text(BASELINE)
    terminal.does(f"change new --file {file}")
    terminal.does("change submit CR-1")
    return terminal


def established(site: Terminal) -> Terminal:
    for line in ("change assess CR-1", "change refer CR-1", "vote CR-1 approve"):
        site.does(line)
    site.does("baseline establish CR-1 --apply")
    return site


def test_the_assessment_of_the_first_baseline_names_who_has_no_key(site):
    said = site.does("change assess CR-1")
    assert "k.chen has no registered key and cannot vote or check in" in said
    assert "'cmdb person key FILE.pub --as k.chen'" in said
    assert site.types("change assess CR-1 --json").json["assessment"]["without_key"] == ["k.chen"]
    # Before the baseline no request is needed, nor a role: it is their own.
    site.as_("k.chen").does(f"person key {site.keys}/k.chen.pub")
    assert "no registered key" not in site.does("change assess CR-1")


def test_a_person_under_control_gets_a_first_key_by_request_to_the_site_board(site, keys):
    established(site)
    kim = site.as_("k.chen")
    answer = kim.refused("vote CR-1 approve", code=4, says="has no registered key")
    assert "'cmdb person key " in answer.err
    assert "--as k.chen'" in answer.err
    said = kim.does(f"person key {keys.folder}/k.chen.pub")
    assert "CR-2 is a draft" in said
    kim.refused(f"person key {keys.folder}/k.chen.pub", code=4, says="CR-2 asks for that already")
    for line in ("change submit CR-2", "change assess CR-2", "change refer CR-2"):
        kim.does(line)
    site.does("vote CR-2 approve")
    assert "no registered key, and" not in site.does("check-out CR-2")
    site.does("check-in CR-2 --apply")
    assert site.types("person show k.chen --json").json["keys"][0]["key"] == keys.public("k.chen")
    site.does("verify")


def test_one_command_puts_a_key_before_the_site_board_and_a_later_key_may_replace_it(site, keys):
    established(site)
    for number, (file, more) in enumerate((("k.chen", ""), ("second", "--replace")), 2):
        keys.private(file)
        said = site.as_("k.chen").does(f"person key {keys.folder}/{file}.pub --submit {more}")
        assert f"CR-{number} asks the board 'site'" in said
        for line in (f"vote CR-{number} approve", f"check-out CR-{number}", f"check-in CR-{number} --apply"):
            site.does(line)
    listed = site.types("person show k.chen --json").json["keys"]
    assert [one["key"] for one in listed] == [keys.public("second")]


def test_who_checks_out_without_a_key_and_whose_consent_waits_for_one_is_warned(site, tmp_path):
    established(site)
    file = tmp_path / "change.yaml"
    file.write_text(
        "title: x\nreason: y\nbackout: b\ntest: t\nimplementer: k.chen\n"
        "window: {start: 2026-11-22T22:00:00Z, end: 2026-11-25T00:00:00Z}\n"
        "changes: [{item: sw-1, set: {model: x}}]\n"
    )
    site.does(f"change new --file {file}")
    site.does("change submit CR-2")
    assert "k.chen has no registered key" in site.does("change assess CR-2")
    assert "k.chen has no registered key" in site.does("board refer CR-2")


def test_nobody_is_told_to_register_the_key_of_somebody_else(site, keys, tmp_path):
    established(site)
    borrowed = tmp_path / "borrowed"
    borrowed.mkdir()
    for suffix in ("", ".pub"):
        shutil.copy(keys.folder / f"a.vries{suffix}", borrowed / f"k.chen{suffix}")
    answer = Terminal(site.site, borrowed, site.now, "k.chen").types("vote CR-1 approve")
    assert answer.code == 4
    assert "The key at hand is registered for a.vries." in answer.err
    assert "'cmdb person key FILE.pub --as k.chen'" in answer.err
    refused = Terminal(site.site, borrowed, site.now, "k.chen").types(f"person key {borrowed}/k.chen.pub")
    assert refused.code == 2
    assert "A key of k.chen is registered for a.vries." in refused.err
