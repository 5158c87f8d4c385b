"""Every screen as plain text, at 80x24 and wide: what stands where, and nothing beyond the edge."""

import pytest

from tests.tui.pilots import Hand, at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.screens.place import Place

NARROW, WIDE = (80, 24), (120, 36)


def app(start: str = "today", *, sample: Sample | None = None, **more: bool) -> CmdbApp:
    found = sample or Sample()
    return CmdbApp(found, lambda: found, start=start, **more)


def rows_with(hand: Hand, word: str) -> list[str]:
    return [line for line in hand.lines if word in line]


async def test_today_says_what_waits_and_enter_leads_there() -> None:
    async with at_work(app()) as hand:
        await hand.sees("Waits for my vote", "CR-142")
        assert hand.lines[0].startswith(" cmdb  Today  Sunday 22 Nov 15:05")
        assert hand.lines[0].endswith("BL-000311  a.vries")
        assert hand.lines[-1].startswith(" Enter open  : go or do")
        assert "My check-outs" not in hand.screen  # what has no line is not there
        assert " ◆ CR-142       Replace core switch sw-11                         22 Nov 23:30" in hand.lines
        await hand.press("enter")
        await hand.sees("Board", "─ CR-142")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_items_stand_in_columns_of_cells(size: tuple[int, int]) -> None:
    async with at_work(app("items"), size) as hand:
        await hand.sees("vm-0000", "300 items")
        (head,) = rows_with(hand, "Item ▲")
        (rack,) = rows_with(hand, "rack-a3")
        (plain,) = rows_with(hand, "vm-0001")
        assert head.index("Type") == plain.index("virtual")
        # Two characters of the rack's name before the type are twice as wide on a terminal.
        assert "機械" in rack
        assert "● in service" in plain
        assert max(len(line) for line in hand.lines) <= size[0]


async def test_the_preview_stands_beside_the_list_from_100_columns() -> None:
    async with at_work(app("items"), WIDE) as hand:
        await hand.sees("│ db-cluster-01  Orders database", "needed by 1 item")
    async with at_work(app("items"), NARROW) as hand:
        await hand.sees("db-cluster-01")
        assert "│" not in hand.screen


async def test_the_filter_narrows_the_list_as_it_is_typed_and_escape_takes_it_back() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("300 items")
        await hand.press("slash")
        await hand.type("core")
        await hand.sees("2 items", "sw-11", "sw-12")
        assert not rows_with(hand, "vm-0000")
        await hand.press("escape")
        await hand.sees("300 items")
        await hand.press("slash")
        await hand.type("nobody has this")
        await hand.press("enter")
        await hand.sees("No item matches nobody has this.", "0 items")


async def test_trouble_shows_only_what_is_not_up_or_is_held() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("300 items")
        await hand.press("exclamation_mark")
        await hand.sees("2 items", "◆ maintenance", "sw-11")


async def test_marked_items_start_a_change_request() -> None:
    sample = Sample()
    async with at_work(app("items", sample=sample)) as hand:
        await hand.sees("db-cluster-01")
        await hand.press("space", "space")
        await hand.sees("2 marked", "◆ db-cluster-01", "◆ lb-edge")
        await hand.press("n")
        await hand.sees("New change", "lb-edge")
        await hand.type("More memory")
        await hand.press("ctrl+s")
        await hand.sees("CR-142 is a draft")
        (draft,) = sample.drafts
        assert draft.title == "More memory"
        assert [item for item, _ in draft.items] == ["db-cluster-01", "lb-edge"]
        assert draft.implementer == "a.vries"


async def test_an_item_shows_facts_and_grows_its_tree_branch_by_branch() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("sw-11")
        await hand.press("colon")
        await hand.type("item show sw-11")
        await hand.press("enter")
        await hand.sees("type        network device", "needs       2 items, needed by 4 items")
        await hand.sees(" ├─▶ lb-edge  Edge load balancer  uses; uplink needs 1")
        assert " ├── mail  Mail for ACME  uses" in hand.lines
        await hand.press("down", "down", "right")
        await hand.sees(" │  └── web-shop  Web shop  uses")
        await hand.press("end", "right")
        await hand.sees("sw-11  Core switch 11  connects to  (loop)")
        await hand.press("t")
        await hand.sees("rack-a3  Rack A3", "located in")


