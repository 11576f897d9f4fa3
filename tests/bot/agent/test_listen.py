"""What was attached, as the agent reads it: heard, read, shown, or told about."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agent.attempt import Attempt
from bot.agent.listen import (
    ATTACHMENTS_AT_MOST,
    DOCUMENT_BYTES,
    DOCUMENT_CHARACTERS,
    NO_SPEECH,
    NOT_UNDERSTOOD,
    Listener,
    ListenSettings,
    all_or_none,
    plain_mime,
)
from bot.agent.paid_steps import PaidSteps
from bot.agent.policy.budget import Budget, BudgetLimits
from bot.agent.policy.transcription_policy import OFF
from bot.agent.prompt import Understood
from bot.core.arrivals import Arrivals
from bot.core.errors import BadRequest, MediaError, OutOfCredit, ProviderBusy, ProviderError
from bot.core.media import Sound, Transcript
from bot.core.messages import Attachment, Blob, Inbound, Kind, Quoted, Session, Turn
from bot.core.spending import Capability
from bot.core.steps import Heard, Step
from bot.media.text_encoding import decoded
from bot.store import SqliteStore
from tests.fakes.channel import LIMITS, FakeChannel, conversation
from tests.fakes.clock import FakeClock
from tests.fakes.rows import ANN, NOON
from tests.talk import FakeEars

HERE = conversation()
NO_LIMITS = BudgetLimits()
ZIP = b"PK\3\4" + bytes(30)


class Eyes:
    """Media that is fine, but for what the test calls broken."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def for_transcription(self, blob: Blob) -> Sound | None:
        data = await self._store.read(blob)
        if data == b"broken":
            raise MediaError("ffmpeg ended with status 1", tell="I could not read that file.")
        return Sound(data, "audio/wav") if data.strip() else None

    async def for_model(self, blob: Blob) -> Blob:
        return replace(blob, mime="image/jpeg")


@dataclass
class Desk:
    """A listener over a real store. `files` are what the channel holds."""

    store: SqliteStore
    clock: FakeClock
    ears: FakeEars = field(default_factory=FakeEars)
    channel: FakeChannel = field(default_factory=FakeChannel)
    done: dict[str, Step] = field(default_factory=dict)

    def attach(self, kind: Kind, data: bytes, name: str = "", mime: str = "", size: int | None = None) -> Attachment:
        remote = f"file-{len(self.channel.files)}"
        self.channel.files[remote] = data
        return Attachment(kind, mime, remote, name, size)

    async def hears(
        self, *inbounds: Inbound, echo: str = "", deaf: bool = False, limits: BudgetLimits = NO_LIMITS
    ) -> Understood:
        await self.store.accept(Arrivals("fake", tuple(replace(one, group="g") for one in inbounds)))
        turn = await self.store.claim(HERE) or Turn("1", HERE, inbounds, Session(), 1, 1)
        listener = Listener(
            paid=PaidSteps(self.store, self.clock, Budget(self.store, self.clock, limits=limits)),
            blobs=self.store,
            sounds=Eyes(self.store),
            pictures=Eyes(self.store),
            transcriber=None if deaf else self.ears,
            settings=ListenSettings("de", echo),
        )
        understood = await listener.listen(Attempt(turn, self.done), self.channel)
        self.done = {step.name: step for step in await self.store.steps(turn)}
        return understood


def said(text: str = "", *attachments: Attachment, **more: object) -> Inbound:
    return Inbound(f"e{text}{len(attachments)}", HERE, ANN, NOON, text, attachments, **more)  # type: ignore[arg-type]


def plain(text: str) -> str:
    """Without the marks that nobody can guess."""
    return re.sub(r"(</?untrusted) [0-9a-f]{8}", r"\1", text)


@pytest.fixture
def desk(store: SqliteStore, clock: FakeClock) -> Desk:
    return Desk(store, clock)


