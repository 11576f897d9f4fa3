"""What Discord's objects mean, without a network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.messages import Kind
from channels.discord.inbound import BotUser, to_inbound
from channels.discord.snowflake import first_id_at, made_at

ME = BotUser("900", frozenset({"77"}))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADA = {"id": "5", "username": "ada", "global_name": "Ada"}


def message(**changes: Any) -> dict[str, Any]:
    plain = {"id": str(first_id_at(NOON)), "channel_id": "2", "author": ADA, "content": "hi", "type": 0, "flags": 0}
    return plain | changes


def test_an_id_tells_when_a_message_was_written() -> None:
    assert made_at(str(first_id_at(NOON))) == NOON
    found = to_inbound(message(), ME, "")
    assert found is not None
    assert found.sent_at == NOON


@pytest.mark.parametrize("notice", [6, 7, 8, 18, 20, 21, 46])
def test_notices_are_not_words_of_a_person(notice: int) -> None:
    assert to_inbound(message(type=notice), ME, "1") is None


def test_the_bot_does_not_hear_itself() -> None:
    assert to_inbound(message(author={"id": "900", "username": "vox"}), ME, "1") is None


def test_a_mention_of_the_bots_own_role_is_a_mention() -> None:
    found = to_inbound(message(content="<@&77> hello", mention_roles=["77"]), ME, "1")

    assert found is not None
    assert (found.text, found.to_me) == ("hello", True)


def test_other_people_are_mentioned_by_name_and_emoji_by_theirs() -> None:
    bob = {"id": "6", "username": "bob", "global_name": "Bob"}

    found = to_inbound(message(content="<@!6> and <@6> <a:wave:99>", mentions=[bob]), ME, "1")

    assert found is not None
    assert (found.text, found.to_me) == ("@Bob and @Bob :wave:", False)


def test_a_nickname_in_the_server_is_the_name() -> None:
    found = to_inbound(message(member={"nick": "The Ada"}), ME, "1")

    assert found is not None
    assert (found.sender.id, found.sender.name) == ("5", "The Ada")


def test_a_webhook_is_a_bot() -> None:
    found = to_inbound(message(webhook_id="3"), ME, "1")

    assert found is not None
    assert found.sender.is_bot


def test_a_forwarded_message_brings_its_words_and_files() -> None:
    shot = {"content": "look at this", "attachments": [{"id": "8", "filename": "a.png", "size": 1, "url": "u"}]}
    reference = {"type": 1, "message_id": "1", "channel_id": "3"}

    found = to_inbound(message(content="", message_reference=reference, message_snapshots=[{"message": shot}]), ME, "")

    assert found is not None
    assert (found.text, found.attachments[0].kind, found.quoted) == ("look at this", Kind.PICTURE, None)
    assert found.forwarded_from


def test_a_reply_to_a_deleted_message_still_names_it() -> None:
    found = to_inbound(message(type=19, message_reference={"message_id": "1"}, referenced_message=None), ME, "1")

    assert found is not None
    assert found.quoted is not None
    assert (found.quoted.message_id, found.quoted.text, found.to_me) == ("1", "", False)


def test_the_files_of_a_quoted_message_can_be_asked_about() -> None:
    sound = {"id": "8", "filename": "voice-message.ogg", "content_type": "audio/ogg", "size": 1, "url": "u"}
    quoted = message(id="1", flags=8192, attachments=[sound | {"duration_secs": 2, "waveform": "AA=="}], content="")

    found = to_inbound(message(type=19, message_reference={"message_id": "1"}, referenced_message=quoted), ME, "1")

    assert found is not None
    assert found.quoted is not None
    (note,) = found.quoted.attachments
    assert (note.kind, note.seconds, note.remote) == (Kind.VOICE, 2.0, "2/1/8 u")


def test_a_voice_message_is_one_by_its_flag_even_without_a_waveform() -> None:
    sound = {"id": "8", "filename": "voice-message.ogg", "size": 1, "url": "u"}

    found = to_inbound(message(flags=8192, attachments=[sound], content=""), ME, "1")

    assert found is not None
    assert found.attachments[0].kind is Kind.VOICE


def test_stickers_polls_and_embeds_are_put_into_words() -> None:
    poll = {"question": {"text": "Tea?"}, "answers": [{"poll_media": {"text": "yes"}}, {"poll_media": {"text": "no"}}]}

    sticker = to_inbound(message(content="", sticker_items=[{"id": "1", "name": "Wumpus"}]), ME, "")
    asked = to_inbound(message(content="", poll=poll), ME, "")
    embed = to_inbound(message(content="", embeds=[{"title": "Build 7", "description": "failed"}]), ME, "")
    preview = to_inbound(message(content="https://x", embeds=[{"title": "X"}]), ME, "")

    said = [found.text for found in (sticker, asked, embed, preview) if found]
    assert said == ["[sticker: Wumpus]", "[poll: Tea? (yes, no)]", "Build 7\nfailed", "https://x"]


def test_an_edit_that_is_told_twice_is_one_event() -> None:
    edited = message(edited_timestamp="2026-06-01T12:05:00.123000+00:00")

    first, second = to_inbound(edited, ME, ""), to_inbound(edited | {"embeds": [{"title": "X"}]}, ME, "")

    assert first is not None
    assert second is not None
    assert first.id == second.id == f"{edited['id']}:e1780315500123"
    assert first.message_id == edited["id"]


SNAPSHOT = {"content": "Invoice 4411 is due on Friday", "attachments": [{"id": "8", "filename": "inv.png", "url": "u"}]}


def test_a_reply_to_a_forward_quotes_what_was_forwarded() -> None:
    forward = {
        **message(content="", author=ADA),
        "message_reference": {"type": 1, "message_id": "3"},
        "message_snapshots": [{"message": SNAPSHOT}],
    }

    inbound = to_inbound(message(type=19, message_reference={"message_id": "9"}, referenced_message=forward), ME, "1")

    assert inbound is not None
    assert inbound.quoted is not None
    assert inbound.quoted.text == "Invoice 4411 is due on Friday"
    assert [(found.name, found.kind) for found in inbound.quoted.attachments] == [("inv.png", Kind.PICTURE)]


CARD = {
    "type": "rich",
    "author": {"name": "CI"},
    "title": "Build 77 failed",
    "description": "step lint: 3 errors",
    "fields": [{"name": "branch", "value": "main"}],
    "footer": {"text": "took 3 min"},
}
WHOLE = "Build finished\nCI\nBuild 77 failed\nstep lint: 3 errors\nbranch: main\ntook 3 min"


def test_a_bots_card_is_read_whole_beside_its_words_wherever_it_stands() -> None:
    robo = {"id": "6", "username": "robo", "bot": True}
    card = {**message(content="Build finished", author=robo), "embeds": [CARD, {"type": "link", "title": "A page"}]}

    said = to_inbound(card, ME, "1")
    reply = to_inbound(message(type=19, message_reference={"message_id": "9"}, referenced_message=card), ME, "1")
    forwarded = to_inbound(
        message(content="", message_reference={"type": 1, "message_id": "9"}, message_snapshots=[{"message": card}]),
        ME,
        "1",
    )

    assert said is not None and reply is not None and forwarded is not None
    assert reply.quoted is not None
    assert (said.text, reply.quoted.text, forwarded.text) == (WHOLE, WHOLE, WHOLE)
