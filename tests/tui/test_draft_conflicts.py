"""Drafts of change requests that two people, or a form and a file, change at once: nothing is overwritten."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccb import requests
from ccb.model import ProposedChange
from cmdb.errors import Invalid, Refused
from tests.tui import quayside
from tests.tui.quayside import SWAP, Quayside


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


def test_what_the_form_has_no_line_for_is_kept_by_an_edit(site: Quayside) -> None:
    level = ProposedChange(record="item", id="sw-12", operation="change level", exact={"level": "controlled"})
    id = site.raised(SWAP.but(changes=(level,), groups=("ops",)), to="draft")
    desk = site.desk("r.bakker")
    form = desk.form(id)
    assert (form.draft.items, form.kept) == ((), ("change level item sw-12",))
    assert desk.redraft(id, form.draft._replace(title="Less control")) == id
    with desk.store.read() as uow:
        after = requests.find(uow, id)
    assert (after.title, after.groups, after.window) == ("Less control", ("ops",), SWAP.window)
    assert [(one.operation, dict(one.exact)) for one in after.changes] == [
        ("change level", {"level": "controlled"})
    ]


def test_two_forms_of_one_draft_do_not_overwrite_each_other(site: Quayside) -> None:
    id = site.raised(SWAP, to="draft")
    desk = site.desk("r.bakker")
    first, second = desk.form(id), desk.form(id)
    desk.redraft(id, first.draft._replace(title="Theirs"), first.seen)
    with pytest.raises(Refused, match="changed by someone else meanwhile"):
        desk.redraft(id, second.draft._replace(title="Mine"), second.seen)
    assert desk.form(id).draft.title == "Theirs"


def test_a_file_of_a_draft_that_was_edited_meanwhile_is_refused_and_kept(site: Quayside) -> None:
    id = site.raised(SWAP, to="draft")
    desk = site.desk("r.bakker")
    file, form = desk.item_work.record_file("change", id), desk.form(id)
    desk.redraft(id, form.draft._replace(title="Theirs"), form.seen)
    file.path.write_text(file.template.replace("end of support", "mine"))
    with pytest.raises(Refused, match="changed by someone else meanwhile"):
        desk.item_work.read_back(file)
    assert "mine" in file.path.read_text()
    assert desk.form(id).draft.title == "Theirs"


def test_a_file_far_too_long_is_refused_at_once(site: Quayside) -> None:
    desk = site.desk("r.bakker")
    file = desk.item_work.record_file("change", site.raised(SWAP, to="draft"))
    file.path.write_text("a" * 2_000_000)
    with pytest.raises(Invalid, match="1,000,000|1 MB|bytes"):
        desk.item_work.read_back(file)
