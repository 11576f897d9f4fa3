"""Reloads, refusals and a daemon that goes away: whatever happens, what was said stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Demo, OpenPage, running_demo
from tests.browser.story import ONE_PIXEL, answered, say, texts

pytestmark = pytest.mark.browser


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
    page.set_input_files("#files", [FilePayload(name="dot.png", mimeType="image/png", buffer=ONE_PIXEL)])
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
