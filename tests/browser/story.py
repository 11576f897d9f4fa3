"""What the stories on the page are made of."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, expect

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
