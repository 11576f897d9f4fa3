"""ACCEPT: admit or refuse, /stop at once, one row, wake. Only when this returned may a transport forget.

What people say comes through here; jobs and reminders put their own rows into the inbox.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.agent.background.not_taken import NotTaken
from bot.agent.group_access import GroupAccess
from bot.agent.owners import Owners
from bot.agent.policy.access import AccessRules, Verdict, judge
from bot.agent.policy.albums import CalledAlbums
from bot.agent.policy.bot_loops import BotLoopGuard
from bot.agent.policy.rate_limit import RateLimit
from bot.core.arrivals import Arrivals, Moved
from bot.core.log_events import TURN_STOPPED
from bot.core.messages import Choice, Conversation, Inbound, Target, Text
from bot.core.people import PairingRequest
from bot.core.ports.clock import Clock
from bot.core.ports.store import Access, Inbox, Outbox
from bot.media.names import plain_name

log = logging.getLogger(__name__)

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 letters without the look-alikes 0, O, 1 and I
CODE_LENGTH = 8
CODE_HOURS = 1
OPEN_REQUESTS = 500  # of one channel; a code costs a row, and a few strangers must not keep all others out
CARDS_AT_ONCE = 3
WAITING_AT_MOST = 20
FULL = (
    f"{WAITING_AT_MOST} of your messages wait already, so I did not take this one. "
    "Send it again when I have answered, or say /stop."
)
UNREADABLE = "A message on {source} could not be understood and was set aside ({reason}). The others go on."
MOVED = (
    "The group {old} on {channel} now has the id {new}. I do not answer there until channels.{channel}.groups "
    "names it so and I am started again."
)
SLOW_DOWN = "That is a lot at once. Please wait {seconds} s; I have not taken this message, so send it again then."
PAIRING = (
    "I do not know you yet. Ask my owner to let you in with this code: **{code}** (good for one hour).\n"
    "They can say `/allow {code}` to me, or run `voxline pairing approve {code}`."
)
MANY_ASK = "{count} people ask to be let in on {channel}. /guests lists them, and /allow lets one in by code or id."
STOPPED = "Stopped."
NOTHING_TO_STOP = "Nothing is running."


class Lanes(Protocol):
    """What accepting needs of the engine."""

    def wake(self, conversation: Conversation, *, after: float = 0.0) -> None: ...
    async def stop(self, conversation: Conversation) -> bool: ...
    def busy_with(self, conversation: Conversation) -> bool: ...


@dataclass(frozen=True, slots=True)
class AcceptStore:
    """The slices of the store that accepting needs."""

    inbox: Inbox
    outbox: Outbox
    access: Access


class Acceptor:
    """Called by every channel with what it read."""

    def __init__(
        self,
        *,
        store: AcceptStore,
        lanes: Lanes,
        groups: GroupAccess,
        clock: Clock,
        pace: RateLimit,
        owners: Owners,
    ) -> None:
        self._store, self._lanes, self._groups, self._doors = store, lanes, groups, groups.doors
        self._clock, self._pace, self._owners, self._bots = clock, pace, owners, BotLoopGuard(clock)
        self.not_taken, self._albums = NotTaken(self._say, clock), CalledAlbums()

    async def accept(self, arrivals: Arrivals) -> None:
        """C1. Raises `StoreUnavailable`: then nothing was taken and the transport must keep it all."""
        admitted: list[Inbound] = []
        for inbound in self._albums.addressed(arrivals.inbounds):
            if inbound.edited:
                log.info("edit.ignored", extra={"conversation": str(inbound.conversation)})
            elif await self._admit(arrivals.source, inbound) and await self._has_room(
                arrivals.source, inbound, admitted
            ):
                admitted.append(inbound)
        stopped: list[Inbound] = []
        stops = {inbound.conversation: inbound for inbound in admitted if is_stop(inbound)}
        for inbound in stops.values():
            earlier = [other for other in admitted if before(other, inbound, admitted)]
            ended = await self._stop(arrivals.source, inbound, earlier)
            stopped += ended
            admitted = [other for other in admitted if other not in ended]
        taken = replace(arrivals, inbounds=tuple(admitted), stopped=tuple(stopped))
        fresh = await self._store.inbox.accept(taken)
        for inbound in fresh:
            self._lanes.wake(inbound.conversation, after=arrivals.settle_seconds)
        for move in arrivals.moved:
            self._lanes.wake(move.new)
            await self._tell_of_move(move)
        for poison in arrivals.poison:
            await self._owners.alert("poison", UNREADABLE.format(source=arrivals.source, reason=poison.reason))

    async def _tell_of_move(self, move: Moved) -> None:
        """What was written about a group under its old id counts for nothing under the new one."""
        old, new = move.old, move.new
        await self._groups.move(new.channel, old.chat, new.chat)
        rooms = self._doors[new.channel].rooms
        if old.chat in rooms and new.chat not in rooms:
            await self._owners.alert(f"moved:{new}", MOVED.format(channel=new.channel, old=old.chat, new=new.chat))

    async def _admit(self, source: str, inbound: Inbound) -> bool:
        door = self._doors[inbound.conversation.channel]
        verdict = judge(door, inbound, guest=False)
        if verdict in (Verdict.PAIR, Verdict.STRANGER):
            guest = await self._store.access.guest(inbound.conversation.channel, inbound.sender.id)
            if guest is not None:
                verdict = judge(door, inbound, guest=True)
        if verdict is Verdict.ROOM:
            await self._groups.ask(inbound, self._owners)
        if verdict is Verdict.PAIR:
            await self._offer_pairing(inbound, door)
        if verdict is not Verdict.ADMIT:
            log.info("message.refused", extra={"conversation": str(inbound.conversation), "why": verdict.value})
            return False
        if inbound.sender.is_bot and not self._bots.hears(
            f"{inbound.conversation.channel}:{inbound.sender.id}", inbound.id
        ):
            log.info("message.refused", extra={"conversation": str(inbound.conversation), "why": "bots in a loop"})
            return False
        await self._owners.remember(inbound)
        # owners pay for what they say, and at the local page only the owner writes
        unhurried = is_stop(inbound) or inbound.sender.id in door.owners
        return unhurried or await self._within_pace(source, inbound)

    async def _within_pace(self, source: str, inbound: Inbound) -> bool:
        person = f"{inbound.conversation.channel}:{inbound.sender.id}"
        places = max(len(inbound.attachments), 1)  # each file is fetched and worked on
        wait = self._pace.take(person, inbound.id, places=places, group=inbound.group)
        if wait is None or await self._store.inbox.knows(source, inbound.id):
            return True
        log.info("message.too_fast", extra={"conversation": str(inbound.conversation)})
        await self.not_taken.add(f"pace:{person}", inbound, SLOW_DOWN.format(seconds=round(wait) or 1))
        return False

    async def _has_room(self, source: str, inbound: Inbound, before: list[Inbound]) -> bool:
        """Whether the conversation can take one more."""
        if is_stop(inbound):
            return True
        here = inbound.conversation
        waiting = sum(other.conversation == here for other in before)
        if self._lanes.busy_with(here):  # without a lane nothing waits
            waiting += await self._store.inbox.waiting(here)
        if waiting < WAITING_AT_MOST:
            await self.not_taken.end(f"full:{here}")
            return True
        if await self._store.inbox.knows(source, inbound.id):  # it is one of those that wait
            return False
        log.info("message.no_room", extra={"conversation": str(here)})
        await self.not_taken.add(f"full:{here}", inbound, FULL)
        return False

    async def _stop(self, source: str, stop: Inbound, earlier: list[Inbound]) -> list[Inbound]:
        """Ends the running turn; returns which of the `earlier` messages, that came with the /stop, it ended as well.

        What waits goes on, unless nothing runs or `/stop all` says otherwise: then it is what the person means. A
        /stop that comes again says nothing about what runs now."""
        if await self._store.inbox.knows(source, stop.id):
            return earlier
        here, messages = stop.conversation, [inbound for inbound in earlier if not is_stop(inbound)]
        waiting = await self._store.inbox.waiting(here) + len(messages)
        ends_all = stops_all(stop)
        if ends_all:  # before the turn ends, or the next one would be taken
            await self._store.inbox.discard_waiting(here)
        running = await self._lanes.stop(here)
        if not running and not ends_all:
            await self._store.inbox.discard_waiting(here)
        log.info(TURN_STOPPED, extra={"conversation": str(here), "running": running, "waiting": waiting})
        text = stop_sentence(waiting, running=running, ends_all=ends_all)
        if text:
            await self._say(f"stop:{source}:{stop.id}", stop, Text(text))
        return [inbound for inbound in earlier if is_stop(inbound)] if running and not ends_all else earlier

    async def _offer_pairing(self, inbound: Inbound, door: AccessRules) -> None:
        code = new_code()
        now = self._clock.now()
        conversation = inbound.conversation
        request = PairingRequest(
            code_hash=hash_code(code),
            channel=conversation.channel,
            person_id=inbound.sender.id,
            name=inbound.sender.name,
            chat=conversation.chat,
            expires=now + timedelta(hours=CODE_HOURS),
        )
        if not await self._store.access.ask_in(request, now=now, cap=OPEN_REQUESTS):
            return
        log.info("pairing.asked", extra={"channel": conversation.channel, "person": inbound.sender.id})
        await self._say(f"pairing:{request.code_hash}", inbound, Text(PAIRING.format(code=code)))
        await self._ask_owners(request, door, now)

    async def _ask_owners(self, request: PairingRequest, door: AccessRules, now: datetime) -> None:
        """A card with two buttons for each request; from the fourth open one on, a sentence once in six hours."""
        channel, open_requests = request.channel, await self._store.access.pairing_requests(now)
        count = sum(asked.channel == channel for asked in open_requests)
        if count > CARDS_AT_ONCE:
            await self._owners.alert(f"pairing:{channel}", MANY_ASK.format(count=count, channel=channel))
            return
        card = pairing_card(request)
        for owner in sorted(door.owners):
            to = Target(await self._owners.chat(channel, owner))
            await self._store.outbox.post(f"pairing:{request.code_hash}:{owner}", to, (card,))
            self._lanes.wake(to.conversation)

    async def _say(self, key: str, inbound: Inbound, text: Text) -> None:
        to = Target(inbound.conversation, "" if inbound.private else inbound.message_id)
        await self._store.outbox.post(key, to, (text,))
        self._lanes.wake(inbound.conversation)


def is_stop(inbound: Inbound) -> bool:
    """/stop never queues, whatever stands behind it. A forwarded one is another person's."""
    return inbound.text.casefold().split()[:1] == ["/stop"] and not inbound.forwarded


