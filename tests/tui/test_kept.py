"""What the app keeps outside the site: it comes back, and damage keeps nothing."""

from pathlib import Path

from tui.kept import Kept


def test_what_is_kept_comes_back_until_it_is_let_go(tmp_path: Path) -> None:
    kept = Kept({"XDG_STATE_HOME": str(tmp_path / "state")}, tmp_path / "site")
    assert kept.read("forms", "amend ../../etc/passwd") == {}
    kept.write("forms", "amend ../../etc/passwd", {"name": "機械\n\u202e"})
    assert kept.read("forms", "amend ../../etc/passwd") == {"name": "機械\n\u202e"}
    assert kept.read("forms", "amend other") == {}
    assert [one.parent.name for one in (tmp_path / "state").rglob("*.json")] == ["forms"]
    kept.write("forms", "amend ../../etc/passwd", None)
    assert kept.read("forms", "amend ../../etc/passwd") == {}


def test_two_sites_do_not_share_what_is_kept(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path / "state")}
    Kept(environ, tmp_path / "one" / "site").write("forms", "a", {"x": "1"})
    assert Kept(environ, tmp_path / "two" / "site").read("forms", "a") == {}


def test_a_damaged_file_keeps_nothing_and_harms_nothing(tmp_path: Path) -> None:
    kept = Kept({"XDG_STATE_HOME": str(tmp_path)}, tmp_path / "site")
    for text in ("not json", "[1]", '{"a": 1, "b": "two"}', "[" * 100_000):
        kept.path("forms", "a").write_text(text)
        assert kept.read("forms", "a") in ({}, {"b": "two"})


def test_a_disk_that_refuses_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    kept = Kept({"XDG_STATE_HOME": str(tmp_path / "state")}, tmp_path / "site")
    kept.write("forms", "a", {"x": "1"})
    assert kept.read("forms", "a") == {}
