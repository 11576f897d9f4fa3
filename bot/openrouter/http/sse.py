"""Server-sent events (SSE) parsed out of raw bytes, as they arrive."""

from __future__ import annotations

from bot.core.errors import BadAnswer

EVENT_CAP_BYTES = 32 * 1024 * 1024


class EventReader:
    """Splits a stream into the data of its events. However the bytes are cut, the events are the same.

    Events end at a blank line; lines end with LF, CRLF or CR. Comments, names and ids are dropped: the bytes
    themselves show that the line is alive. Raises `BadAnswer` for an event above `cap_bytes`.
    Source: WHATWG HTML, server-sent events; OpenRouter docs, streaming.
    """

    def __init__(self, *, cap_bytes: int = EVENT_CAP_BYTES) -> None:
        self._cap = cap_bytes
        self._pieces: list[bytes] = []
        self._size = 0
        self._began = False
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[str]:
        """The data of the events that these bytes complete."""
        if self._after_cr or b"\r" in chunk:
            chunk = self._with_line_feeds(chunk)
        if not chunk:
            return []
        if b"\n\n" not in chunk and not (chunk[0] == 10 and self._pieces and self._pieces[-1][-1] == 10):
            self._keep(chunk)
            return []
        *whole, rest = b"".join((*self._pieces, chunk)).split(b"\n\n")
        self._pieces, self._size = [], 0
        self._keep(rest)
        return self._events(whole)

    def finish(self) -> list[str]:
        """The data of a last event that no blank line ended. Nothing is fed after it."""
        return self._events([b"".join(self._pieces)])

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """CRLF and CR as LF, also when the two halves of a CRLF arrive apart."""
        if not chunk:
            return chunk
        if self._after_cr and chunk[0] == 10:
            chunk = chunk[1:]
        self._after_cr = chunk[-1:] == b"\r"
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, piece: bytes) -> None:
        if not piece:
            return
        self._pieces.append(piece)
        self._size += len(piece)
        self._limit(self._size)

    def _events(self, blocks: list[bytes]) -> list[str]:
        events = []
        for block in blocks:
            self._limit(len(block))
            if not self._began:
                self._began = True
                block = block.removeprefix(b"\xef\xbb\xbf")
            if block.startswith(b"data: ") and b"\n" not in block:
                events.append(block[6:].decode("utf-8", "replace"))
            elif (data := _data(block)) is not None:
                events.append(data)
        return events

    def _limit(self, size: int) -> None:
        if size > self._cap:
            raise BadAnswer(f"an event of the stream is larger than {self._cap} bytes")


def _data(block: bytes) -> str | None:
    """The data lines of one event joined, None when it has none."""
    lines = [_value(line) for line in block.split(b"\n") if line.startswith(b"data:") or line == b"data"]
    return b"\n".join(lines).decode("utf-8", "replace") if lines else None


def _value(line: bytes) -> bytes:
    return line[6:] if line[5:6] == b" " else line[5:]