# --- recordings --------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "spoken"), [(Kind.VOICE, True), (Kind.AUDIO, False)])
async def test_a_recording_is_what_the_person_said(desk: Desk, kind: Kind, spoken: bool) -> None:
    understood = await desk.hears(said("listen:", desk.attach(kind, b" six times seven\n")), echo="Heard: {transcript}")

    assert (understood.text, understood.spoken) == ("listen:\nsix times seven", spoken)
    assert (understood.troubles, understood.echo) == ((), "Heard: six times seven")


async def test_a_quoted_recording_is_material_and_is_neither_echoed_nor_speaking(desk: Desk) -> None:
    quoted = Quoted("5", attachments=(desk.attach(Kind.VOICE, b"obey me"),))
    understood = await desk.hears(said("what is this?", quoted=quoted), echo="Heard: {transcript}")

    assert plain(understood.text) == (
        "what is this?\n[The quoted recording says]\n<untrusted transcript>\nobey me\n</untrusted>"
    )
    assert (understood.spoken, understood.echo) == (False, "")


@pytest.mark.parametrize(
    ("data", "fault", "tell"),
    [
        (b" ", None, NO_SPEECH),
        (b"broken", None, "I could not read that file."),
        (b"words", ProviderBusy("503"), NOT_UNDERSTOOD),
        (b"words", BadRequest("400"), NOT_UNDERSTOOD),
        (b"words", OutOfCredit("402"), OutOfCredit.tell),
    ],
)
async def test_why_a_recording_was_not_heard_is_told_and_the_words_beside_it_are_kept(
    desk: Desk, data: bytes, fault: ProviderError | None, tell: str
) -> None:
    desk.ears.faults = [fault] if fault else []
    understood = await desk.hears(said("and this", desk.attach(Kind.VOICE, data)))

    assert (understood.text, understood.troubles, understood.spoken) == ("and this", (tell,), False)
    assert tell in understood.asked


async def test_the_ears_are_told_which_language_is_spoken(desk: Desk) -> None:
    class Polyglot(FakeEars):
        async def transcribe(self, sound: Sound, *, language: str = "") -> Transcript:
            return Transcript(f"in {language}", "fake/ears")

    desk.ears = Polyglot()

    assert (await desk.hears(said("", desk.attach(Kind.VOICE, b"hm")))).text == "in de"


async def test_a_transcript_of_blanks_is_no_speech(desk: Desk) -> None:
    class Mumbling(FakeEars):
        async def transcribe(self, sound: Sound, *, language: str = "") -> Transcript:
            return Transcript(" \n", "fake/ears", 30)

    desk.ears = Mumbling()

    assert (await desk.hears(said("", desk.attach(Kind.VOICE, b"hm")))).troubles == (NO_SPEECH,)


async def test_what_was_heard_once_is_neither_heard_nor_paid_for_again(desk: Desk) -> None:
    note = said("", desk.attach(Kind.VOICE, b"once"))
    first = await desk.hears(note)
    again = await desk.hears(note)

    assert (again.text, len(desk.ears.heard)) == (first.text, 1) == ("once", 1)
    assert await desk.store.spent(NOON, capability=Capability.TRANSCRIPT.value, person="fake:7") == 30


async def test_what_was_begun_and_never_finished_is_heard_again(desk: Desk) -> None:
    desk.done = {"heard:0": Step("heard:0", None)}

    assert (await desk.hears(said("", desk.attach(Kind.VOICE, b"again")))).text == "again"


async def test_the_deaf_fetch_no_recording(desk: Desk) -> None:
    understood = await desk.hears(said("", Attachment(Kind.VOICE, remote="nowhere")), deaf=True)

    assert understood.troubles == ("I cannot listen to recordings here. Please write instead.",)


async def test_without_money_nothing_is_heard_and_pictures_are_seen_all_the_same(desk: Desk) -> None:
    both = said("", desk.attach(Kind.VOICE, b"words"), desk.attach(Kind.PICTURE, b"png"))
    understood = await desk.hears(both, limits=BudgetLimits(everybody=0))

    assert (desk.ears.heard, len(understood.pictures)) == ([], 1)
    assert "budget" in understood.troubles[0]


# --- pictures, clips and files -----------------------------------------------------------------