async def test_history_and_changes_are_pages_of_the_item() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("sw-11")
        await hand.press("colon")
        await hand.type("sw-11")
        await hand.press("enter")
        await hand.sees("is needed by")
        await hand.press("H")
        await hand.sees("k.chen       amended  firmware 21.1  CR-101")
        await hand.press("right_square_bracket")
        await hand.sees("CR-142     ◆ under review")


async def test_an_unknown_item_says_so_with_the_remedy() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("300 items")
        await hand.press("colon")
        await hand.type("item show nope")
        await hand.press("enter")
        await hand.sees("× There is no item 'nope'.", "Search with 'cmdb item search'.")


async def test_what_is_done_with_an_item_is_refused_on_the_page_of_one_that_is_not_there() -> None:
    sample = Sample()
    async with at_work(CmdbApp(sample, lambda: sample, start="item", subjects=("nope",))) as hand:
        await hand.sees("There is no item 'nope'.")
        for key in ("n", "e", "i"):
            await hand.press(key)
            await hand.until(lambda: hand.screen.count("There is no item 'nope'.") == 2)
            assert hand.lines[0].startswith(" cmdb  Item")
            await hand.press("escape")
            await hand.until(lambda: hand.screen.count("There is no item 'nope'.") == 1)


async def test_impact_is_one_key_away_and_adds_promises_when_they_are_known() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("sw-11")
        await hand.press("down", "i")
        await hand.sees("if lb-edge is down", "× OUTAGE 2   ▲ DEGRADED 1   ■ REDUCED 2")
        await hand.sees("ACME mail: expected 38, worst 90 of 41 min left: ▲ BREACH if worst")
        await hand.press("I")
        await hand.sees("window, such as tomorrow 06:00 4h:", "tonight 22:00 2h")
        await hand.press("enter")
        await hand.sees("2026-11-22 21:00 to 23:00 UTC", "23:30 to 00:00 with CR-145")
        await hand.press("I")
        await hand.sees("window, such as tomorrow 06:00 4h:")
        await hand.press(*"23:00 x", "enter")
        await hand.sees("'x' is no duration.", "2026-11-22 21:00 to 23:00 UTC", "REDUCED 2")


async def test_changes_stand_by_state_and_those_that_are_over_come_last() -> None:
    async with at_work(app("changes")) as hand:
        await hand.sees("Under review  3", "Over  1")
        order = [hand.screen.index(word) for word in ("Under review", "Approved", "Drafts", "Over")]
        assert order == sorted(order)
        await hand.sees("v vote")
        await hand.press("slash")
        await hand.type("memory")
        await hand.sees("1 change")
        assert "CR-142" not in hand.screen


async def test_a_refused_key_answers_with_the_guards_sentence() -> None:
    async with at_work(app("board")) as hand:
        await hand.sees("─ CR-142", "evidence")
        await hand.press("enter")
        await hand.sees("Change  CR-142", "evidence")
        await hand.press("O")
        await hand.sees("CR-142 is under review: it is checked out once it is approved.")
        await hand.press("escape")
        await hand.until(lambda: "once it is approved" not in hand.screen)
        assert hand.lines[0].startswith(" cmdb  Change  CR-142")


async def test_the_ballot_card_fits_80_by_24() -> None:
    async with at_work(app("board")) as hand:
        await hand.sees("─ CR-142", "evidence")
        expected = [
            " changes    3 items, 7 fields, 2 relations  by r.bakker, done by k.chen",
            " impact     × OUTAGE 2   ▲ DEGRADED 1   ■ REDUCED 2   saved 1   exposed 198",
            " services   Mail for ACME degraded, Web shop reduced redundancy",
            " promise    ACME mail: expected 38, worst 90 of 41 min left: ▲ BREACH if worst",
            " clash      with CR-145: mail DOWN 01:00-01:20 (each alone: no outage)",
            " back-out   put sw-11 back, 12 min, tried 14 Nov",
            " votes      ● approve m.jansen, p.ng   quorum 2 of 3  ○ open",
            " missing    ○ quorum: 2 of 3 votes cast",
            "            ○ consent: owner of mail has not voted",
            " evidence   BL-000311  impact 77d0  policy 12   all current",
        ]
        start = hand.lines.index(expected[0])
        assert hand.lines[start : start + len(expected)] == expected
        assert hand.lines[-1] == " v vote  d difference  i impact  c comment  ] turn  ? keys"
        (stale,) = rows_with(hand, "CR-140")
        assert stale.endswith("▲ STALE")


