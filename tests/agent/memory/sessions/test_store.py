"""Sessions: many writers, versions, owners, expiry, deletion, and no personal data on disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import SessionConflict, SessionError
from agent.memory.sessions import SessionStore
from agent.memory.sessions import store as store_module
from agent.memory.sessions.records import session_to_json
from agent.types import Decision, FormProgress, Pending, Route, Session, Turn

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def make_turn(decision: str, message: str = "When is it open?") -> Turn:
    return Turn(
        message=message,
        reply="From nine to five.",
        route=Route.ANSWER,
        intent="opening_hours",
        decision=Decision(
            id=decision,
            route=Route.ANSWER,
            rule="kb_answers",
            intent="opening_hours",
            confidence=0.91,
            inputs={"message": message, "ranking": [["opening_hours", 0.91]]},
            explanation="The knowledge base answers.",
        ),
        at="2026-03-02T09:00:00+00:00",
        question="When is it open?",
        articles=("hours",),
        titles=("Opening hours",),
        choices=("Today", "Tomorrow"),
    )


def bytes_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def full_session(store: SessionStore) -> Session:
    session = store.create("ann", "web", now=MORNING)
    return replace(
        session,
        turns=(make_turn("d1"), make_turn("d2")),
        slots={"item": "laptop", "n": 2, "price": 1.5, "urgent": True},
        forms=(
            FormProgress("order", {"item": "desk"}, "needed_by", 1, False),
            FormProgress("ticket", {}, None, 0, True),
        ),
        pending=Pending("article", "VPN?", ("Set up", "Fix"), ("vpn-1", "vpn-2")),
        unsure=1,
        handed_over=True,
        language="en",
    )


def test_save_and_load_give_the_same_session(store: SessionStore) -> None:
    saved = store.save(full_session(store))
    assert saved.version == 2
    assert store.load(saved.id, "ann") == saved


def test_stored_sessions_outlive_the_store(path: Path) -> None:
    with SessionStore(path) as first:
        saved = first.save(full_session(first))
    with SessionStore(path) as second:
        assert second.load(saved.id, "ann") == saved


def test_in_memory_store_works_from_other_threads() -> None:
    store = SessionStore.in_memory()
    saved = store.save(full_session(store))
    loaded: list[Session | None] = []
    thread = threading.Thread(target=lambda: loaded.append(store.load(saved.id, "ann")))
    thread.start()
    thread.join()
    assert loaded == [saved]
    assert store.path is None


def test_session_ids_are_not_shared(store: SessionStore) -> None:
    ids = {store.create().id for _ in range(20)}
    assert len(ids) == 20
    assert all(len(name) >= 20 for name in ids)


def test_save_over_a_newer_version_is_refused(store: SessionStore) -> None:
    first = store.create("ann")
    second = store.load(first.id, "ann")
    assert second is not None
    store.save(replace(first, unsure=1))
    with pytest.raises(SessionConflict, match=r"is stored at version 2, .* made to version 1"):
        store.save(replace(second, unsure=5, turns=(make_turn("lost"),)))
    loaded = store.load(first.id, "ann")
    assert loaded is not None
    assert (loaded.unsure, loaded.turns) == (1, ())


def test_save_of_a_deleted_session_is_refused(store: SessionStore) -> None:
    session = store.create()
    assert store.delete(session.id)
    with pytest.raises(SessionConflict, match="was deleted since it was read at version 1"):
        store.save(session)


def test_create_with_an_id_in_use_is_refused(store: SessionStore) -> None:
    store.create("ann", id="one")
    with pytest.raises(SessionConflict, match="'one' is stored at version 1"):
        store.create("ann", id="one")


def test_save_with_fewer_turns_is_refused(store: SessionStore) -> None:
    saved = store.save(full_session(store))
    with pytest.raises(SessionError, match="has 1 turns, and 2 are stored"):
        store.save(replace(saved, turns=saved.turns[:1]))


def test_another_owners_session_does_not_exist(store: SessionStore) -> None:
    saved = store.save(full_session(store))
    store.add_feedback("d1", "ann", helpful=True)
    assert store.load(saved.id, "bob") is None
    assert store.load(saved.id) is None
    assert store.export(saved.id, "bob") is None
    assert store.decision("d1", "bob") is None
    assert store.feedback(saved.id, "bob") == ()
    assert not store.add_feedback("d1", "bob", helpful=False)
    assert not store.delete(saved.id, "bob")
    assert store.sessions("bob") == ()
    # The same id is free for another owner, and stays apart.
    other = store.create("bob", id=saved.id)
    assert other.turns == ()
    assert store.delete(saved.id, "bob")
    assert store.load(saved.id, "ann") == saved


def test_decision_is_found_by_its_id(store: SessionStore) -> None:
    saved = store.save(full_session(store))
    assert store.decision("d2", "ann") == saved.turns[1].decision
    assert store.decision("d3", "ann") is None


def test_sessions_lists_the_last_saved_first(store: SessionStore) -> None:
    first = store.create("ann", "web", now=MORNING)
    second = store.create("ann", "rest", now=MORNING + timedelta(hours=1))
    store.create("bob", now=MORNING)
    store.save(
        replace(first, turns=(make_turn("d1"),), handed_over=True), now=MORNING + timedelta(hours=2)
    )
    listed = store.sessions("ann")
    assert [(item.id, item.channel, item.turns, item.handed_over) for item in listed] == [
        (first.id, "web", 1, True),
        (second.id, "rest", 0, False),
    ]
    assert listed[0].created < listed[0].updated
    assert store.sessions("ann", limit=1, offset=1) == listed[1:]
    assert {item.owner for item in store.sessions(None)} == {"ann", "bob"}


def test_expire_deletes_what_was_not_saved_since(store: SessionStore) -> None:
    old = store.create(now=MORNING)
    kept = store.create(now=MORNING)
    store.save(kept, now=MORNING + timedelta(days=30))
    assert store.expire(MORNING + timedelta(days=29)) == 1
    assert store.load(old.id) is None
    assert store.load(kept.id) is not None
    assert store.expire(MORNING + timedelta(days=29)) == 0


def test_moments_need_a_time_zone(store: SessionStore) -> None:
    with pytest.raises(SessionError, match="has no time zone"):
        store.expire(datetime(2026, 3, 2))
    zone = datetime.fromisoformat("2026-03-02T11:00:00+02:00")
    assert store.create(now=zone).created == "2026-03-02T09:00:00.000000+00:00"


def test_delete_leaves_no_byte_behind(path: Path, store: SessionStore) -> None:
    kept = store.create("ann")
    kept = store.save(replace(kept, turns=(make_turn("d0", "Zanzibar"),)))
    session = store.create("ann")
    long = "Xanthippe " * 3_000
    for number in range(5):
        turn = make_turn(f"Xd{number}", f"Xanthippe {number} {long}")
        session = store.save(replace(session, turns=(*session.turns, turn)))
    assert store.add_feedback("Xd1", "ann", helpful=False, comment="Xenophobic reply")
    assert b"Xanthippe" in bytes_on_disk(path)
    assert store.delete(session.id, "ann")
    left = bytes_on_disk(path)
    assert not any(word in left for word in (b"Xanthippe", b"Xenophobic", b"Xd1"))
    assert session.id.encode() not in left
    assert b"Zanzibar" in left
    assert not store.delete(session.id, "ann")
    assert store.decision("Xd1", "ann") is None


def test_expire_leaves_no_byte_behind(path: Path, store: SessionStore) -> None:
    session = store.create(now=MORNING)
    store.save(replace(session, turns=(make_turn("d", "Xanthippe"),)), now=MORNING)
    assert store.expire(MORNING + timedelta(seconds=1)) == 1
    assert b"Xanthippe" not in bytes_on_disk(path)


def test_export_holds_all_that_is_kept(store: SessionStore) -> None:
    saved = store.save(full_session(store))
    store.add_feedback("d1", "ann", helpful=False, comment="no, ask jo@example.com", now=MORNING)
    exported = store.export(saved.id, "ann")
    assert exported == {
        **session_to_json(saved),
        "feedback": [
            {
                "decision": "d1",
                "helpful": False,
                "comment": "no, ask [e-mail]",
                "at": "2026-03-02T09:00:00.000000+00:00",
            }
        ],
    }


def test_feedback_of_a_second_opinion_replaces_the_first(store: SessionStore) -> None:
    saved = store.save(full_session(store))
    assert store.add_feedback("d1", "ann", helpful=True)
    assert store.add_feedback("d1", "ann", helpful=False, comment="after all")
    (given,) = store.feedback(saved.id, "ann")
    assert (given.helpful, given.comment) == (False, "after all")
    assert not store.add_feedback("unknown", "ann", helpful=True)
    with pytest.raises(SessionError, match=r"has 4001 characters\. Expected at most 4000"):
        store.add_feedback("d1", "ann", helpful=True, comment="x" * 4001)


def test_save_masks_what_goes_to_disk_and_returns_what_was_given(store: SessionStore) -> None:
    session = replace(
        store.create("ann"),
        turns=(make_turn("d1", "I'm jo@example.com"),),
        forms=(FormProgress("order", {"mail": "jo@example.com", "name": "Jo Smith"}),),
    )
    saved = store.save(session, hide=["Jo Smith"])
    assert saved.forms == session.forms
    assert saved.turns[0].message == "I'm [e-mail]"
    assert saved.turns[0].decision.inputs["message"] == "I'm [e-mail]"
    loaded = store.load(session.id, "ann")
    assert loaded is not None
    assert loaded.forms[0].slots == {"mail": "[e-mail]", "name": "[personal]"}
    assert store.masker.is_masked(loaded.forms[0].slots["mail"])
    # Turns that are stored aren't masked or written again.
    assert store.save(replace(saved, unsure=1)).turns == saved.turns


PLACES = [
    "id", "owner", "channel", "message", "reply", "question", "title", "choice", "explanation",
    "inputs", "deep input", "slot", "form slot", "pending message", "pending choice", "comment",
]  # fmt: skip


def plant(place: str, text: str) -> Session:
    decision = Decision(
        "d1",
        Route.HANDLE,
        "rule",
        None,
        0.5,
        {
            "message": text if place == "inputs" else "",
            "deep": [{"x": [text if place == "deep input" else 1]}],
        },
        text if place == "explanation" else "",
    )
    turn = Turn(
        message=text if place == "message" else "",
        reply=text if place == "reply" else "",
        route=Route.HANDLE,
        intent=None,
        decision=decision,
        at="",
        question=text if place == "question" else None,
        titles=(text,) if place == "title" else (),
        choices=(text,) if place == "choice" else (),
    )
    return Session(
        id=text if place == "id" else "s",
        owner=text if place == "owner" else "",
        channel=text if place == "channel" else "",
        turns=(turn,),
        slots={"slot": text} if place == "slot" else {},
        forms=(FormProgress("form", {"slot": text}),) if place == "form slot" else (),
        pending=Pending(
            "intent",
            text if place == "pending message" else "",
            (text,) if place == "pending choice" else (),
            ("x",),
        ),
    )


def card(number: int) -> str:
    digits = [int(digit) for digit in str(number)]
    total = sum(2 * d - 9 * (d > 4) for d in digits[-1::-2]) + sum(digits[-2::-2])
    return f"{number}{-total % 10}"


personal = st.one_of(
    st.emails(domains=st.sampled_from(["example.com", "mail.example.co.uk"])),
    st.integers(10**8, 10**9 - 1).map(lambda n: f"+44 7{n}"),
    st.integers(10**8, 10**9 - 1).map(lambda n: f"0161 {n}"[:12]),
    st.integers(4 * 10**14, 5 * 10**14 - 1).map(card),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), secret=personal, before=st.sampled_from(["", "It's ", "→"]))
def test_no_personal_data_reaches_the_disk(
    path: Path, place: str, secret: str, before: str
) -> None:
    with SessionStore(path) as store:
        session = plant(place, before + secret)
        saved = store.save(session)
        store.add_feedback(
            "d1", session.owner, helpful=True, comment=secret if place == "comment" else ""
        )
        written = bytes_on_disk(path)
        assert secret.encode() not in written
        assert store.load(saved.id, saved.owner) is not None
        assert store.export(saved.id, saved.owner) is not None
        assert store.delete(saved.id, saved.owner)


def append(store: SessionStore, session_id: str, mark: str) -> None:
    """Add a turn as an agent does: read, change, save, and again if it was too late."""
    while True:
        session = store.load(session_id)
        assert session is not None
        try:
            store.save(replace(session, turns=(*session.turns, make_turn(mark))))
        except SessionConflict:
            continue
        return


def test_threads_lose_no_turn(store: SessionStore) -> None:
    session = store.create()

    def run(thread: int) -> None:
        for number in range(8):
            append(store, session.id, f"{thread}-{number}")

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loaded = store.load(session.id)
    assert loaded is not None
    assert {turn.decision.id for turn in loaded.turns} == {
        f"{thread}-{number}" for thread in range(4) for number in range(8)
    }
    assert loaded.version == 33


WRITER = """
import sys
from dataclasses import replace
from agent.errors import SessionConflict
from agent.memory.sessions import SessionStore
from agent.types import Decision, Route, Turn
path, session_id, mark = sys.argv[1:]
store = SessionStore(path)
for number in range(10):
    decision = Decision(f"{mark}-{number}", Route.HANDLE, "", None, 1.0, {}, "")
    while True:
        session = store.load(session_id)
        turn = Turn("m", "r", Route.HANDLE, None, decision, "")
        try:
            store.save(replace(session, turns=(*session.turns, turn)))
        except SessionConflict:
            continue
        break
