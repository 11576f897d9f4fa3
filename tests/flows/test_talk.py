"""Stories of plain talk: one message, one outcome, in order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.agent.speak import VoiceMode
from bot.core.arrivals import Arrivals
from bot.core.chat import Assistant, ToolResult, User
from bot.core.errors import MaybeSent, NotSent, ProviderBusy, Undeliverable
from bot.core.messages import Media, Text, Voice
from tests.fakes.channel import LIMITS, conversation
from tests.fakes.model import Calls, Says
from tests.talk import open_talk


async def test_a_message_is_answered(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Good morning to you")) as talk:
        await talk.says("Good morning")

        assert await talk.answer() == "Good morning to you"
        assert talk.model.said() == "Good morning"


async def test_the_answer_remembers_what_was_said_before(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Hello Ann"), Says("You are Ann")) as talk:
        await talk.says("I am Ann")
        await talk.settles()
        await talk.says("Who am I?")
        await talk.settles()

        _, first, second, third = talk.model.requests[1].messages
        assert (first, second, third) == (User("I am Ann"), Assistant("Hello Ann"), User("Who am I?"))


async def test_the_same_event_is_answered_once(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        message = await talk.says("Once")
        await talk.settles()
        await talk.brings(message)
        await talk.settles()

        assert talk.channel.texts("1") == ["You said: Once"]


async def test_messages_of_one_chat_are_answered_in_order_while_another_chat_is_not_held_up(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with open_talk(tmp_path, Says("slow answer", hold)) as talk:
        await talk.says("first")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        await talk.says("second")
        await talk.says("elsewhere", chat="2")
        await talk.channel.until(lambda: "You said: elsewhere" in talk.channel.texts("2"))
        assert talk.channel.texts("1") == ["slow …"]
        hold.set()
        await talk.settles()

        assert talk.channel.texts("1") == ["slow answer", "You said: second"]


async def test_the_preview_becomes_the_answer_and_no_second_message_appears(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with open_talk(tmp_path, Says("One two three", hold)) as talk:
        await talk.says("count")
        await talk.channel.until(lambda: talk.channel.texts("1") == ["One …"])
        hold.set()
        await talk.settles()

        assert [shown.texts for shown in talk.channel.shown] == [["One …", "One two three"]]


async def test_stop_in_mid_stream_keeps_what_was_said_and_marks_it(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("A long story", asyncio.Event())) as talk:
        await talk.says("tell me")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        await talk.says("and another")
        await talk.says("/stop")
        await talk.settles()

        assert talk.channel.texts("1") == [
            "A (stopped)",
            "One message that waited comes next. /stop all ends it as well.",
            "You said: and another",
        ]
        assert talk.model.cancelled == 1
        await talk.says("hello again")
        assert await talk.answer() == "You said: hello again"


async def test_stop_when_nothing_runs_says_so(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says("/stop")

        assert await talk.answer() == "Nothing is running."


async def test_a_long_answer_is_split_and_its_parts_arrive_in_order(tmp_path: Path) -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 150 for number in range(12)]
    async with open_talk(tmp_path, Says("\n\n".join(paragraphs))) as talk:
        await talk.says("everything")
        await talk.settles()

        shown = talk.channel.texts("1")
        assert len(shown) == 3
        assert all(len(text) <= 4096 for text in shown)
        assert "".join("".join(shown).split()) == "".join("".join(paragraphs).split())


async def test_a_provider_that_fails_is_told_in_one_plain_sentence(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ProviderBusy("HTTP 503"), Says("Here I am")) as talk:
        await talk.says("hello?")
        assert await talk.answer() == ProviderBusy.tell
        await talk.says("/retry")

        assert await talk.answer() == "Here I am"


async def test_an_unforeseen_failure_gives_a_reference_and_the_next_message_works(tmp_path: Path) -> None:
    async with open_talk(tmp_path, RuntimeError("bug")) as talk:
        await talk.says("hello")
        first = await talk.answer()
        await talk.says("again")

        assert first.startswith("Something failed on my side (ref ")
        assert await talk.answer() == "You said: again"


async def test_a_model_that_says_nothing_is_never_silence(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("")) as talk:
        await talk.says("hello")

        assert (await talk.answer()).startswith("The model returned nothing.")


async def test_a_tool_draws_and_the_picture_follows_the_words(tmp_path: Path) -> None:
    draw = Calls((("image_generate", {"prompt": "a red fox"}),))
    async with open_talk(tmp_path, draw, Says("Here is your fox.")) as talk:
        await talk.says("draw a red fox")
        await talk.settles()

        text, picture = talk.channel.parts("1")
        assert text == Text("Here is your fox.")
        assert isinstance(picture, Media)
        assert await talk.store.read(picture.blob) == b"a red fox 0"
        assert await talk.store.spent(talk.clock.now().replace(hour=0)) == 50 + 40_000 + 100


async def test_a_picture_larger_than_the_channel_carries_is_made_smaller(tmp_path: Path) -> None:
    draw = Calls((("image_generate", {"prompt": "a very large red fox"}),))
    async with open_talk(tmp_path, draw, Says("Here."), limits=replace(LIMITS, upload_bytes=10)) as talk:
        await talk.says("draw")
        await talk.settles()

        picture = talk.channel.parts("1")[-1]
        assert isinstance(picture, Media)
        assert (picture.blob.size, picture.name) == (10, "image-1.jpg")


async def test_a_tool_call_with_broken_arguments_is_answered_to_the_model(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Calls((("image_generate", "{prompt"), ("nonsense", {}))), Says("Sorry.")) as talk:
        await talk.says("draw")
        await talk.settles()

        results = [message for message in talk.model.requests[1].messages if isinstance(message, ToolResult)]
        assert results[0].text.startswith("The arguments are not JSON")
        assert results[1].text.startswith("There is no tool 'nonsense'")
        assert not talk.painter.requests


async def test_a_model_that_only_calls_tools_is_made_to_answer(tmp_path: Path) -> None:
    endless = [Calls((("reminder", {"action": "list", "n": number}),)) for number in range(12)]
    async with open_talk(tmp_path, *endless, Says("Enough.")) as talk:
        await talk.says("go on for ever")

        assert await talk.answer() == "Enough."
        assert talk.model.requests[-1].tools == ()


async def test_the_same_call_three_times_ends_the_round(tmp_path: Path) -> None:
    async with open_talk(tmp_path, *[Calls((("reminder", {"action": "list"}),))] * 3, Says("Enough.")) as talk:
        await talk.says("loop")

        assert await talk.answer() == "Enough."
        assert len(talk.model.requests) == 4


async def test_delivery_is_tried_again_until_it_arrives(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        talk.channel.fault("send", NotSent("the network is down"))
        talk.channel.fault("send", NotSent("the network is down"))
        await talk.says("hello")
        await talk.settles_in_time()

        assert await talk.answer() == "You said: hello"
        assert len(talk.channel.shown) == 1


async def test_a_text_whose_sending_is_unsure_never_shows_twice(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        talk.channel.fault("edit", MaybeSent("the connection broke"), arrives=True)
        await talk.says("hello")
        await talk.settles_in_time()

        assert talk.channel.texts("1") == ["You said: hello"]


async def test_a_picture_that_cannot_be_delivered_is_told(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Calls((("image_generate", {"prompt": "x"}),)), Says("Here.")) as talk:
        await talk.says("draw")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        talk.channel.fault("send", Undeliverable("400 in chat 1", tell="This group forbids media."))
        await talk.settles()

        assert talk.channel.texts("1")[-1] == "I could not deliver the picture. This group forbids media."


async def test_a_voice_note_is_heard_before_the_agent_thinks_and_answered_aloud(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("It is sunny in Rome."), voice=VoiceMode.INBOUND) as talk:
        await talk.says_aloud("What is the weather in Rome?")
        await talk.settles()

        text, voice = talk.channel.parts("1")
        assert talk.model.said() == "What is the weather in Rome?"
        assert text == Text("It is sunny in Rome.")
        assert isinstance(voice, Voice)
        assert (voice.seconds, voice.text) == (1.5, "It is sunny in Rome.")
        assert "read aloud" in talk.model.instructions()


async def test_typing_is_answered_in_writing_when_only_voice_is_answered_aloud(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("It is sunny in Rome."), voice=VoiceMode.INBOUND) as talk:
        await talk.says("weather?")
        await talk.settles()

        assert talk.channel.parts("1") == [Text("It is sunny in Rome.")]


async def test_a_command_can_be_spoken(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says_aloud("/whoami")

        assert "Your id on fake is `7`" in await talk.answer()


async def test_when_speech_fails_the_text_arrives_alone(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("It is sunny in Rome."), voice=VoiceMode.ALWAYS) as talk:
        talk.mouth.faults.append(ProviderBusy("HTTP 500"))
        await talk.says("weather?")
        await talk.settles()

        assert talk.channel.parts("1") == [Text("It is sunny in Rome.")]


async def test_when_ffmpeg_fails_the_text_arrives_alone(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("It is sunny in Rome."), voice=VoiceMode.ALWAYS) as talk:
        talk.media.broken_voices = 1
        await talk.says("weather?")
        await talk.settles()

        assert talk.channel.parts("1") == [Text("It is sunny in Rome.")]


async def test_when_hearing_fails_the_person_is_told_and_can_retry(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Now I hear you")) as talk:
        talk.ears.faults.append(ProviderBusy("HTTP 503"))
        await talk.says_aloud("Can you hear me?")
        first = await talk.answer()
        assert not talk.model.requests
        await talk.says("/retry")

        assert first == "I could not understand the voice note. Send it again, or say /retry."
        assert await talk.answer() == "Now I hear you"
        assert talk.model.said() == "Can you hear me?"


async def test_a_caption_is_answered_even_when_the_recording_cannot_be_heard(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Forty-two.")) as talk:
        talk.ears.faults.append(ProviderBusy("HTTP 503"))
        await talk.says_aloud("mumble", text="What is six times seven?")

        assert (await talk.answer()).endswith("\n\nForty-two.")


async def test_new_puts_the_past_aside(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says("remember this")
        await talk.settles()
        await talk.says("/new")
        await talk.settles()
        await talk.says("what now")
        await talk.settles()

        assert talk.model.requests[-1].messages[1:] == (User("what now"),)


async def test_a_picture_is_shown_to_the_model(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.shows(b"pixels", "what is this?")
        await talk.settles()

        said = talk.model.requests[0].messages[-1]
        assert isinstance(said, User)
        assert [await talk.store.read(blob) for blob in said.pictures] == [b"pixels"]


async def test_an_album_is_one_turn(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        from bot.core.messages import Attachment, Inbound, Kind, Person

        talk.channel.files |= {"p1": b"one", "p2": b"two"}
        album = [
            Inbound(
                f"album-{n}",
                conversation(),
                Person("7"),
                talk.clock.now(),
                "my cats" if n == 1 else "",
                (Attachment(Kind.PICTURE, "image/png", f"p{n}"),),
                group="g",
            )
            for n in (1, 2)
        ]
        await talk.brings(*album)
        await talk.settles()

        assert len(talk.model.requests) == 1
        said = talk.model.requests[0].messages[-1]
        assert isinstance(said, User)
        assert len(said.pictures) == 2


async def test_a_turn_cut_by_a_shutdown_runs_again_at_the_next_start(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("cut off", asyncio.Event())) as talk:
        await talk.says("question")
        await talk.channel.until(lambda: bool(talk.channel.shown))
        channel = talk.channel
    async with open_talk(tmp_path, Says("whole answer"), channel=channel) as talk:
        await talk.settles()

        assert channel.texts("1") == ["whole answer"]


async def test_a_hello_costs_a_request_of_at_most_six_kilobytes(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        await talk.says("hello")
        await talk.settles()

        request = talk.model.requests[0]
        size = sum(len(f"{tool}") for tool in request.tools) + sum(len(f"{message}") for message in request.messages)
        assert size < 5000


async def test_nothing_is_taken_when_the_inbox_cannot_be_written(tmp_path: Path) -> None:
    async with open_talk(tmp_path) as talk:
        assert await talk.store.accept(Arrivals("fake", ())) == ()
        assert conversation() not in await talk.store.unfinished()


async def test_with_hearing_switched_off_a_voice_note_is_not_heard_and_the_person_is_told(tmp_path: Path) -> None:
    async with open_talk(tmp_path, hears=False) as talk:
        await talk.says_aloud("Can you hear me?")
        first = await talk.answer()

        assert first.startswith("I cannot listen to recordings here")
        assert (talk.ears.heard, talk.model.requests) == ([], [])
