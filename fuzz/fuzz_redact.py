"""No planted secret survives cleaning, known or recognised by its form, and cleaning twice changes nothing more."""

from __future__ import annotations

import json
import string
from urllib.parse import quote

from bot.net.redact import MARK, Redactor
from fuzz.choices import Choices, readable

LETTERS = string.ascii_letters + string.digits


def check(data: bytes) -> None:
    choices = Choices(data)
    _known_goes(choices)
    _formed_goes(choices)
    text = readable(choices.rest())
    once = Redactor().clean(text)
    assert Redactor().clean(once) == once


def _known_goes(choices: Choices) -> None:
    secret = choices.text(40).strip()
    before, after = choices.text(20), choices.text(20)
    forms = [secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]]
    if secret.isprintable():
        forms.append(quote(secret, safe=""))
    if len(secret) < 6:
        return
    redactor = Redactor([secret])
    gap = next(chr(point) for point in range(0x110000) if chr(point) not in secret + before + after)
    for form in forms:
        cleaned = redactor.clean(before + form + after)
        # The mark itself may spell the secret, or meet its neighbours so that it does.
        assert form not in cleaned.replace(MARK, gap)
        assert redactor.clean(cleaned).replace(MARK, gap).count(form) == 0


def _formed_goes(choices: Choices) -> None:
    word = [choices.one_of(LETTERS) for _ in range(64)]
    letters = "".join(word)
    digits = "1" + "".join(str(ord(letter) % 10) for letter in word[:9])
    token = f"{digits}:{letters[:35]}"
    text, secret = choices.one_of(
        (
            (f"sk-or-v1-{letters}", letters),
            (f"Authorization: Bearer {letters}", letters),
            (f"https://api.telegram.org/bot{token}/sendMessage", token),
            (f"https://api.telegram.org/file/bot{token}/x.oga", token),
            (f"token {token} refused", token),
            (f"login('{letters[:26]}.{letters[26:32]}.{letters[32:60]}')", letters[32:60]),
            (f"https://user:{letters[:20]}@host/x", letters[:20]),
            (f"https://host/cb?code={letters[:20]}&state={letters[20:40]}", letters[:20]),
            (f"https://host/cb?code={letters[:20]}&state={letters[20:40]}", letters[20:40]),
            (json.dumps({"api_key": letters[:20]}), letters[:20]),
            (json.dumps({"Authorization": f"Bot {letters[:30]}"}), letters[:30]),
        )
    )
    before, after = choices.one_of(("", " ", "\n", '"', "(", "=")), choices.one_of(("", " ", "\n", '"', ")", ","))
    cleaned = Redactor().clean(before + text + after)
    assert secret not in cleaned, cleaned
    assert Redactor().clean(cleaned) == cleaned
