"""voxline infer for pictures, clips, songs, speech and listening: files come out, and the envelope names them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import Sandbox
from tests.bot.cli.conftest import Voxline
from tests.bot.tools.calling import PNG_URL, drawn


@pytest.fixture(autouse=True)
def connected(config: Path, sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The commands run in a folder of their own, against the sandbox."""
    config.write_text(
        f"{{ models: {{ providers: {{ openrouter: {{ baseUrl: '{sandbox.base_url}', apiKey: 'sandbox-key',"
        " request: { allowPrivateNetwork: true } } } } }"
    )
    monkeypatch.chdir(home)
    return config


def told(result: tuple[int, str, str]) -> dict[str, Any]:
    status, out, _ = result
    envelope = json.loads(out)
    assert (status, envelope["ok"], envelope["provider"]) == (0, True, "openrouter"), envelope
    assert isinstance(envelope, dict)
    return envelope


def the_file(envelope: dict[str, Any]) -> tuple[Path, str]:
    (output,) = envelope["outputs"]
    path = Path(output["path"])
    assert path.is_absolute()
    assert path.stat().st_size == output["size"]
    return path, output["mime"]


def test_a_picture_is_drawn_into_a_folder_and_never_over_another(voxline: Voxline, home: Path) -> None:
    ask = ["infer", "image", "generate", "--prompt", "a red circle", "--aspect-ratio", "16:9", "--out", "art/"]

    envelope = told(voxline(*ask, "--json"))
    path, mime = the_file(envelope)
    status, out, err = voxline(*ask)

    assert (envelope["capability"], path, mime) == ("image.generate", home / "art" / "image-1.png", "image/png")
    assert envelope["cost"]["usd"] > 0
    assert (status, out.strip(), err) == (0, str(home / "art" / "image-1-2.png"), "")


def test_a_picture_can_be_changed(voxline: Voxline, home: Path, sandbox: Sandbox) -> None:
    voxline("infer", "image", "generate", "--prompt", "a red circle", "--out", "first.png")

    told(voxline("infer", "image", "generate", "--prompt", "make it blue", "--image", "first.png", "--json"))

    words, picture = sandbox.asked("/chat/completions")[-1].body["messages"][0]["content"]
    assert words["text"] == "make it blue"
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")


@pytest.mark.parametrize("form", ["first.png", "{home}/first.png", "file://{home}/first.png", "{data}"])
def test_a_picture_to_change_is_a_file_or_an_address(voxline: Voxline, home: Path, sandbox: Sandbox, form: str) -> None:
    (home / "first.png").write_bytes(drawn())
    source = form.format(home=home, data=PNG_URL)

    told(voxline("infer", "image", "generate", "--prompt", "make it blue", "--image", source, "--json"))

    _, picture = sandbox.asked("/chat/completions")[-1].body["messages"][0]["content"]
    assert picture["image_url"]["url"] == PNG_URL


@pytest.mark.parametrize("source", ["http://127.0.0.1:9/a.png", "ftp://pics.example/a.png", "data:text/plain,hi"])
def test_an_address_that_may_not_be_opened_is_a_failure_that_asks_nobody(
    voxline: Voxline, sandbox: Sandbox, source: str
) -> None:
    status, out, _ = voxline("infer", "image", "generate", "--prompt", "x", "--image", source, "--json")

    assert (status, "cannot be used" in json.loads(out)["error"], sandbox.requests) == (1, True, [])


def test_a_link_for_a_clip_or_a_song_is_left_to_the_provider(voxline: Voxline, sandbox: Sandbox) -> None:
    link = ["--image", "https://pics.example/a.png", "--json"]

    told(voxline("infer", "video", "generate", "--prompt", "waves", *link))
    told(voxline("infer", "music", "generate", "--prompt", "waves", "--duration", "2", *link))

    (clip,) = sandbox.asked("/videos")
    assert clip.body["frame_images"][0]["image_url"]["url"] == link[1]
    assert sandbox.asked("/chat/completions")[-1].body["messages"][0]["content"][1]["image_url"]["url"] == link[1]


@pytest.mark.long
def test_a_clip_is_awaited_for_as_long_as_is_configured(voxline: Voxline, connected: Path) -> None:
    whole = connected.read_text().removesuffix("}")
    connected.write_text(f"{whole}, agents: {{ defaults: {{ videoGenerationModel: {{ timeoutMs: 20 }} }} }} }}")

    status, out, _ = voxline("infer", "video", "generate", "--prompt", "waves", "--json")

    assert (status, json.loads(out)["ok"]) == (1, False)
    assert "timed out after 20ms" in json.loads(out)["error"]


