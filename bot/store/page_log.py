"""What the local web page shows. Functions on an open transaction of the writer thread."""

from __future__ import annotations

from bot.core.messages import Conversation, Part
from bot.core.page_entries import PageEntry
from bot.store.codec import decode_part, encode
from bot.store.database import Database, conversation_of, name_of


def show(database: Database, conversation: Conversation, key: str, who: str, part: Part, now: int) -> PageEntry:
    """The entry, new or changed. Its number is the time in milliseconds, moved on until no other change has it."""
    changed = int(database.one("next_change", now=now)[0])
    database.run(
        "show",
        conversation=name_of(conversation),
        chat=conversation.chat,
        key=key,
        who=who,
        changed=changed,
        body=encode(part),
    )
    return PageEntry(changed, conversation, key, who, part, changed)


def entries(database: Database, chat: str, after: int, limit: int) -> tuple[PageEntry, ...]:
    """The newest entries that changed after `after`, in the order of the page."""
    rows = database.all("page_entries", chat=chat, after=after, limit=limit)
    return tuple(
        PageEntry(changed, conversation_of(name), key, who, decode_part(body), changed)
        for name, key, who, changed, body in reversed(rows)
    )


def chats(database: Database) -> tuple[str, ...]:
    """Chats of the page, the one that changed last first."""
    return tuple(chat for (chat,) in database.all("page_chats"))
