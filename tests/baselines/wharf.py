"""A port that releases: its mail service asked for, voted on and built."""

from pathlib import Path
from typing import Any

from baselines import decisions, release_requests, releasing
from baselines.release_model import Release
from baselines.release_requests import Wanted
from ccb import board, requests
from ccb.model import ChangeRequest
from tests.baselines.port import NIGHT, Port

MAIL = Wanted(product="mail", version="1.0", scope="service:mail", reason="for the customer")


def asked(port: Port, wanted: Wanted = MAIL, **more: Any) -> ChangeRequest:
    """A draft request to release something, by the CM group."""
    return release_requests.draft(port.library, wanted.but(**more), actor="a.vries", at=NIGHT)


def authorised(port: Port, wanted: Wanted = MAIL, **more: Any) -> ChangeRequest:
    """A request to release something that the site board has approved."""
    request = asked(port, wanted, **more)
    requests.submit(port.store, request.id, actor="a.vries", at=NIGHT)
    return port.carried(request.id, "a.vries", ("a.vries",), NIGHT)


def built(port: Port, file: Path, wanted: Wanted = MAIL, **more: Any) -> Release:
    """A release in a file."""
    request = authorised(port, wanted, **more)
    key = port.keys.private("a.vries")
    return releasing.build(port.library, request.id, file=file, actor="a.vries", key=key, at=NIGHT)


def decided(port: Port, id: str, value: str) -> ChangeRequest:
    """A request that a.vries alone decides about, with her vote."""
    key = port.keys.private("a.vries")
    requests.assess(port.store, id, actor="a.vries", at=NIGHT)
    board.refer(port.store, id, actor="a.vries", at=NIGHT)
    act = board.vote(port.store, id, voter="a.vries", value=value, reason="no", key=key, at=NIGHT)
    return decisions.enter(port.library, act, key=key, at=NIGHT)