def test_a_clip_is_awaited_and_progress_is_told_aside(voxline: Voxline, home: Path, sandbox: Sandbox) -> None:
    voxline("infer", "image", "generate", "--prompt", "a red circle", "--out", "first.png")
    ask = ["infer", "video", "generate", "--prompt", "waves", "--duration", "4", "--resolution", "720P", "--no-audio"]
    frame = ["--image", "first.png", "--image-role", "last_frame", "--out", "clip.mp4", "--progress", "--json"]

    status, out, err = voxline(*ask, *frame)

    path, mime = the_file(told((status, out, err)))
    assert (path, mime) == (home / "clip.mp4", "video/mp4")
    assert err.startswith("… job ")
    (asked,) = sandbox.asked("/videos")
    assert asked.body["frame_images"][0]["frame_type"] == "last_frame"
    assert asked.body["generate_audio"] is False


def test_a_song_is_composed(voxline: Voxline) -> None:
    options = ["--lyrics", "la la la", "--duration", "5", "--format", "mp3"]
    envelope = told(voxline("infer", "music", "generate", "--prompt", "a waltz", *options, "--json"))
    path, mime = the_file(envelope)
    assert envelope["capability"] == "music.generate"
    assert mime in ("audio/mpeg", "audio/wav")
    assert path.read_bytes()[:4] in (b"RIFF", b"ID3\x03", b"ID3\x04") or path.read_bytes()[0] == 0xFF


def test_a_voice_a_model_and_a_speed_may_be_asked_for(voxline: Voxline, sandbox: Sandbox) -> None:
    options = ["--voice", "nova", "--model", "openrouter/openai/gpt-4o-mini-tts", "--speed", "1.5"]
    told(voxline("infer", "speech", "--text", "Good morning", *options, "--out", "said.mp3", "--json"))

    (asked,) = sandbox.asked("/audio/speech")
    assert (asked.body["voice"], asked.body["model"], asked.body["speed"]) == ("nova", "openai/gpt-4o-mini-tts", 1.5)


def test_what_is_said_is_heard_again(voxline: Voxline, home: Path, sandbox: Sandbox) -> None:
    path, mime = the_file(told(voxline("infer", "speech", "--text", "count to ten", "--out", "said.mp3", "--json")))
    assert (path, mime) == (home / "said.mp3", "audio/mpeg")

    status, out, err = voxline("infer", "transcribe", "said.mp3", "--language", "en")

    assert (status, err) == (0, "")
    assert "ten" in out.casefold()
    (asked,) = sandbox.asked("/audio/transcriptions")
    assert asked.body["language"] == "en"
    assert asked.body["input_audio"]["format"] != "mp3"  # a checked, normalised copy, never the file as it came


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("image", "generate", "--prompt", " "), "empty"),
        (("image", "generate", "--prompt", "x", "--image", "nowhere.png"), "nowhere.png cannot be read"),
        (("image", "generate", "--prompt", "x", "--count", "0"), "--count"),
        (("video", "generate", "--prompt", "x", "--image-role", "first_frame"), "more --image-role than --image"),
        (("transcribe", "nowhere.ogg"), "nowhere.ogg cannot be read"),
        (("speech", "--text", ""), "empty"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage_and_asks_nobody(
    voxline: Voxline, sandbox: Sandbox, options: tuple[str, ...], why: str
) -> None:
    status, out, err = voxline("infer", *options)
    assert (status, out) == (2, "")
    assert why in err
    assert sandbox.requests == []


def test_a_file_that_is_no_picture_and_no_sound_is_a_failure_that_asks_nobody(
    voxline: Voxline, home: Path, sandbox: Sandbox
) -> None:
    (home / "list.png").write_text("#EXTM3U\nfile:///etc/passwd\n")

    drawn = voxline("infer", "image", "generate", "--prompt", "x", "--image", "list.png", "--json")
    heard = voxline("infer", "transcribe", "list.png", "--json")

    assert [(status, json.loads(out)["ok"]) for status, out, _ in (drawn, heard)] == [(1, False), (1, False)]
    assert json.loads(heard[1])["capability"] == "audio.transcribe"
    assert sandbox.requests == []


def test_a_refusal_is_in_the_envelope(voxline: Voxline, config: Path) -> None:
    config.write_text(config.read_text().replace("sandbox-key", "wrong-key"))
    status, out, _ = voxline("infer", "image", "generate", "--prompt", "x", "--json")
    envelope = json.loads(out)
    assert (status, envelope["ok"], envelope["outputs"], envelope["cost"]) == (1, False, [], None)
    assert "401" in envelope["error"]


def test_a_result_that_cannot_be_kept_is_told(voxline: Voxline, home: Path) -> None:
    (home / "taken").write_text("")
    status, _, err = voxline("infer", "speech", "--text", "hello there", "--out", "taken/said.mp3")
    assert status == 1
    assert "cannot be written" in err


def test_without_a_key_it_says_how_to_get_one(voxline: Voxline, config: Path) -> None:
    config.unlink()
    for words in (["image", "generate", "--prompt", "x"], ["transcribe", str(config.parent / "x")]):
        status, out, err = voxline("infer", *words)
        assert (status, out) == (1, "")
        assert "voxline onboard" in err
