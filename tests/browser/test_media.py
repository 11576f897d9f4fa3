"""Voice, pictures, songs, clips and files on the page: a real voice, real players."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Speech
from tests.browser.story import ONE_PIXEL, answered, say

pytestmark = pytest.mark.browser


def test_what_is_spoken_is_understood_and_answered_aloud(page: Page, speech: Speech) -> None:
    page.click("#voice")
    expect(page.locator("#recording")).to_be_visible()
    page.wait_for_timeout(speech.seconds * 1000 + 700)
    page.click("#voice")

    expect(page.locator("article.person.voice .player")).to_be_visible()
    expect(page.locator("article.bot.text").first).to_contain_text("10")
    expect(page.locator("article.bot.voice .player")).to_have_count(1)
    page.wait_for_function("() => document.querySelector('article.bot.voice audio').currentTime > 0.5")
    bars = page.locator("article.person.voice .bars rect").evaluate_all(
        "all => all.map(bar => bar.getAttribute('height'))"
    )
    assert len(set(bars)) > 5, "the person's own voice note shows how loud it was"


def test_holding_the_button_records_while_it_is_held(page: Page, speech: Speech) -> None:
    page.hover("#voice")
    page.mouse.down()
    page.wait_for_timeout(speech.seconds * 1000 + 700)
    page.mouse.up()

    expect(page.locator("article.person.voice")).to_have_count(1)
    expect(page.locator("#recording")).to_be_hidden()


def test_a_recording_can_be_thrown_away(page: Page) -> None:
    page.click("#voice")
    page.wait_for_timeout(800)
    page.keyboard.press("Escape")

    expect(page.locator("#recording")).to_be_hidden()
    expect(page.locator("#hint")).to_contain_text("thrown away")
    expect(page.locator("article")).to_have_count(0)


def test_a_typed_question_is_not_answered_with_sound_by_itself(page: Page) -> None:
    say(page, "/voice always")
    answered(page)
    say(page, "what is 7 times 8")

    expect(page.locator("article.bot.voice .player")).to_have_count(1)
    assert page.evaluate("document.querySelector('article.bot.voice audio').paused")

    page.focus("article.bot.voice .wave")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('article.bot.voice audio').currentTime > 0.2")
    page.keyboard.press("Space")
    assert page.evaluate("document.querySelector('article.bot.voice audio').paused")
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('article.bot.voice audio').currentTime === 0")


def test_a_fox_is_drawn_and_opens_large(page: Page) -> None:
    say(page, "draw a red fox")

    page.wait_for_function("() => document.querySelector('article.bot.picture img')?.naturalWidth > 100")
    page.click("article.bot .picture")
    expect(page.locator("#viewer img")).to_be_visible()
    assert page.locator("#viewer a[download]").get_attribute("href", timeout=1000)
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()


@pytest.mark.parametrize(
    ("words", "tag"), [("play me a song about the sea", "audio"), ("make a video of a fox", "video")]
)
def test_a_song_and_a_clip_arrive_and_play(page: Page, words: str, tag: str) -> None:
    say(page, words)

    page.wait_for_selector(f"article.bot {tag}[controls]", timeout=60_000)
    page.evaluate(f"document.querySelector('article.bot {tag}').play()")
    page.wait_for_function(f"() => document.querySelector('article.bot {tag}').currentTime > 0.2")


def test_a_file_is_attached_dropped_and_pasted(page: Page) -> None:
    page.set_input_files("#files", [FilePayload(name="attached.png", mimeType="image/png", buffer=ONE_PIXEL)])
    for event, target in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        page.evaluate(
            """([event, target]) => {
                const carried = new DataTransfer();
                carried.items.add(new File(["words"], `${event}.txt`, { type: "text/plain" }));
                const kind = event === "drop" ? DragEvent : ClipboardEvent;
                document.body.dispatchEvent(new kind(event, { [target]: carried, bubbles: true }));
            }""",
            [event, target],
        )
    expect(page.locator("#tray li")).to_have_count(3)

    page.click("#tray [aria-label='Remove drop.txt']")
    say(page, "look at these")

    expect(page.locator("#tray")).to_be_hidden()
    expect(page.locator("article.person.picture img")).to_have_count(1)
    expect(page.locator("article.person.document a[download='paste.txt']")).to_have_count(1)
    answered(page)


def test_a_file_that_is_too_large_never_leaves_the_browser(page: Page) -> None:
    page.evaluate(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(21 * 1024 * 1024)], "big.bin"));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true }));
        }"""
    )

    expect(page.locator("#hint")).to_contain_text("big.bin is too large")
    expect(page.locator("#tray")).to_be_hidden()
