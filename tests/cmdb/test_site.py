"""Finding, reading and writing the description of a site."""

import pytest

from cmdb import site
from cmdb.errors import CmdbError, Invalid, NotFound, Refused
from cmdb.site import Site


def made(folder, **more):
    folder.mkdir(parents=True, exist_ok=True)
    one = Site(path=folder, name="Harbour", **more)
    site.write(one)
    return one


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"zone": "Europe/Amsterdam", "test_clock": True},
        {"database": "postgresql://cm:p%40ss@db.example/site?sslmode=verify-full"},
        {"name": 'Quote " \\ back 名 = [x]'},
    ],
)
def test_a_site_reads_back_as_it_was_written(tmp_path, more):
    one = Site(**{"path": tmp_path.resolve(), "name": "Harbour", **more})
    site.write(one)
    assert site.read(tmp_path) == one


def test_the_option_outranks_the_environment_outranks_the_folder(tmp_path):
    for name in ("option", "environment", "above"):
        made(tmp_path / name)
    inside = tmp_path / "above" / "deep" / "er"
    inside.mkdir(parents=True)

    def where(option, environment):
        return site.find(inside, option, environment).path.name

    option, environment = str(tmp_path / "option"), str(tmp_path / "environment")
    assert where(option, environment) == "option"
    assert where(None, environment) == "environment"
    assert where("", "") == "above"


def test_no_site_says_how_to_make_one(tmp_path):
    with pytest.raises(NotFound) as refusal:
        site.find(tmp_path, None, None)
    assert "cmdb init" in refusal.value.remedy
    with pytest.raises(NotFound) as refusal:
        site.find(tmp_path, str(tmp_path / "nowhere"), None)
    assert "--site" in refusal.value.remedy


def test_a_site_is_not_written_over(tmp_path):
    made(tmp_path)
    with pytest.raises(Refused, match="a site already"):
        made(tmp_path)


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused):
        site.write(Site(path=tmp_path / "gone", name="X"))


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        "name = 7",
        'name = "X"\nzone = "Mars/Olympus"',
        'name = "X"\nzone = "Europe"',
        'name = "X"\nzone = "../../etc/passwd"',
        'name = ""',
        'name = "X"\ntest_clock = "yes"',
        'nmae = "X"',
        'name = "a\\u0007b"',
    ],
)
def test_a_site_file_that_is_wrong_is_invalid_with_a_remedy(tmp_path, text):
    (tmp_path / site.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(Invalid) as refusal:
        site.read(tmp_path)
    assert refusal.value.remedy


def test_bytes_that_are_no_text_are_invalid_and_a_folder_is_refused(tmp_path):
    (tmp_path / site.FILE).write_bytes(b"name = '\xff'")
    with pytest.raises(Invalid):
        site.read(tmp_path)
    (tmp_path / site.FILE).unlink()
    (tmp_path / site.FILE).mkdir()
    with pytest.raises(CmdbError):
        site.read(tmp_path)


def test_all_wrong_entries_are_named_at_once(tmp_path):
    (tmp_path / site.FILE).write_text("a = 1\nb = 2\nname = 3\n", encoding="utf-8")
    with pytest.raises(Invalid) as refusal:
        site.read(tmp_path)
    assert len(refusal.value.problems) == 3


def test_the_database_is_found_from_the_site_not_from_where_one_stands(tmp_path):
    assert made(tmp_path).url == str(tmp_path / "cmdb.db")
    assert Site(path=tmp_path, name="X", database="data/x.db").url == str(tmp_path / "data" / "x.db")
    assert Site(path=tmp_path, name="X", database="/var/x.db").url == "/var/x.db"
    assert Site(path=tmp_path, name="X", database="postgresql:///x").url == "postgresql:///x"
    assert Site(path=tmp_path, name="X").library == tmp_path / "library.git"
