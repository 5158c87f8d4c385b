"""Real reviews replayed as ballots under four policies: decisions a second, beside counting alone.

    python -m benchmarks.boards VOTES.csv.gz

The file lists reviews of changes, one vote a line: change_no, label, value, voter, is_submitter, is_bot.
Who voted on a change sits on its board; the submitter raised it. The floor counts the same votes in one
loop and says nothing about why.
"""

import csv
import gzip
import sys
import time
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from ccb.ballot import Policy
from ccb.voting import Cast, Entitled, Question, outcome

POLICIES = (
    Policy(id="majority", name="Majority", board="reviews", quorum=1),
    Policy(id="two-thirds", name="2/3", board="reviews", quorum=2, rule="fraction", fraction=Decimal("0.66")),
    Policy(id="unanimous", name="Unanimous", board="reviews", quorum=2, rule="unanimous"),
    Policy(id="own-votes", name="Own votes count", board="reviews", quorum=1, four_eyes=False),
)
VALUES = {"+2": "approve", "+1": "approve", "-1": "reject", "-2": "reject"}
LEAST = 20_000  # decisions a second to reach


class Review(NamedTuple):
    """One change: who submitted it, and the last vote of each person."""

    change: str
    submitter: str
    votes: dict[str, str]


def read(file: Path) -> list[Review]:
    """Every change somebody voted on, in the order of the file; machines do not vote."""
    found: dict[str, Review] = {}
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            if line["label"] != "Code-Review" or line["is_bot"] == "1":
                continue
            known = found.setdefault(line["change_no"], Review(line["change_no"], "", {}))
            known.votes[line["voter"]] = VALUES.get(line["value"], "abstain")
            if line["is_submitter"] == "1":
                found[line["change_no"]] = known._replace(submitter=line["voter"])
    return list(found.values())


def question(review: Review, policy: Policy) -> Question:
    """What is asked of the people who voted on a change."""
    seats = tuple(Entitled(member=one, group="reviewers") for one in sorted(review.votes))
    return Question(
        policy=policy, seats=seats, originator=review.submitter, implementer=review.submitter, closed=True
    )


def casts(review: Review) -> list[Cast]:
    """The votes on a change."""
    return [Cast(voter=voter, seat=voter, value=value) for voter, value in review.votes.items()]


def decided(review: Review, policy: Policy) -> str:
    """The result under a policy, with every requirement and its sentence."""
    return outcome(question(review, policy), casts(review)).result


def counted(review: Review, policy: Policy) -> str:
    """The result by counting alone: the rules of a closed ballot, written down a second time."""
    own = policy.four_eyes
    votes = [value for voter, value in review.votes.items() if not (own and voter == review.submitter)]
    yes, no = votes.count("approve"), votes.count("reject")
    if len(votes) < policy.quorum or yes == 0:
        return "lost"
    carried = {
        "majority": yes > no,
        "unanimous": no == 0,
        "fraction": yes >= Decimal(policy.fraction or 0) * (yes + no),
    }[policy.rule]
    return "carried" if carried else "lost"


def measured(reviews: Iterable[Review]) -> tuple[int, float, float]:
    """How many decisions, and the CPU seconds that ours and the floor take; the least of three runs."""
    every = [(one, policy) for one in reviews for policy in POLICIES]
    took = []
    for count in (decided, counted):
        runs = []
        for _ in range(3):
            start = time.process_time()
            for one, policy in every:
                count(one, policy)
            runs.append(time.process_time() - start)
        took.append(min(runs))
    return len(every), took[0], took[1]


def main() -> None:
    number, ours, floor = measured(read(Path(sys.argv[1])))
    print(f"{number:,} decisions: {number / ours:,.0f} a second; counting alone {number / floor:,.0f}")


if __name__ == "__main__":
    main()
