"""Stories on the local page: the whole program, a real browser, a real voice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo, OpenPage, Speech, running_demo

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PHONE = {"viewport": {"width": 375, "height": 720}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


def say(page: Page, text: str) -> None:
    page.fill("#write", text)
    page.press("#write", "Enter")


def answered(page: Page, count: int = 1) -> None:
    """Waits until so many finished answers are there."""
    expect(page.locator("article.bot")).to_have_count(count)
    expect(page.locator("article.bot[aria-busy=true]")).to_have_count(0)


def texts(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("article").all_inner_texts()]


def screenshot(page: Page, name: str) -> None:
    if os.environ.get("VOXLINE_SCREENSHOTS") == "1":
        page.screenshot(path=IMAGES / name, animations="disabled")


# --- words -----------------------------------------------------------------------------------------


def test_an_answer_streams_in_word_by_word(page: Page) -> None:
    say(page, "tell me a long story")

    growing = page.locator("article.bot[aria-busy=true] .written")
    first = len(growing.inner_text())
    page.wait_for_function(
        "length => document.querySelector('article.bot .written').innerText.length > length + 40", arg=first
    )
    expect(page.locator("article.bot .caret")).to_have_count(1)
    expect(page.locator("article.bot .written")).not_to_contain_text("…")


def test_stop_ends_a_long_answer(page: Page) -> None:
    say(page, "tell me a long story")
    page.wait_for_selector("article.bot[aria-busy=true] .written p")

    page.click("#stop")

    expect(page.locator("article.bot .caret")).to_have_count(0)
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("article.bot").first).to_contain_text("stopped")


def test_an_example_starts_a_conversation_and_names_it(page: Page) -> None:
    page.click(".example:has-text('long story')")

    expect(page.locator(".said")).to_have_text("Tell me a long story")
    expect(page.locator("#title")).to_have_text("Tell me a long story")
    expect(page.locator("#chats [aria-current=page]")).to_have_text("Tell me a long story")
    expect(page.locator("#empty")).to_be_hidden()


def test_a_choice_is_pressed_instead_of_written(page: Page) -> None:
    say(page, "/voice")
    page.click(".choice:has-text('always')")

    expect(page.locator("article.person").last).to_contain_text("/voice always")
    answered(page, 2)


# --- voice -----------------------------------------------------------------------------------------


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


# --- pictures and files ----------------------------------------------------------------------------


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
    page.set_input_files("#files", [{"name": "attached.png", "mimeType": "image/png", "buffer": ONE_PIXEL}])
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


# --- nothing is lost -------------------------------------------------------------------------------


def test_a_reload_loses_nothing(page: Page) -> None:
    say(page, "draw a red fox")
    page.wait_for_function("() => document.querySelector('article.bot.picture img')?.naturalWidth > 100")
    say(page, "what is 7 times 8")
    expect(page.locator("article.bot.text").last).to_contain_text("56")
    page.fill("#write", "half a tho")
    before = texts(page)

    page.reload()

    expect(page.locator("article")).to_have_count(len(before))
    assert texts(page) == before
    expect(page.locator("#write")).to_have_value("half a tho")
    page.wait_for_function("() => document.querySelector('article.bot.picture img')?.naturalWidth > 100")


def test_a_message_that_cannot_be_sent_survives_a_reload_and_goes_out_once(page: Page) -> None:
    page.route("**/api/messages", lambda route: route.abort())
    page.set_input_files("#files", [{"name": "dot.png", "mimeType": "image/png", "buffer": ONE_PIXEL}])
    say(page, "what is 7 times 8")
    expect(page.locator(".state.waiting")).to_be_visible()

    page.reload()
    expect(page.locator(".said")).to_have_text("what is 7 times 8")
    expect(page.locator("article.person.picture img")).to_have_count(1)
    page.unroute("**/api/messages")

    answered(page)
    expect(page.locator(".state")).to_have_count(0)
    page.reload()
    expect(page.locator("article.person")).to_have_count(2)


def test_a_message_that_was_refused_says_why_and_is_tried_again_with_the_same_id(page: Page) -> None:
    ids: list[str] = []

    def refuse(route: object) -> None:
        ids.append(route.request.post_data_buffer.split(b'name="id"\r\n\r\n')[1].split(b"\r\n")[0].decode())  # type: ignore[attr-defined]
        if len(ids) == 1:
            route.fulfill(status=413, json={"error": "That file is too large for me."})  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/api/messages", refuse)
    say(page, "what is 7 times 8")
    expect(page.locator(".state.failed")).to_contain_text("too large")
    page.click(".state.failed >> text=Try again")

    answered(page)
    assert len(set(ids)) == 1


def test_a_refused_message_can_be_discarded(page: Page) -> None:
    page.route("**/api/messages", lambda route: route.fulfill(status=400, body="no"))
    say(page, "hello")
    page.click(".state.failed >> text=Discard")

    expect(page.locator("article")).to_have_count(0)
    expect(page.locator("#empty")).to_be_visible()


def test_what_is_said_while_the_daemon_is_down_is_answered_when_it_is_back(open_page: OpenPage, tmp_path: Path) -> None:
    with running_demo(tmp_path / "state") as first:
        page = open_page(first.address)
        say(page, "what is 7 times 8")
        answered(page)
    expect(page.locator("#banner")).to_contain_text("does not answer")
    say(page, "what is 9 times 9")
    expect(page.locator(".state.waiting")).to_be_visible()

    with running_demo(tmp_path / "state", first.port) as second:
        expect(page.locator("#banner")).to_contain_text("started anew")
        page.goto(second.address)

        expect(page.locator("article.bot").last).to_contain_text("81")
        expect(page.locator(".said")).to_have_text(["what is 7 times 8", "what is 9 times 9"])
        expect(page.locator("#banner")).to_be_hidden()


def test_two_pages_show_the_same_conversation(open_page: OpenPage, demo: Demo) -> None:
    page = open_page()
    say(page, "what is 7 times 8")
    answered(page)
    other = page.context.new_page()
    other.goto(page.url)

    say(other, "what is 9 times 9")

    expect(page.locator("article.bot").last).to_contain_text("81")
    assert texts(page) == texts(other)


def test_what_happened_while_the_connection_was_lost_is_read_in_order(open_page: OpenPage) -> None:
    page = open_page()
    say(page, "what is 7 times 8")
    answered(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("article")).to_have_count(2)
    broken = page.context.new_page()
    broken.route("**/api/entries*", lambda route: route.abort())
    broken.goto(page.url)
    expect(broken.locator("#banner")).to_be_visible()

    say(other, "what is 9 times 9")
    expect(other.locator("article.bot").last).to_contain_text("81")
    broken.unroute("**/api/entries*")

    expect(broken.locator("article")).to_have_count(4)
    assert texts(broken) == texts(other)


# --- conversations, keyboard, screens --------------------------------------------------------------


def test_a_new_conversation_starts_empty_and_the_old_one_stays(page: Page) -> None:
    say(page, "what is 7 times 8")
    answered(page)
    old = page.url

    page.click("#new")
    expect(page.locator("article")).to_have_count(0)
    say(page, "what is 9 times 9")
    expect(page.locator("article.bot")).to_contain_text("81")
    page.goto(old)

    expect(page.locator(".said")).to_have_text("what is 7 times 8")
    expect(page.locator("#title")).to_have_text("what is 7 times 8")


def test_everything_is_reached_with_the_keyboard(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.type("reply with exactly: two")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("lines")
    expect(page.locator("#write")).to_have_value("reply with exactly: two\nlines")
    page.keyboard.press("Enter")
    answered(page)

    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"new", "attach", "write", "voice", "A"} <= reached

    page.focus("#voice")
    page.keyboard.press("Enter")
    expect(page.locator("#recording")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#recording")).to_be_hidden()
    expect(page.locator("#write")).to_be_focused()


WIDE = (
    "reply with exactly: "
    + "x" * 300
    + "\n\n```\n"
    + "y" * 300
    + "\n```\n\n| a | b |\n|---|---|\n| "
    + "z " * 90
    + "| c |"
)


def test_a_phone_never_scrolls_sideways(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    fits = "[document.documentElement, document.querySelector('#scroll')].every(box => box.scrollWidth <= innerWidth)"
    assert page.evaluate(fits)

    say(page, WIDE)
    answered(page)
    assert page.evaluate(fits)

    page.click("#menu")
    expect(page.locator("#new")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#new")).not_to_be_in_viewport()
    small = page.locator("button:visible").evaluate_all(
        "all => all.filter(b => b.getBoundingClientRect().height < 24).length"
    )
    assert small == 0


CONTRAST = """selector => {
  const linear = v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = colour => {
    const most = colour.startsWith("color(") ? 1 : 255;
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => linear(v / most));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    const colour = getComputedStyle(element).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : colour;
  };
  const element = document.querySelector(selector);
  const both = [light(getComputedStyle(element).color), light(ground(element))];
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_legible_in_light_and_dark(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(paper) < 200) == (scheme == "dark")
    faint = {s: page.evaluate(CONTRAST, s) for s in ("#empty p", ".example span", "#title", ".keys", "#attach")}
    say(page, "what is 7 times 8")
    answered(page)
    faint |= {s: page.evaluate(CONTRAST, s) for s in (".said", ".written", "#chats a")}

    assert {selector: ratio for selector, ratio in faint.items() if ratio < 4.5} == {}


def test_the_page_looks_like_this(open_page: OpenPage, speech: Speech, tmp_path: Path) -> None:
    with running_demo(tmp_path / "state") as demo:
        page = open_page(demo.address, viewport={"width": 1180, "height": 800})
        for words in ("Remind me in 2 minutes to drink tea", "Tell me a long story", "Good morning!"):
            page.click("#new")
            say(page, words)
            page.wait_for_selector("article.bot")
        say(page, "Draw a red fox")
        page.wait_for_function("() => document.querySelector('article.bot.picture img')?.naturalWidth > 100")
        page.click("#voice")
        page.wait_for_timeout(speech.seconds * 1000 + 700)
        page.click("#voice")
        expect(page.locator("article.bot.voice .player")).to_have_count(1)
        page.wait_for_timeout(1500)
        screenshot(page, "page-desktop.png")

        phone = open_page(demo.address, **PHONE)
        phone.goto(page.url)
        expect(phone.locator("article")).to_have_count(page.locator("article").count())
        phone.wait_for_timeout(500)
        screenshot(phone, "page-phone.png")
