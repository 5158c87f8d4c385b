"""The `[mail]` of a site: read whole or refused whole, and never with a password in it."""

import pytest

from cmdb import mail_settings, site
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.mail_settings import address_problems
from cmdb.site import Site

LEAST = 'host = "mail.example.org"\nsender = "Westhaven <cmdb@example.org>"\n'


@pytest.fixture
def read(tmp_path):
    def settings(text):
        (tmp_path / site.FILE).write_text(f'name = "W"\nzone = "Europe/Amsterdam"\n{text}', "utf-8")
        return mail_settings.read(site.read(tmp_path))

    return settings


def test_a_site_without_mail_has_no_settings(read):
    assert read("") is None


def test_the_least_is_a_host_and_a_sender(read):
    found = read(f"[mail]\n{LEAST}")
    assert (found.effective_port, found.security, found.zone) == (587, "starttls", "Europe/Amsterdam")
    assert (found.name, found.address) == ("Westhaven", "cmdb@example.org")
    assert read('[mail]\nhost = "h"\nsender = "cmdb@example.org"').address == "cmdb@example.org"
    assert read(f'[mail]\n{LEAST}security = "tls"').effective_port == 465
    assert read(f'[mail]\n{LEAST}security = "none"\nport = 2525').effective_port == 2525


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('host = "h"', "'sender' is missing"),
        (f'{LEAST}password = "geheim"', "A password does not stand in site.toml"),
        (f'{LEAST}hots = "h"', "no entry 'hots'"),
        (f'{LEAST}port = "25"', "'port' must be a whole number"),
        (f"{LEAST}port = true", "'port' must be a whole number"),
        (f"{LEAST}port = 70000", "port is 70000"),
        (f"{LEAST}digest_hour = 24", "digest_hour is 24"),
        (f'{LEAST}security = "ssl"', "security 'ssl'"),
        (f'{LEAST}default = "off"', "default 'off'"),
        (f'{LEAST}user = "u"', "A user needs a password"),
        (f'{LEAST}user = "u"\npassword_file = "a"\npassword_env = "B"', "not both"),
        (f'{LEAST}user = "u"\npassword_env = "B"\nsecurity = "none"', "not sent in clear"),
        ('host = "h"\nsender = "nobody"', "no mail address"),
        ('host = "h"\nsender = "a@b.nl, c@d.nl"', "no mail address"),
        ('host = "h\\nx"\nsender = "a@b.nl"', "line break"),
    ],
)
def test_what_is_wrong_is_named_and_no_password_is_repeated(read, text, says):
    with pytest.raises(Invalid) as refusal:
        read(f"[mail]\n{text}")
    assert any(says in one for one in refusal.value.problems), refusal.value.problems
    assert "geheim" not in str(refusal.value)


def test_mail_that_is_no_table_is_refused_by_the_site(read):
    with pytest.raises(Invalid, match="not valid"):
        read("mail = 3")


def test_a_password_comes_from_a_file_or_the_environment(read, tmp_path):
    of_file = read(f'[mail]\n{LEAST}user = "u"\npassword_file = "mail-password"')
    with pytest.raises(NotFound):
        of_file.password({})
    (tmp_path / "mail-password").write_text("hunter 2\n", "utf-8")
    assert of_file.password({}) == "hunter 2"
    of_environment = read(f'[mail]\n{LEAST}user = "u"\npassword_env = "MAIL_PASSWORD"')
    assert of_environment.password({"MAIL_PASSWORD": "x"}) == "x"
    with pytest.raises(Refused, match="MAIL_PASSWORD"):
        of_environment.password({})
    assert read(f"[mail]\n{LEAST}").password({}) == ""


def test_a_site_that_sends_mail_is_a_site_like_any_other(tmp_path):
    (tmp_path / site.FILE).write_text(f'name = "W"\n[mail]\n{LEAST}', "utf-8")
    assert site.read(tmp_path) == Site(path=tmp_path.resolve(), name="W")


@pytest.mark.parametrize(
    "text", ["a@b", "first.last+tag@example.org", "o'neil@example.org", "kåi@exämple.org"]
)
def test_what_is_one_address_is_taken(text):
    assert address_problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "@b", "a@", "a@b@c", "a b@c", "a@b,c@d", "a@b\n", "a@b\r\nRCPT TO:<c@d>", "<a@b>", '"a"@b',
        ".a@b", "a..b@c", "a@b..c", "a@.b", "a\u202e@b", "a@b\u200b", "a@[127.0.0.1]", f"{'a' * 65}@b",
        f"a@{'b' * 254}",
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_refused(text):
    assert address_problems(text)
