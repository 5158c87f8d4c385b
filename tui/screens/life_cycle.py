"""The verbs of a change request's life cycle, and why one is not offered: the words of the card."""

from tui.ballot_views import ChangeCard

LIFE_CYCLE = (
    "submit",
    "assess",
    "refer",
    "withdraw",
    "edit",
    "clone",
    "settle",
    "vote",
    "withdraw_vote",
    "override",
    "defer",
    "resume",
    "confirm_decision",
    "decide",
    "comment",
    "check_out",
    "renew",
    "give_back",
    "steal",
    "extend",
    "check_in",
    "start",
    "finish",
    "close",
    "back_out",
)


def against(card: ChangeCard, name: str) -> str:
    """Why a verb of the life cycle is not offered on a request; empty when it is."""
    if name == "comment":
        return ""
    # What else a closing needs is said by the guards when it is tried.
    return "" if name == "close" and card.line.state == "checked in" else card.refusal(name)
