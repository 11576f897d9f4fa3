"""A machine that delivers, crashes, claims, finishes and sends in any order, over the real store.

The model is lists. Whatever happens: nothing that was acknowledged is lost, each message has one
outcome, and each conversation hears its outcomes in the order of its messages.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.messages import Conversation, Text, Turn
from bot.core.steps import Due, Step
from bot.store import SqliteStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.rows import HERE, THERE, answered, arrivals, outcome

conversations = st.sampled_from((HERE, THERE))


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.accepted: dict[Conversation, list[str]] = {HERE: [], THERE: []}
        self.running: dict[Conversation, Turn] = {}
        self.zombies: list[Turn] = []
        self.sending: dict[Conversation, Due] = {}
        self.heard: dict[Conversation, list[str]] = {HERE: [], THERE: []}
        self.attempts: dict[str, int] = {}
        self._open()

    def _open(self) -> None:
        self.stack = AsyncExitStack()
        self.store: SqliteStore = self.loop.run_until_complete(
            self.stack.enter_async_context(open_store(self.folder, FakeClock()))
        )
        self.loop.run_until_complete(self.store.unfinished())

    @rule(conversation=conversations)
    def deliver(self, conversation: Conversation) -> None:
        event = f"{conversation.channel}{len(self.accepted[conversation])}"
        new = self.loop.run_until_complete(self.store.accept(arrivals(event, conversation=conversation)))
        assert [one.id for one in new] == [event]
        self.accepted[conversation].append(event)

    @rule(conversation=conversations)
    def deliver_again(self, conversation: Conversation) -> None:
        known = arrivals(*self.accepted[conversation], conversation=conversation)
        assert self.loop.run_until_complete(self.store.accept(known)) == ()

    @rule(conversation=conversations)
    def claim(self, conversation: Conversation) -> None:
        turn = self.loop.run_until_complete(self.store.claim(conversation))
        if turn is None:
            return
        assert conversation not in self.running
        self.attempts[turn.id] = self.attempts.get(turn.id, 0) + 1
        assert turn.attempt == self.attempts[turn.id]
        self.running[conversation] = turn

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        turn = self.running.pop(data.draw(st.sampled_from(sorted(self.running, key=str))))
        self.loop.run_until_complete(self.store.release(turn))
        self.attempts[turn.id] -= 1
        self.zombies.append(turn)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), draft=st.booleans())
    def finish(self, data: st.DataObject, draft: bool) -> None:
        turn = self.running.pop(data.draw(st.sampled_from(sorted(self.running, key=str))))
        said = turn.inbounds[0].id
        if draft:
            self.loop.run_until_complete(self.store.hold_place(f"{turn.id}:0", turn.target, f"m{said}"))
        self.loop.run_until_complete(self.store.finish_step(turn, Step("model:0", answered(said))))
        assert self.loop.run_until_complete(self.store.finish(turn, outcome(said)))
        self.zombies.append(turn)

    @precondition(lambda self: self.zombies)
    @rule(data=st.data())
    def a_zombie_finishes(self, data: st.DataObject) -> None:
        turn = data.draw(st.sampled_from(self.zombies))
        assert not self.loop.run_until_complete(self.store.finish(turn, outcome("from the grave")))

    @rule(conversation=conversations)
    def begin_sending(self, conversation: Conversation) -> None:
        due = self.loop.run_until_complete(self.store.next_due(conversation))
        if due is not None:
            self.loop.run_until_complete(self.store.begin_sending(due.key))
            self.sending[conversation] = due

    @precondition(lambda self: self.sending)
    @rule(data=st.data(), arrived=st.booleans())
    def end_sending(self, data: st.DataObject, arrived: bool) -> None:
        conversation = data.draw(st.sampled_from(sorted(self.sending, key=str)))
        due = self.sending.pop(conversation)
        if arrived:
            assert isinstance(due.part, Text)
            self.loop.run_until_complete(self.store.mark_sent(due.key, due.message_id or f"m{due.key}"))
            self.heard[conversation].append(due.part.text)
        else:
            self.loop.run_until_complete(self.store.put_back(due.key, maybe_sent=False))

    @rule()
    def crash(self) -> None:
        self.loop.run_until_complete(self.stack.aclose())
        self.zombies.extend(self.running.values())
        interrupted, self.running, self.sending = self.sending, {}, {}
        self._open()
        for conversation, due in interrupted.items():
            again = self.loop.run_until_complete(self.store.next_due(conversation))
            assert again is not None and again.key == due.key and again.maybe_sent

    @invariant()
    def each_conversation_heard_its_outcomes_in_order(self) -> None:
        for conversation, heard in self.heard.items():
            assert heard == self.accepted[conversation][: len(heard)]

    def teardown(self) -> None:
        try:
            self._finish_everything()
        finally:
            self.loop.run_until_complete(self.stack.aclose())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
            shutil.rmtree(self.folder)

    def _finish_everything(self) -> None:
        self.crash()
        for conversation in (HERE, THERE):
            while (turn := self.loop.run_until_complete(self.store.claim(conversation))) is not None:
                self.loop.run_until_complete(self.store.finish(turn, outcome(turn.inbounds[0].id)))
            while (due := self.loop.run_until_complete(self.store.next_due(conversation))) is not None:
                assert isinstance(due.part, Text)
                self.loop.run_until_complete(self.store.mark_sent(due.key, "m"))
                self.heard[conversation].append(due.part.text)
            assert self.heard[conversation] == self.accepted[conversation], "something acknowledged was lost"


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