"""


def test_processes_lose_no_turn(path: Path, store: SessionStore) -> None:
    session = store.create()
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), session.id, mark])
        for mark in "ab"
    ]
    for process in running:
        assert process.wait(60) == 0
    loaded = store.load(session.id)
    assert loaded is not None
    assert sorted(turn.decision.id for turn in loaded.turns) == sorted(
        f"{mark}-{number}" for mark in "ab" for number in range(10)
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_process_opens_its_own_connection(path: Path, store: SessionStore) -> None:
    session = store.create()
    child = os.fork()
    if child == 0:
        try:
            append(store, session.id, "child")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    append(store, session.id, "parent")
    loaded = store.load(session.id)
    assert loaded is not None
    assert [turn.decision.id for turn in loaded.turns] == ["child", "parent"]


def test_delete_beside_a_reader_deletes_and_waits_no_longer(path: Path) -> None:
    with SessionStore(path, busy_timeout_s=0.05) as store:
        session = store.create()
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sessions").fetchone()
        assert store.delete(session.id)
        assert store.load(session.id) is None
        reader.close()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("state", "{", "A stored session can't be read .Expecting property name"),
        ("state", "[]", r"A stored session can't be read \(it is '\[\]', expected"),
        ("state", "{}", r"A stored session can't be read \(it is '{}', expected"),
    ],
)
def test_damaged_state_is_named(path: Path, column: str, value: str, message: str) -> None:
    with SessionStore(path) as store:
        session = store.create()
        other = sqlite3.connect(path)
        other.execute(f"UPDATE sessions SET {column} = ?", (value,))  # noqa: S608
        other.commit()
        other.close()
        with pytest.raises(SessionError, match=message):
            store.load(session.id)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{}", "turn can't be read .*message is missing"),
        ('{"decision": {}}', "decision.id is missing"),
    ],
)
def test_damaged_turn_is_named(path: Path, value: str, message: str) -> None:
    with SessionStore(path) as store:
        session = store.create()
        store.save(replace(session, turns=(make_turn("d1"),)))
        turn = value
        if "decision" in value:
            turn = '{"message": "", "reply": "", "route": "ANSWER", "intent": null, "decision": {}}'
        other = sqlite3.connect(path)
        other.execute("UPDATE turns SET turn = ?", (turn,))
        other.commit()
        other.close()
        with pytest.raises(SessionError, match=message):
            store.load(session.id)
        with pytest.raises(SessionError, match=r"decision(\.id)? is missing"):
            store.decision("d1")


def test_any_text_can_be_stored(store: SessionStore) -> None:
    session = store.create("\ud800owner", id="\udfff")
    strange = "\x00\ud800 \U0001f600 \u202e'; DROP TABLE turns; --"
    store.save(replace(session, turns=(make_turn("d", strange),), slots={"x": strange}))
    loaded = store.load("\udfff", "\ud800owner")
    assert loaded is not None
    assert loaded.turns[0].message == strange.replace("\ud800", "?")


def test_load_of_a_long_session_reads_its_last_turns_alone(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = store.create("ann")
    turns = tuple(make_turn(f"d{place}") for place in range(250))
    store.save(replace(session, turns=turns))
    read: list[str] = []
    real = store_module.turn_of  # type: ignore[attr-defined]

    def counted(text: str) -> Turn:
        read.append(text)
        return real(text)

    monkeypatch.setattr(store_module, "turn_of", counted)
    recent = store.load(session.id, "ann", last=100)
    assert recent is not None
    assert len(read) == 100
    assert recent.earlier == 150
    assert [turn.decision.id for turn in recent.turns] == [f"d{i}" for i in range(150, 250)]


def test_turns_saved_onto_a_session_read_in_part_come_after_all_of_it(store: SessionStore) -> None:
    session = store.save(full_session(store))
    for place in range(3, 30):
        recent = store.load(session.id, "ann", last=place % 3)
        assert recent is not None
        saved = store.save(replace(recent, turns=(*recent.turns, make_turn(f"d{place}"))))
        assert saved.turns[-1].decision.id == f"d{place}"
    whole = store.load(session.id, "ann")
    assert whole is not None
    assert whole.earlier == 0
    assert [turn.decision.id for turn in whole.turns] == [f"d{i}" for i in range(1, 30)]
    (summary,) = store.sessions("ann")
    assert summary.turns == 29
    exported = store.export(session.id, "ann")
    assert exported is not None
    assert "earlier" not in exported
    assert len(exported["turns"]) == 29
    # Who read a part can't pretend that what they left out isn't there.
    part = store.load(session.id, "ann", last=2)
    assert part is not None
    with pytest.raises(SessionError, match="has 2 turns, and 29 are stored"):
        store.save(replace(part, earlier=0))


def test_what_an_older_version_wrote_without_newer_fields_is_read(path: Path) -> None:
    with SessionStore(path) as store:
        session = store.save(full_session(store))
        other = sqlite3.connect(path)
        other.execute("UPDATE turns SET turn = json_remove(turn, '$.choices', '$.titles')")
        other.commit()
        other.close()
        read = store.load(session.id, "ann")
    assert read is not None
    assert [turn.choices for turn in read.turns] == [(), ()]
    assert read.slots == session.slots