async def test_the_board_has_three_panes_when_there_is_room() -> None:
    async with at_work(app("board"), WIDE) as hand:
        await hand.sees("Requirements", "evidence")
        (line,) = [one for one in hand.lines if "CR-145" in one and "Patch" in one]
        assert "Patch db-cluster-01   " in line  # above the panes, with room for every column
        assert "23 Nov 01:00+1h" in line
        (beside,) = [one for one in hand.lines if "Requirements" in one]
        assert "│" in beside


async def test_requirements_stand_whole_at_120_columns_and_a_third_pane_joins_at_140() -> None:
    async with at_work(app("board"), (120, 36)) as hand:
        await hand.sees("Requirements", "consent: owner of mail has not", "evidence")
        assert "What it alters" not in hand.screen
        await hand.pilot.resize_terminal(140, 36)
        await hand.sees("What it alters", "CR-145 can move to 02:00.", "evidence")


async def test_the_card_of_a_change_stands_beside_the_list_from_100_columns() -> None:
    async with at_work(app("changes"), (120, 36)) as hand:
        await hand.sees("Under review  3", "─ CR-142", "back-out")


async def test_a_window_made_wider_keeps_the_ballots_in_sight() -> None:
    async with at_work(app("board"), (80, 24)) as hand:
        await hand.sees("CR-142", "evidence")
        await hand.pilot.resize_terminal(*WIDE)
        await hand.sees("Requirements")
        await hand.until(lambda: [one for one in hand.lines if one.startswith(" CR-145")])


async def test_a_question_overtaken_by_a_newer_one_leaves_nobody_waiting() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("Items")
        place = hand.app.screen
        assert isinstance(place, Place)
        answers: list[str] = []
        place.ask("items", lambda: "first", answers.append)
        place.ask("items", lambda: "second", answers.append)
        place.ask("items", lambda: "third", answers.append)
        await hand.until(lambda: place.idle)
        assert answers == ["third"]


async def test_approve_is_three_keys_and_leads_to_the_next_ballot() -> None:
    sample = Sample()
    async with at_work(app("board", sample=sample)) as hand:
        await hand.sees("─ CR-142", "evidence")
        await hand.press("v", "a", "enter")
        await hand.sees("approve on CR-142 is signed and cast", "─ CR-145")
        assert sample.votes == [("CR-142", "approve", "", ())]
        await hand.press("v")
        await hand.sees("Vote on CR-145")


async def test_a_rejection_asks_for_its_reason_and_a_condition_for_its_text() -> None:
    sample = Sample()
    async with at_work(app("board", sample=sample)) as hand:
        await hand.sees("─ CR-142", "evidence")
        await hand.press("v", "enter")
        await hand.sees("Choose a vote first")
        await hand.press("r", "enter")
        await hand.sees("A rejection needs a reason.")
        await hand.type("too risky")
        await hand.press("enter")
        await hand.until(lambda: sample.votes)
        assert sample.votes == [("CR-142", "reject", "too risky", ())]
        await hand.sees("─ CR-145")
        await hand.press("v", "c", "enter")
        await hand.sees("Name the conditions")
        await hand.type("spare on site; call first")
        await hand.press("enter")
        await hand.until(lambda: len(sample.votes) == 2)
        assert sample.votes[1] == ("CR-145", "conditions", "", ("spare on site", "call first"))


