"""Reading updates: pure, so without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import ExternalReplyInfo, Message
from telegram.constants import MessageType

from bot.core.messages import Attachment, Inbound, Kind
from bot.media.characters import units
from channels.telegram.descriptions import SILENT, UNREADABLE
from channels.telegram.inbound import Me, moved, read_update

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


def link(offset: int, length: int, url: str = "https://a.b") -> dict[str, Any]:
    return {"type": "text_link", "offset": offset, "length": length, "url": url}


def test_a_hidden_link_stands_where_it_was_set() -> None:
    assert read(text="docs: docs docs", entities=[link(11, 4)]).text == "docs: docs [docs](https://a.b)"
    assert read(text="a a a", entities=[link(4, 1)]).text == "a a [a](https://a.b)"
    assert read(caption="\U0001f469 x x", caption_entities=[link(5, 1)], photo=[{"file_id": "p"}]).text == (
        "\U0001f469 x [x](https://a.b)"
    )


def test_what_is_replied_to_shows_its_hidden_links() -> None:
    texts = [
        read(text="?", reply_to_message=message(text="see docs", entities=[link(4, 4)])),
        read(text="?", reply_to_message=message(caption="see docs", caption_entities=[link(4, 4)])),
        read(text="?", reply_to_message=message(text="x"), quote={"text": "see docs", "entities": [link(4, 4)]}),
        read(text="?", external_reply={"message_id": 9}, quote={"text": "see docs", "entities": [link(4, 4)]}),
    ]

    assert [found.quoted and found.quoted.text for found in texts] == ["see [docs](https://a.b)"] * 4


words = st.text(alphabet="ab \U0001f469é", max_size=6)


@given(st.lists(st.tuples(words, st.booleans()), max_size=8))
def test_every_hidden_link_is_shown_at_its_own_words(pieces: list[tuple[str, bool]]) -> None:
    text, shown, entities = "", "", []
    for number, (piece, linked) in enumerate(pieces):
        if linked and piece:
            entities.append(link(units(text), units(piece), f"https://{number}.b"))
            shown += f"[{piece}](https://{number}.b)"
        else:
            shown += piece
        text += piece

    assert read(text=f"{text}.", entities=entities).text == f"{shown}."


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
        (
            {"document": {"file_id": "f", "file_name": "sample.ts", "mime_type": "video/mp2t"}},
            Kind.DOCUMENT,
            "video/mp2t",
        ),
        (
            {"document": {"file_id": "f", "file_name": "note.ogg", "mime_type": "application/octet-stream"}},
            Kind.AUDIO,
            "application/octet-stream",
        ),
        ({"document": {"file_id": "f", "file_name": "a.JPG", "mime_type": "image/jpg"}}, Kind.PICTURE, "image/jpg"),
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


FILES: dict[str, Any] = {
    kind: {"file_id": "f"} for kind in ("animation", "audio", "document", "sticker", "video", "video_note", "voice")
} | {"photo": [{"file_id": "f"}], "live_photo": {"photo": [{"file_id": "f"}]}}


# What every message carries; the shapes of these have tests of their own.
CARRIED = {
    "chat",
    "date",
    "from_user",
    "sender_chat",
    "message_id",
    "is_topic_message",
    "reply_to_message",
    "quote",
} | {"entities", "caption_entities"}
KINDS = {*MessageType, *Message.__slots__, *ExternalReplyInfo.__slots__, "of_tomorrow"} - CARRIED


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_message_to_the_bot_vanishes(kind: str) -> None:
    """In a private chat every type that the library knows is answered, unless the written list says why not."""
    found = maybe(**{kind: FILES.get(kind, {"a shape": "of tomorrow"})})

    assert (found is None) == (kind in SILENT)
    assert found is None or found.text or found.attachments


def test_silent_service_messages_exist_and_say_why() -> None:
    known = {*MessageType, *Message.__slots__}

    assert set(SILENT) <= known
    assert all(len(reason.split()) > 3 for reason in SILENT.values())


TASKS = [{"id": 1, "text": "milk"}, {"id": 2, "text": "tea", "completion_date": 5}]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"checklist": {"title": "Shopping", "tasks": TASKS}}, "[checklist: Shopping]\n- [ ] milk\n- [x] tea"),
        ({"checklist_tasks_added": {"tasks": TASKS[:1]}}, "[added to the checklist]\n- [ ] milk"),
        ({"users_shared": {"users": [{"user_id": 3, "first_name": "Bo"}]}}, "[shared people: Bo (id 3)]"),
        ({"chat_shared": {"chat_id": -4, "title": "Club"}}, "[shared chat: Club (id -4)]"),
        ({"gift": {"gift": {"id": "g"}, "text": "for you"}}, "[a gift]\nfor you"),
        (
            {"invoice": {"title": "Tea", "description": "green", "currency": "EUR", "total_amount": 150}},
            "[invoice: Tea, green, 150 of the smallest unit of EUR]",
        ),
        ({"poll": {"options": 1}}, "[a message of the kind 'poll', which cannot be read here]"),
        ({}, "[a message of a kind that cannot be read here]"),
    ],
)
def test_what_has_no_text_is_worded(fields: dict[str, Any], text: str) -> None:
    assert read(**fields).text == text


def test_a_reply_to_a_checklist_quotes_it() -> None:
    found = read(text="?", reply_to_message=message(checklist={"title": "Shopping", "tasks": TASKS[:1]}))

    assert found.quoted is not None
    assert found.quoted.text == "[checklist: Shopping]\n- [ ] milk"


def test_a_group_does_not_answer_what_it_cannot_tell_from_a_notice() -> None:
    assert maybe(chat=GROUP, of_tomorrow={}) is None


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


@pytest.mark.parametrize(
    "origin",
    [
        {"type": "user", "sender_user": {"id": 1, "first_name": ""}},
        {"type": "hidden_user", "sender_user_name": ""},
        {"type": "of_tomorrow", "planet": {"title": "Mars"}},
        {"type": "user"},
        {},
        None,
    ],
)
def test_forwarded_is_a_fact_of_its_own_whatever_the_origin(origin: object) -> None:
    found = read(text="/allow telegram 666", forward_origin=origin)

    assert found.forwarded
    assert found.forwarded_from == "somebody"


def test_what_the_person_wrote_is_not_forwarded() -> None:
    assert not read(text="x").forwarded
    assert read(text="x", forward_date=1).forwarded  # as older Bot API servers mark it


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
