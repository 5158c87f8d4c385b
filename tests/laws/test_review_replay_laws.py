"""Real reviews under four policies: every result is the one a second, independent count gives."""

from collections import Counter

import pytest

from benchmarks import boards
from ccb.voting import outcome

VOTES = "changes-and-votes/votes.2011-2013.csv.gz"


@pytest.fixture(scope="module")
def reviews(shared_data):
    return boards.read(shared_data / VOTES)


@pytest.mark.parametrize("policy", boards.POLICIES, ids=lambda one: one.id)
def test_every_review_comes_out_as_a_second_count_of_its_votes_says(reviews, policy):
    differing = [one.change for one in reviews if boards.decided(one, policy) != boards.counted(one, policy)]
    results = Counter(boards.decided(one, policy) for one in reviews)
    assert differing == []
    assert min(results["carried"], results["lost"]) > 10  # both happen, so that both are compared


def test_a_stricter_policy_carries_nothing_that_a_looser_one_loses(reviews):
    majority, two_thirds, unanimous, own = boards.POLICIES
    for one in reviews:
        if boards.decided(one, unanimous) == "carried":
            assert boards.decided(one, two_thirds) == boards.decided(one, majority) == "carried"
        if boards.decided(one, two_thirds) == "carried":
            assert boards.decided(one, majority) == "carried"
    assert own.four_eyes is False


def test_the_submitters_own_vote_never_counts_where_four_eyes_are_asked_for(reviews):
    for one in reviews:
        found = outcome(boards.question(one, boards.POLICIES[0]), boards.casts(one))
        assert one.submitter not in found.counted or not one.submitter
