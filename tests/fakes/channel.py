"""A channel in memory that keeps what its remote side saw."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from itertools import count

from bot.core.arrivals import Arrivals
from bot.core.errors import ChannelError, FetchFailed, Undeliverable
from bot.core.messages import Attachment, Conversation, Doing, Part, Sent, Target, Text
from bot.core.ports.channel import Accept, ChannelLimits, Health

LIMITS = ChannelLimits(
    text=4096, caption=1024, upload_bytes=10**7, download_bytes=10**7, seconds_between_edits=1.0, utf16=True
)


@dataclass(slots=True)
class Shown:
    """One message as the remote side shows it, with every text it has shown."""

    id: str
    to: Target
    part: Part
    key: str
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.part.text if isinstance(self.part, Text) else ""


class FakeChannel:
    """`shown` is what people see. `faults` are raised, one a call, by the named method; with `arrives`
    the message is there all the same."""

    def __init__(
        self, name: str = "fake", limits: ChannelLimits = LIMITS, names: tuple[str, ...] = ("Voxline",)
    ) -> None:
        self.name, self.limits, self._names = name, limits, names
        self.shown: list[Shown] = []
        self.doing: list[Doing] = []
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[tuple[ChannelError, bool]]] = defaultdict(list)
        self.news = asyncio.Condition()
        self._ids = count(1)
        self._connected = False
        self._arrivals: asyncio.Queue[tuple[Arrivals, asyncio.Future[None]]] = asyncio.Queue()

    async def __aenter__(self) -> FakeChannel:
        self._connected = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self._connected = False

    def limits_in(self, conversation: Conversation) -> ChannelLimits:
        return self.limits

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    async def bring(self, arrivals: Arrivals) -> None:
        """Returns once the arrivals were accepted."""
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._arrivals.put((arrivals, taken))
        await taken

    async def receive(self, accept: Accept) -> None:
        while True:
            arrivals, taken = await self._arrivals.get()
            try:
                await accept(arrivals)
            except asyncio.CancelledError:
                self._arrivals.put_nowait((arrivals, taken))
                raise
            except Exception as error:
                taken.set_exception(error)
            else:
                taken.set_result(None)

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        if attachment.remote not in self.files:
            raise FetchFailed(f"no file {attachment.remote!r}")
        data = self.files[attachment.remote]
        for start in range(0, len(data), 65536):
            yield data[start : start + 65536]

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        self._fail("send", lambda: self._show(to, part, key))
        message = self._show(to, part, key)
        await self._tell()
        return Sent(message.id)

    def _show(self, to: Target, part: Part, key: str) -> Shown:
        if self.limits.keyed:
            for message in self.shown:
                if message.key == key:
                    message.part = part
                    return message
        message = Shown(str(next(self._ids)), to, part, key)
        message.texts.append(message.text)
        self.shown.append(message)
        return message

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        self._fail("edit", lambda: self._change(message_id, text))
        self._change(message_id, text)
        await self._tell()

    def _change(self, message_id: str, text: Text) -> None:
        for message in self.shown:
            if message.id == message_id:
                message.part = replace(text)
                message.texts.append(text.text)
                return
        raise Undeliverable(f"there is no message {message_id!r}")

    async def busy(self, to: Target, doing: Doing) -> None:
        self.doing.append(doing)

    async def ping(self) -> Health:
        return Health(self._connected, "in memory")

    def fault(self, method: str, error: ChannelError, *, arrives: bool = False) -> None:
        """The next call of `method` raises `error`; with `arrives` it takes effect all the same."""
        self.faults[method].append((error, arrives))

    def _fail(self, method: str, arrive: Callable[[], object]) -> None:
        if self.faults[method]:
            error, arrives = self.faults[method].pop(0)
            if arrives:
                arrive()
            raise error

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    def texts(self, chat: str) -> list[str]:
        """The texts a chat shows, in order."""
        return [m.text for m in self.shown if m.to.conversation.chat == chat and isinstance(m.part, Text)]

    def parts(self, chat: str) -> list[Part]:
        """Everything a chat shows, in order."""
        return [m.part for m in self.shown if m.to.conversation.chat == chat]

    async def until(self, happened: Callable[[], bool]) -> None:
        """Returns once something is true of what is shown."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(happened)


def conversation(chat: str = "1", channel: str = "fake") -> Conversation:
    """A conversation of the fake channel."""
    return Conversation(channel, chat)
