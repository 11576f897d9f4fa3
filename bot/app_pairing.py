"""Pairing over the control socket: requests and guests, by the daemon or on a store that no daemon holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.agent.pairing import Pairing
from bot.core.errors import VoxlineError
from bot.core.messages import Conversation
from bot.core.people import PairingRequest
from bot.core.ports.clock import Clock
from bot.media.names import plain_name
from bot.ops.control import Answer, Facts
from bot.store import SqliteStore


def pairing_answers(store: SqliteStore, clock: Clock, wake: Callable[[Conversation], None]) -> Mapping[str, Answer]:
    """`pairing.list`, `pairing.approve` and `pairing.remove`. `who` is a code, or a channel and an id."""

    pairing = Pairing(access=store, outbox=store, clock=clock, wake=wake)

    async def listed(_: Mapping[str, str]) -> Facts:
        return {
            "requests": [_person_of(request) for request in await store.pairing_requests(clock.now())],
            "guests": [
                {"channel": guest.channel, "id": guest.person_id, "name": plain_name(guest.name, "")}
                for guest in await store.guests()
            ],
        }

    async def approve(asked: Mapping[str, str]) -> Facts:
        who = asked.get("who", "")
        request = await pairing.let_in(who)
        if request is None:
            raise VoxlineError(f"no open request matches {who!r}; codes are good for one hour: let them write again")
        return _person_of(request)

    async def remove(asked: Mapping[str, str]) -> Facts:
        channel, _, person = asked.get("who", "").partition(":")
        if not await store.put_out(channel, person):
            raise VoxlineError(f"{asked.get('who')!r} was not let in; `voxline pairing list` shows who was")
        return {"channel": channel, "id": person}

    return {"pairing.list": listed, "pairing.approve": approve, "pairing.remove": remove}


def _person_of(request: PairingRequest) -> Facts:
    return {"channel": request.channel, "id": request.person_id, "name": plain_name(request.name, "")}
