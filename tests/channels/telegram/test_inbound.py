"""Reading updates: pure, so without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.messages import Attachment, Inbound, Kind
from channels.telegram.inbound import UNREADABLE, Me, moved, read_update

ME = Me(99, "Vox", "vox_bot")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = {"id": 7, "is_bot": False, "first_name": "Ada", "last_name": "L"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ada"}
GROUP = {"id": -100, "type": "supergroup", "title": "Room"}


def message(chat: dict[str, Any] = PRIVATE, **fields: Any) -> dict[str, Any]:
    return {"message_id": 5, "from": ADA, "chat": chat, "date": 1767225600, **fields}


ANONYMOUS: dict[str, Any] = {"from": {"id": 1087968824, "is_bot": True}}


def read(field: str = "message", **update: Any) -> Inbound:
    found = maybe(field, **update)
    assert found is not None
    return found


def maybe(field: str = "message", chat: dict[str, Any] = PRIVATE, **fields: Any) -> Inbound | None:
    return read_update({"update_id": 1, field: message(chat, **fields)}, ME, NOW)


def test_a_private_text_has_everything_an_answer_needs() -> None:
    found = read(text="hi")

    assert (found.id, found.message_id, str(found.conversation)) == ("1", "5", "telegram/7")
    assert (found.sender.id, found.sender.name) == ("7", "Ada L")
    assert (found.private, found.to_me, found.room) == (True, True, "")
    assert found.sent_at == NOW


def test_a_room_knows_when_it_is_talking_to_the_bot() -> None:
    mention = [{"type": "mention", "offset": 3, "length": 8}]

    assert not read(chat=GROUP, text="hi all").to_me
    assert read(chat=GROUP, text="hi @Vox_Bot", entities=mention).to_me
    assert not read(chat=GROUP, text="hi @vox_bat", entities=mention).to_me
    assert read(chat=GROUP, text="x", entities=[{"type": "text_mention", "offset": 0, "length": 1, "user": {"id": 99}}])
    assert read(chat=GROUP, text="yes", reply_to_message=message(GROUP, **{"from": {"id": 99}})).to_me
    assert read(chat=GROUP, text="hi").room == "-100"


def test_a_mention_after_an_emoji_is_found() -> None:
    assert read(chat=GROUP, text="👩‍🚀 @vox_bot", entities=[{"type": "mention", "offset": 6, "length": 8}]).to_me


def test_a_caption_can_mention_too() -> None:
    entities = [{"type": "mention", "offset": 0, "length": 8}]
    found = read(chat=GROUP, caption="@vox_bot look", caption_entities=entities, photo=[{"file_id": "p"}])

    assert found.to_me
    assert found.text == "@vox_bot look"


@pytest.mark.parametrize(
    ("written", "length", "text", "to_me"),
    [
        ("/new@vox_bot please", 12, "/new please", True),
        ("/new", 4, "/new", True),
        ("/new@other", 10, "/new@other", False),
    ],
)
def test_a_command_loses_our_own_name(written: str, length: int, text: str, to_me: bool) -> None:
    found = read(chat=GROUP, text=written, entities=[{"type": "bot_command", "offset": 0, "length": length}])

    assert (found.text, found.to_me) == (text, to_me)


def test_a_hidden_link_becomes_visible() -> None:
    found = read(text="see this ok", entities=[{"type": "text_link", "offset": 4, "length": 4, "url": "https://a.b"}])

    assert found.text == "see [this](https://a.b) ok"


def test_only_topics_are_conversations_of_their_own() -> None:
    topic = read(chat=GROUP, text="x", message_thread_id=3, is_topic_message=True)
    reply_thread = read(chat=GROUP, text="x", message_thread_id=3)

    assert topic.conversation.thread == "3"
    assert reply_thread.conversation.thread == ""


def test_the_creation_of_a_topic_is_not_quoted() -> None:
    created = message(GROUP, message_id=3, forum_topic_created={"name": "T"}, **{"from": {"id": 99}})
    found = read(chat=GROUP, text="x", message_thread_id=3, is_topic_message=True, reply_to_message=created)

    assert found.quoted is None
    assert not found.to_me


def test_a_reply_brings_the_selected_words_and_the_file() -> None:
    answered = message(caption="a long caption", voice={"file_id": "v", "duration": 4}, message_id=2)
    found = read(text="?", reply_to_message=answered, quote={"text": "long"})

    assert found.quoted is not None
    assert (found.quoted.message_id, found.quoted.text, found.quoted.from_me) == ("2", "long", False)
    assert found.quoted.attachments == (Attachment(Kind.VOICE, "audio/ogg", "v", seconds=4.0),)


def test_a_reply_to_a_message_elsewhere_is_quoted() -> None:
    found = read(text="?", external_reply={"message_id": 9, "photo": [{"file_id": "p"}]}, quote={"text": "words"})

    assert found.quoted is not None
    assert (found.quoted.message_id, found.quoted.text) == ("9", "words")
    assert found.quoted.attachments[0].remote == "p"


@pytest.mark.parametrize(
    ("fields", "kind", "mime"),
    [
        ({"voice": {"file_id": "f", "duration": 3, "mime_type": "audio/ogg"}}, Kind.VOICE, "audio/ogg"),
        ({"audio": {"file_id": "f", "mime_type": "audio/mp4"}}, Kind.AUDIO, "audio/mp4"),
        ({"video": {"file_id": "f"}}, Kind.VIDEO, "video/mp4"),
        ({"video_note": {"file_id": "f"}}, Kind.VIDEO, "video/mp4"),
        ({"animation": {"file_id": "f"}, "document": {"file_id": "d"}}, Kind.VIDEO, "video/mp4"),
        ({"document": {"file_id": "f", "mime_type": "application/pdf"}}, Kind.DOCUMENT, "application/pdf"),
        ({"document": {"file_id": "f", "mime_type": "image/png"}}, Kind.PICTURE, "image/png"),
        ({"document": {"file_id": "f", "mime_type": "audio/wav"}}, Kind.AUDIO, "audio/wav"),
        ({"document": {"file_id": "f"}}, Kind.DOCUMENT, "application/octet-stream"),
        ({"sticker": {"file_id": "f", "emoji": "😀"}}, Kind.PICTURE, "image/webp"),
    ],
)
def test_a_file_is_known_by_its_use(fields: dict[str, Any], kind: Kind, mime: str) -> None:
    (found,) = read(**fields).attachments

    assert (found.kind, found.mime, found.remote) == (kind, mime, "f")


def test_the_largest_photo_is_taken() -> None:
    sizes = [{"file_id": "s", "width": 90, "height": 90}, {"file_id": "l", "width": 800, "height": 600, "file_size": 5}]

    (found,) = read(photo=sizes, media_group_id="album").attachments

    assert (found.remote, found.size, found.mime) == ("l", 5, "image/jpeg")
    assert read(photo=sizes, media_group_id="album").group == "album"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"location": {"latitude": 52.5, "longitude": 13.4}}, "[location: latitude 52.5, longitude 13.4]"),
        (
            {"venue": {"title": "Bar", "address": "Street 1", "location": {"latitude": 1, "longitude": 2}}},
            "[venue: Bar, Street 1, latitude 1, longitude 2]",
        ),
        ({"contact": {"first_name": "Bo", "phone_number": "+49"}}, "[contact: Bo, +49]"),
        ({"poll": {"question": "Tea?", "options": [{"text": "yes"}, {"text": "no"}]}}, "[poll: Tea?]\n- yes\n- no"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "[dice 🎲: 4]"),
        ({"sticker": {"file_id": "f", "emoji": "😀", "is_animated": True}}, "[sticker 😀]"),
    ],
)
def test_things_without_words_become_words(fields: dict[str, Any], text: str) -> None:
    assert read(**fields).text == text


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "user", "sender_user": {"id": 1, "first_name": "Bo"}}, "Bo"),
        ({"type": "hidden_user", "sender_user_name": "Someone"}, "Someone"),
        ({"type": "chat", "sender_chat": {"id": -1, "title": "Club"}}, "Club"),
        ({"type": "channel", "chat": {"id": -2, "title": "News"}}, "News"),
    ],
)
def test_a_forwarded_text_keeps_its_author(origin: dict[str, Any], name: str) -> None:
    assert read(text="x", forward_origin=origin).forwarded_from == name


def test_an_edit_is_an_event_of_its_own() -> None:
    found = read("edited_message", text="better", edit_date=1767225660)

    assert found.edited
    assert found.sent_at.minute == 1


def test_a_live_location_is_heard_once() -> None:
    place = {"latitude": 1.0, "longitude": 2.0, "live_period": 900}

    assert maybe(location=place) is not None
    assert maybe("edited_message", location=place, edit_date=1767225660) is None


def test_a_pressed_button_is_the_person_writing() -> None:
    query = {
        "id": "q",
        "from": ADA,
        "data": "/model x",
        "message": message(GROUP, message_thread_id=3, is_topic_message=True),
    }
    found = read_update({"update_id": 4, "callback_query": query}, ME, NOW)

    assert found is not None
    assert (found.id, found.text, found.sender.id, found.to_me) == ("4", "/model x", "7", True)
    assert (str(found.conversation), found.sent_at) == ("telegram/-100/3", NOW)


def test_an_anonymous_admin_speaks_as_the_group() -> None:
    found = read(chat=GROUP, text="x", sender_chat=GROUP, **ANONYMOUS)

    assert (found.sender.id, found.sender.name, found.sender.is_bot) == ("-100", "Room", False)


def test_service_messages_are_nothing_to_answer() -> None:
    assert maybe(chat=GROUP, new_chat_title="New") is None
    assert maybe(chat={"id": -5, "type": "channel", "title": "News"}, text="x") is None
    assert read_update({"update_id": 1, "my_chat_member": {}}, ME, NOW) is None


def test_a_move_to_a_supergroup_is_seen() -> None:
    assert moved({"message": message(GROUP, migrate_to_chat_id=-1009)}) == ("-100", "-1009")
    assert moved({"message": message(text="x")}) is None


def test_half_a_character_is_replaced() -> None:
    assert read(text="a\ud83d b").text == "a\ufffd b"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "text"]), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = [
    "message_id",
    "from",
    "chat",
    "date",
    "text",
    "entities",
    "reply_to_message",
    "photo",
    "forward_origin",
    "quote",
]


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_an_update_of_any_shape_is_read_or_set_aside(fields: dict[str, Any]) -> None:
    try:
        read_update({"update_id": 1, "message": message(text="x") | fields}, ME, NOW)
    except UNREADABLE:
        pass
