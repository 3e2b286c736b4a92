from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocols.presenter.contacts import Contact, Contacts, Judged, Lifted, Rules, rules_for

RULES = Rules(500, 400, edge_px=20, bounce_px=20)
STEP_S = 0.02


@st.composite
def streams(draw: st.DrawFn) -> list[Contact]:
    """Any mixture of contacts, lost beginnings and ends included, in the order of time."""
    number = st.integers(0, 4)
    what = st.sampled_from(("down", "down", "up", "up", "move"))
    place = st.integers(-500, 500)
    gaps = st.sampled_from((0.0, 0.005, 0.02, 0.2, 1.5))
    events, at_s = [], 0.0
    for _ in range(draw(st.integers(0, 40))):
        at_s += draw(gaps)
        events.append(Contact(draw(number), draw(what), draw(place), draw(st.integers(-400, 400)), at_s))
    return events


def judged(events: list[Contact], rules: Rules = RULES) -> list[Judged]:
    state = Contacts(rules)
    return [found for event in events if isinstance(found := state.feed(event), Judged)]


def tap(number: int, x: float, at_s: float, seconds: float = 0.01) -> list[Contact]:
    return [Contact(number, "down", x, 0, at_s), Contact(number, "up", x, 0, at_s + seconds)]


@given(streams())
def test_no_contact_is_lost(events: list[Contact]) -> None:
    assert [one.contact for one in judged(events)] == [event for event in events if event.what == "down"]


@given(streams())
def test_nothing_at_the_edge_is_a_press(events: list[Contact]) -> None:
    for one in judged(events):
        if RULES.at_edge(one.contact.x, one.contact.y):
            assert one.why == "edge"


@given(streams())
def test_of_the_fingers_that_are_down_one_is_a_fresh_press(events: list[Contact]) -> None:
    state, fresh = Contacts(RULES), {}
    for event in events:
        found = state.feed(event)
        if event.what != "move":
            fresh.pop(event.number, None)
        if isinstance(found, Judged) and not found.why:
            assert not [at_s for at_s in fresh.values() if event.at_s - at_s < RULES.held_s]
            fresh[event.number] = event.at_s


@given(streams())
def test_movement_changes_nothing(events: list[Contact]) -> None:
    still = [event for event in events if event.what != "move"]
    assert judged(events) == judged(still)


@given(st.lists(st.tuples(st.integers(-470, 470), st.floats(0.001, 3.0)), max_size=30))
def test_taps_one_after_the_other_all_count(taps: list[tuple[int, float]]) -> None:
    events, at_s = [], 0.0
    for x, seconds in taps:
        events += tap(0, x, at_s, seconds)
        at_s += seconds + RULES.bounce_s + 1e-6
    found = judged(events)
    assert len(found) == len(taps)
    assert not [one for one in found if one.why]


@given(streams(), st.floats(1.0, 5.0))
def test_a_resting_hand_blocks_nobody(before: list[Contact], held_s: float) -> None:
    start = before[-1].at_s if before else 0.0
    state = Contacts(RULES)
    for event in before:
        state.feed(event)
    for number in range(5):
        state.feed(Contact(number, "up", -300, 0, start))
    state.feed(Contact(7, "down", 100, 0, start + 0.1))
    found = state.feed(Contact(8, "down", -100, 0, start + 0.1001 + held_s))
    assert isinstance(found, Judged)
    assert found.why == ""
    assert state.down(start + 0.1001 + held_s) == (2, 1)


def test_a_second_finger_and_a_bounce_are_named() -> None:
    state = Contacts(RULES)
    assert state.feed(Contact(1, "down", 0, 0, 0.0)) == Judged(Contact(1, "down", 0, 0, 0.0), "")
    assert state.feed(Contact(2, "down", 200, 0, 0.05)) == Judged(Contact(2, "down", 200, 0, 0.05), "second")
    lifted = state.feed(Contact(1, "up", 5, 0, 0.10))
    assert isinstance(lifted, Lifted)
    assert lifted.accepted
    assert lifted.down_s == 0.10
    again = state.feed(Contact(1, "down", 8, 0, 0.12))
    assert isinstance(again, Judged)
    assert again.why == "bounce"
    elsewhere = state.feed(Contact(3, "down", 300, 0, 0.121))
    assert isinstance(elsewhere, Judged)
    assert elsewhere.why == "", "a bounce is where the finger was, and a refused finger blocks nobody"


def test_a_mouse_has_no_edge() -> None:
    corner = [Contact(0, "down", 511, 383, 0.0)]
    assert judged(corner, rules_for((1024, 768), 40, touch=False))[0].why == ""
    assert judged(corner, rules_for((1024, 768), 40, touch=True))[0].why == "edge"
