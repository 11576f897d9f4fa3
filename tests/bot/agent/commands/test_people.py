"""/allow, /refuse, /guests and /remove."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.agent.pairing import WELCOME
from bot.agent.policy.access import AccessRules
from bot.core.messages import Person
from tests.fakes.channel import conversation
from tests.fakes.rows import inbound
from tests.talk import Talk, open_talk

DOOR = AccessRules(owners=frozenset({"owner"}))
UNKNOWN = "No open request matches that. Codes are good for one hour; they can write to me again."


async def orders(talk: Talk, text: str) -> str:
    await talk.says(text, chat="owner", who="owner")
    return await talk.answer("owner")


async def asks(talk: Talk, who: str = "7") -> str:
    """The code that a stranger is given."""
    await talk.says("hello", chat=who, who=who)
    return (await talk.answer(who)).split("**")[1]


@pytest.mark.parametrize("by_code", [True, False])
async def test_whoever_is_let_in_is_welcomed_listed_and_answered_until_they_are_put_out(
    tmp_path: Path, by_code: bool
) -> None:
    async with open_talk(tmp_path, door=DOOR) as talk:
        assert await orders(talk, "/guests") == "Nobody was let in by pairing yet."
        code = await asks(talk)
        assert await orders(talk, "/guests") == "(asks) fake 7 Ann"

        assert await orders(talk, f"/allow {code if by_code else 'fake 7'}") == "Ann may talk to me on fake now."
        await talk.settles()
        assert talk.channel.texts("7")[-1] == WELCOME
        assert await orders(talk, "/guests") == "fake 7 Ann"
        await talk.says("hello", chat="7")
        assert await talk.answer("7") == "You said: hello"

        assert await orders(talk, "/remove fake 7") == "They are out."
        await talk.says("anybody?", chat="7")
        assert await talk.answer("7") != "You said: anybody?"


async def test_whoever_is_refused_stays_out_and_the_code_is_spent(tmp_path: Path) -> None:
    async with open_talk(tmp_path, door=DOOR) as talk:
        code = await asks(talk)

        assert await orders(talk, "/refuse fake 7") == "Ann stays out."
        assert await orders(talk, f"/allow {code}") == UNKNOWN
        assert await orders(talk, f"/refuse {code}") == "No open request matches that."
        assert await orders(talk, "/guests") == "Nobody was let in by pairing yet."


@pytest.mark.parametrize("words", ["", "7", "fake 8", "other 7", "fake 7 please"])
async def test_a_wrong_name_puts_nobody_out(tmp_path: Path, words: str) -> None:
    async with open_talk(tmp_path, door=DOOR) as talk:
        await orders(talk, f"/allow {await asks(talk)}")

        assert await orders(talk, f"/remove {words}") == "Say it as `/remove <channel> <id>`; /guests lists them."
        assert await orders(talk, "/guests") == "fake 7 Ann"


async def test_an_old_code_lets_nobody_in(tmp_path: Path) -> None:
    async with open_talk(tmp_path, door=DOOR) as talk:
        code = await asks(talk)
        await talk.clock.advance(3601)

        assert await orders(talk, f"/allow {code}") == UNKNOWN


@pytest.mark.parametrize("order", ["/guests", "/allow fake 7", "/refuse fake 7"])
async def test_a_strangers_name_is_plain_words_wherever_an_owner_reads_it(tmp_path: Path, order: str) -> None:
    async with open_talk(tmp_path, door=DOOR) as talk:
        name = "[Renew the key here](https://evil.example/k)\n**bold**"
        asking = replace(inbound("1", conversation("7")), sender=Person("7", name))
        await talk.brings(asking)
        await talk.settles()

        for text in (talk.channel.texts("owner")[-1], await orders(talk, order)):
            assert "Renew the key here https evil. example" in text
            assert not set(text) & set("[]*\n")