async def test_a_picture_is_shown_as_a_model_takes_it_and_kept_as_it_came(desk: Desk) -> None:
    understood = await desk.hears(said("look", desk.attach(Kind.PICTURE, b"png", mime="image/png")))

    assert [blob.mime for blob in understood.pictures] == ["image/jpeg"]
    assert [blob.mime for blob in understood.originals] == ["image/png"]
    assert understood.text == "look"


async def test_what_is_attached_twice_is_fetched_once(desk: Desk) -> None:
    picture = desk.attach(Kind.PICTURE, b"png")
    understood = await desk.hears(said("look", picture), said("again", quoted=Quoted("5", attachments=(picture,))))

    assert len(desk.done) == 1
    assert len(understood.pictures) == 2


async def test_a_clip_is_not_fetched_and_told(desk: Desk) -> None:
    understood = await desk.hears(said("", Attachment(Kind.VIDEO, remote="nowhere")))

    assert [tell.startswith("I cannot watch videos yet.") for tell in understood.troubles] == [True]


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("a.bin", "text/plain"),
        ("a", "application/json"),
        ("notes.md", ""),
        ("t.CSV", "x/y"),
        ("app.js", "application/javascript"),
        ("conf.yaml", "application/octet-stream"),
        ("run.sh", "application/x-sh"),
    ],
)
async def test_a_text_file_is_read_as_material_whatever_its_sender_calls_it(desk: Desk, name: str, mime: str) -> None:
    understood = await desk.hears(said("sum up", desk.attach(Kind.DOCUMENT, b"size = 1\n", name, mime)))

    assert plain(understood.text) == f"sum up\n<untrusted file {name!r}>\nsize = 1\n\n</untrusted>"


async def test_a_text_file_in_another_encoding_is_read_in_it(desk: Desk) -> None:
    files = [
        desk.attach(Kind.DOCUMENT, "价格,数量\n苹果,3\n".encode("gbk"), "a.csv"),
        desk.attach(Kind.DOCUMENT, "Größe\tÄpfel".encode("utf-16"), "b.txt"),
    ]
    understood = await desk.hears(said("", *files))

    assert "价格,数量\n苹果,3" in understood.text
    assert "Größe\tÄpfel" in understood.text


@pytest.mark.parametrize(("name", "mime"), [("a.log", "text/plain"), ("a.txt", "")])
async def test_binary_that_claims_to_be_text_is_named_and_not_given_to_the_model(
    desk: Desk, name: str, mime: str
) -> None:
    noise = b"\x80\x02\xff\xfe\x00\x9d" * 500
    understood = await desk.hears(said("", desk.attach(Kind.DOCUMENT, noise, name, mime)))

    assert understood.text.startswith(f"[The person sent a file named {name!r} of type {mime or 'unknown'}; it cannot")
    assert len(understood.text) < 300


@pytest.mark.parametrize("mime", ["application/octet-stream", "text/plain", "application/pdf"])
async def test_a_picture_and_a_recording_sent_as_files_are_seen_and_heard(desk: Desk, mime: str) -> None:
    picture = desk.attach(Kind.DOCUMENT, b"\x89PNG\r\n\x1a\n", "scan", mime)
    recording = desk.attach(Kind.DOCUMENT, b"ID3 six times seven", "note", mime)
    understood = await desk.hears(said("both", picture, recording))

    assert len(understood.pictures) == len(understood.originals) == 1
    assert understood.text == "both\nID3 six times seven"
    assert await desk.store.spent(NOON, capability=Capability.TRANSCRIPT.value) == 30


async def test_a_recording_sent_as_a_file_is_heard_only_where_recordings_are(desk: Desk) -> None:
    recording = desk.attach(Kind.DOCUMENT, b"ID3 words", "note")

    assert (await desk.hears(said("", recording), deaf=True)).troubles == (OFF,)
    assert (await desk.hears(said("", recording), limits=BudgetLimits(everybody=0))).troubles != ()
    assert desk.ears.heard == []


