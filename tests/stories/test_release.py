"""The CM group releases a service: asked for, voted on, built, and checked by who has only the file."""

from pathlib import Path

from tests.stories.terminal import Terminal


def signed_off(port: Terminal, *words: str) -> str:
    """A release that the site board approved; gives its request."""
    elise = port.as_("e.dubois")
    request = str(
        elise.types(" ".join(("release new mail-system 1.0 -m delivery --json", *words))).json["request"]
    )
    for line in ("change submit", "change assess", "board refer"):
        elise.does(f"{line} {request}")
    elise.does(f"vote {request} approve")
    return request


def test_a_release_from_the_request_to_the_customer(port: Terminal, tmp_path: Path) -> None:
    elise, file = port.as_("e.dubois"), tmp_path / "mail.tar"
    request = signed_off(port, "--service svc-mail", "--leave-out 'person:k.chen=not needed'")
    card = elise.does(f"change show {request}")
    assert "releases mail-system 1.0 of BL-000003" in card
    assert "left out: person:k.chen, because not needed" in card
    elise.refused(f"check-out {request}", code=4, says="nothing to check out")
    assert "would be built from BL-000003" in elise.does(f"release build {request} --to {file}")
    assert not file.exists()
    assert "mail-system 1.0 is in" in elise.does(f"release build {request} --to {file} --apply")
    elise.refused(f"release build {request} --to {file} --apply", code=4, says="exists already")
    assert "mail-system" in elise.does("release list")
    assert elise.types("release show mail-system --json").json["request"] == request
    assert "released in  mail-system 1.0" in elise.does("item show app-mail")
    assert elise.types("item show app-mail --json").json["releases"][0]["current"] is True
    elise.refused("release new mail-system 1.0 --service svc-mail", code=4, says="is released already")

    # Whoever gets it has the file and a public key: no site, no library.
    customer = Terminal(tmp_path / "nowhere", tmp_path)
    key = next(one for one in (port.keys.glob("e.dubois*.pub")))
    told = customer.types(f"release verify {file} --key {key} --json")
    assert (told.code, told.json["ok"], told.json["key_confirmed"]) == (0, True, True)
    assert "not confirmed by you" in customer.does(f"release verify {file}")
    signers = tmp_path / "signers"
    signers.write_text(f'# ours\ne.dubois namespaces="release-manifest@cmdb" {key.read_text()}')
    assert "a key you trust" in customer.does(f"release verify {file} --signers {signers}")
    other = next(one for one in (port.keys.glob("k.chen*.pub")))
    answer = customer.types(f"release verify {file} --key {other}")
    assert answer.code == 5
    assert "signed by another key" in answer.err
    assert customer.types(f"release verify {file} --key {other} --exit-code").code == 1
    file.write_bytes(file.read_bytes().replace(b"svc-mail", b"svc-moil"))
    answer = customer.types(f"release verify {file} --json")
    assert (answer.code, answer.json["ok"]) == (5, False)


def test_what_cannot_be_released_or_checked_is_said(port: Terminal, tmp_path: Path) -> None:
    elise = port.as_("e.dubois")
    for line, code, says in (
        ("release new x 1 --item nowhere", 4, "only from items of BL-000003"),
        ("release new x 1 --item sw-11 --service svc-mail", 2, "one of --service, --type or --item"),
        ("release new x 1 --item sw-11 --leave-out sw-12", 2, "names no reason"),
        ("release new x 1 --item sw-11 --baseline BL-000099", 3, "BL-000099"),
        ("release build CR-3 --to x.tar", 4, "not one for a release"),
        ("release show nothing", 3, "There is no release nothing"),
        (f"release verify {tmp_path / 'missing'}", 3, "There is no file"),
        (f"release verify {tmp_path}", 2, ""),
    ):
        elise.refused(line, code=code, says=says)