async def test_a_refusal_from_below_is_shown_with_its_remedy() -> None:
    async with at_work(app("board", sample=Sample(person="r.bakker"))) as hand:
        await hand.sees("─ CR-142", "evidence")
        await hand.press("v", "a", "enter")
        await hand.sees("× r.bakker raised it and may not vote on it.", "Somebody else has to.")


async def test_the_pages_of_the_card_turn() -> None:
    async with at_work(app("board")) as hand:
        await hand.sees("evidence")
        await hand.press("d")
        await hand.sees("firmware       21.1 → 22.4", "serial         A1 → (known afterwards)")
        await hand.press("right_square_bracket")
        await hand.sees("e.okafor", "CR-145 can move to 02:00.")
        await hand.press("escape")
        await hand.sees("evidence")


async def test_two_baselines_are_compared_in_five_keys() -> None:
    async with at_work(app()) as hand:
        await hand.sees("Today")
        await hand.press("5")
        await hand.sees("BL-000311", "BL-000310")
        await hand.press("space", "down", "d")
        await hand.sees("Compare  BL-000309 → BL-000311", "model          QFX5100 → QFX5120")
        await hand.press("q")
        await hand.sees("11 baselines")


async def test_verify_answers_in_words() -> None:
    async with at_work(app("audits")) as hand:
        await hand.sees("Nothing has been proved")
        await hand.press("V")
        await hand.sees("verified: everything agrees", "baselines", "311 proved")


async def test_audits_lists_what_asks_for_attention_and_enter_shows_the_whole() -> None:
    async with at_work(app("audits")) as hand:
        await hand.sees("FND-2", "No backup was restored.", "AUD-4", "Activity 7", "1 overdue")
        await hand.press("down", "enter")
        await hand.sees("No command line belongs to this app")  # a real site has one


async def test_the_calendar_shows_windows_by_day_and_what_is_left() -> None:
    async with at_work(app("calendar")) as hand:
        await hand.sees("Sunday 22 November", "23:30 +2h", "41 of 43 min left")


async def test_the_help_lists_the_keys_of_the_screen_it_was_asked_on() -> None:
    async with at_work(app("board")) as hand:
        await hand.sees("evidence")
        await hand.press("question_mark")
        await hand.sees("Keys in board", "vote on the ballot", "cmdb vote ID VALUE")
        await hand.press("escape")
        await hand.until(lambda: "Keys in board" not in hand.screen)


async def test_minus_goes_to_the_last_place_and_back() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("300 items")
        await hand.press("4")
        await hand.sees("3 ballots")
        await hand.press("minus")
        await hand.sees("300 items")
        await hand.press("minus")
        await hand.sees("3 ballots")


async def test_the_command_line_completes_words_and_ids_and_says_what_it_does_not_know() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("300 items")
        await hand.press("colon")
        await hand.type("imp")
        await hand.sees(":impact")
        await hand.press("tab", "space")
        await hand.type("sw-1")
        await hand.sees(":impact sw-11")
        await hand.press("tab", "enter")
        await hand.sees("if sw-11 is down")
        await hand.press("colon")
        await hand.type("make coffee")
        await hand.press("enter")
        await hand.sees("No command line belongs to this app.")


async def test_a_window_that_is_too_small_says_what_it_needs() -> None:
    async with at_work(app("items"), (50, 12)) as hand:
        await hand.sees("This window is 50x12; cmdb needs 60x16")


async def test_ascii_draws_without_any_other_letter_of_ours() -> None:
    async with at_work(app("board", ascii_only=True), WIDE) as hand:
        await hand.sees("- CR-142", "evidence", "x OUTAGE 2   ^ DEGRADED 1   # REDUCED 2")
        assert hand.screen.isascii()


async def test_a_list_without_action_items_says_so_in_a_sentence_and_what_to_do() -> None:
    source = Sample()
    source.duties.actions = lambda which: ()  # type: ignore[method-assign]
    async with at_work(CmdbApp(source, lambda: source, start="actions")) as hand:
        await hand.sees("No action item is yours to do.", "T writes one down", "T new action item")
        await hand.press("right_square_bracket")
        await hand.sees("No action item is open.")