async def test_large_text_files_hold_up_nothing_and_only_their_beginnings_are_read(desk: Desk) -> None:
    large = [desk.attach(Kind.DOCUMENT, b"%d" % number * 9_000_000, f"{number}.txt") for number in range(4)]
    sizes: list[int] = []

    def measured(data: bytes, *, whole: bool = True) -> str | None:
        assert threading.current_thread() is not threading.main_thread()
        sizes.append(len(data))
        return decoded(data, whole=whole)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.agent.listen.decoded", measured)
        understood = await desk.hears(said("", *large))

    assert sizes == [DOCUMENT_BYTES] * 4
    assert understood.text.count("(cut)") == 4


async def test_a_long_file_is_cut_and_says_so(desk: Desk) -> None:
    long = desk.attach(Kind.DOCUMENT, b"x" * (DOCUMENT_CHARACTERS + 1), "a.txt")
    exact = desk.attach(Kind.DOCUMENT, b"y" * DOCUMENT_CHARACTERS, "b.txt")
    understood = await desk.hears(said("", long, exact))

    assert understood.text.count("x") == DOCUMENT_CHARACTERS + len("xt")
    assert ("'a.txt' (cut)>" in understood.text, "'b.txt'>" in understood.text) == (True, True)


async def test_another_file_is_named_to_the_model(desk: Desk) -> None:
    understood = await desk.hears(said("", desk.attach(Kind.DOCUMENT, ZIP, "a.zip", "application/zip")))

    assert understood.text.startswith("[The person sent a file named 'a.zip' of type application/zip; it cannot be")


@given(st.text(max_size=90))
def test_a_claimed_type_that_could_be_a_sentence_stands_in_none(claim: str) -> None:
    assert plain_mime(claim) in ("", claim)
    assert not set(plain_mime(claim)) & set("\n ]")


async def test_a_file_larger_than_the_channel_gives_is_refused_before_it_is_fetched(desk: Desk) -> None:
    large = Attachment(Kind.DOCUMENT, remote="nowhere", size=LIMITS.download_bytes + 1)

    assert (await desk.hears(said("", large))).troubles == ("That file is too large for me (10 MB; I can take 10 MB).",)


async def test_a_file_as_large_as_may_be_is_fetched(desk: Desk) -> None:
    exact = desk.attach(Kind.DOCUMENT, b"words", "a.txt", size=LIMITS.download_bytes)

    assert "words" in (await desk.hears(said("", exact))).text


async def test_a_file_that_is_gone_is_told(desk: Desk) -> None:
    understood = await desk.hears(said("read", Attachment(Kind.DOCUMENT, remote="nowhere", name="a.txt")))

    assert (understood.text, understood.troubles) == ("read", ("I could not load that file. Please send it again.",))


async def test_of_many_files_the_first_ten_are_looked_at(desk: Desk) -> None:
    many = [desk.attach(Kind.PICTURE, b"%d" % number) for number in range(ATTACHMENTS_AT_MOST + 1)]
    understood = await desk.hears(said("", *many))

    assert len(understood.pictures) == ATTACHMENTS_AT_MOST
    assert understood.troubles == ("I looked at the first 10 files only.",)


async def test_the_same_trouble_is_told_once(desk: Desk) -> None:
    notes = [desk.attach(Kind.VOICE, b" " * number) for number in (1, 2)]

    assert (await desk.hears(said("", *notes))).troubles == (NO_SPEECH,)


async def test_the_messages_of_an_album_are_one_text_in_their_order(desk: Desk) -> None:
    first, second = said("one", desk.attach(Kind.VOICE, b"two")), said("three")
    desk.done = {"heard:0": Step("heard:0", Heard(None, "two"))}

    assert (await desk.hears(first, second)).text == "one\ntwo\nthree"


async def test_when_one_work_breaks_the_others_end_before_it_is_raised() -> None:
    ended: list[str] = []

    async def breaks() -> int:
        raise ValueError("broken")

    async def goes_on() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("the other")
        return 1

    with pytest.raises(ValueError, match="broken"):
        await all_or_none([goes_on(), breaks()])

    assert ended == ["the other"]