def stops_all(inbound: Inbound) -> bool:
    """Whether a /stop also ends what waits."""
    return inbound.text.casefold().split()[1:2] == ["all"]


def stop_sentence(waiting: int, *, running: bool, ends_all: bool) -> str:
    """What a /stop answers beside the running turn, which says itself that it was stopped; "" for nothing."""
    if not running:
        return STOPPED if waiting else NOTHING_TO_STOP
    if not waiting:
        return ""
    one = waiting == 1
    count = "One message that waited" if one else f"{waiting} messages that waited"
    if ends_all:
        return f"{count} {'is' if one else 'are'} dropped as well."
    return f"{count} {'comes' if one else 'come'} next. /stop all ends {'it' if one else 'them'} as well."


def before(other: Inbound, stop: Inbound, order: list[Inbound]) -> bool:
    """Whether `other` is the stop itself or came before it in the same conversation: it is stopped with the rest."""
    return other.conversation == stop.conversation and order.index(other) <= order.index(stop)


def new_code() -> str:
    """A pairing code that cannot be guessed within its hour."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def hash_code(code: str) -> str:
    """A pairing code as it is stored: case and spaces do not matter."""
    return hashlib.sha256("".join(code.split()).upper().encode()).hexdigest()


def pairing_card(request: PairingRequest) -> Text:
    """The card on which an owner decides about a stranger."""
    name = plain_name(request.name)
    return Text(
        f"{name} (id {request.person_id}) asks to talk to me on {request.channel}.",
        (
            Choice("Let in", f"/allow {request.channel} {request.person_id}"),
            Choice("Refuse", f"/refuse {request.channel} {request.person_id}"),
        ),
    )
