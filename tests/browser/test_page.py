"""Words, conversations, the keyboard and screens: the whole program in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Speech, running_demo
from tests.browser.story import PHONE, answered, say, screenshot

pytestmark = pytest.mark.browser


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


@pytest.mark.parametrize(("width", "text"), [(320, "100%"), (360, "100%"), (412, "200%"), (640, "200%")])
def test_nothing_is_cut_off_on_a_narrow_screen_or_with_large_text(open_page: OpenPage, width: int, text: str) -> None:
    """WCAG 1.4.10 and 1.4.4: idle, with words, and while an answer is made."""
    page = open_page(viewport={"width": width, "height": 700})
    page.evaluate("size => { document.documentElement.style.fontSize = size }", text)
    outside = """() => [...document.querySelectorAll("main, main button, main textarea, #foot *")]
        .filter(element => element.checkVisibility())
        .filter(element => element.getBoundingClientRect().right > innerWidth + 0.5)
        .map(element => element.id || element.className || element.tagName)"""

    assert page.evaluate(outside) == []

    page.fill("textarea", "tell me a long story")
    assert page.evaluate(outside) == []

    page.keyboard.press("Enter")
    expect(page.locator("#stop")).to_be_visible()
    assert page.evaluate(outside) == []
