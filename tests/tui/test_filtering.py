"""A filter line means the same in the app and behind `cmdb item list`."""

import shlex

import pytest

from cmdb.reading import Filter
from tui.filtering import filter_of, listing
from tui.item_columns import asked, type_of


@pytest.mark.parametrize("words", ["core switch", "owner:k.chen !retired", "type:server 'odd", ""])
def test_the_command_of_a_list_asks_for_the_same_items(words: str) -> None:
    typed = shlex.split(listing(words))
    assert typed[:3] == ["cmdb", "item", "list"]
    assert filter_of(" ".join(typed[3:])) == filter_of(words)


def test_what_is_not_up_takes_two_lists() -> None:
    assert listing("core", trouble=True) == (
        "cmdb item list core --operating down && cmdb item list core --operating maintenance"
    )


def test_a_filter_line_is_read_behind_the_command() -> None:
    assert filter_of("owner:k.chen is:service mail") == Filter(text="mail", owner="k.chen", service=True)


def test_columns_in_a_filter_line_say_what_is_shown_and_not_which_items() -> None:
    words = "type:server show:model,serial show:model,group core"
    assert filter_of(words) == Filter(text="core", type="server")
    assert asked(words) == ("model", "serial", "group")
    assert asked("core") is None
    assert asked("show:") == ()
    assert (type_of(words), type_of("core")) == ("server", "")
