"""Sign-in with PKCE: the page at /auth and the exchange at /auth/keys. Source: OpenRouter docs, OAuth PKCE."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from bot.sandbox.state import ApiCall, Grant, Routes, SandboxState
from bot.sandbox.wire import Json, Rejected

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to the sandbox</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; background: #f4f2ec; margin: 0;
  display: grid; place-items: center; min-height: 100vh }}
main {{ background: #fff; padding: 2rem 2.5rem; border-radius: 14px; max-width: 26rem; box-shadow: 0 6px 30px #0002 }}
button {{ font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: 8px;
  background: #2f5fd0; color: #fff; cursor: pointer }}
button.no {{ background: #ddd; color: #333 }}
code {{ overflow-wrap: anywhere }}
</style>
</head>
<body><main>
<h1>Allow access?</h1>
<p>An application at <code>{host}</code> asks for a key of this sandbox. It is a pretended OpenRouter on your own
computer: no account and no money is involved.</p>
<form method="post" action="/auth">
<input type="hidden" name="callback_url" value="{callback}">
<input type="hidden" name="code_challenge" value="{challenge}">
<input type="hidden" name="code_challenge_method" value="{method}">
<button name="answer" value="approve">Approve</button>
<button name="answer" value="deny" class="no">Deny</button>
</form>
</main></body></html>
"""


def pages(sandbox: SandboxState) -> list[web.RouteDef]:
    """The page and its form."""

    async def page(request: web.Request) -> web.Response:
        wanted = wish(dict(request.query))
        return web.Response(
            text=PAGE.format(
                host=html.escape(urlsplit(wanted["callback_url"]).netloc),
                callback=html.escape(wanted["callback_url"], quote=True),
                challenge=html.escape(wanted["code_challenge"], quote=True),
                method=html.escape(wanted["code_challenge_method"], quote=True),
            ),
            content_type="text/html",
        )

    async def answer(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        wanted = wish(form)
        if form.get("answer") != "approve":
            raise web.HTTPSeeOther(with_query(wanted["callback_url"], error="access_denied"))
        code = secrets.token_urlsafe(16)
        sandbox.grants[code] = Grant(wanted["code_challenge"], wanted["code_challenge_method"])
        raise web.HTTPSeeOther(with_query(wanted["callback_url"], code=code))

    return [web.get("/auth", page), web.post("/auth", answer)]


def routes(sandbox: SandboxState) -> Routes:
    """The exchange of a code for a key."""

    async def keys(call: ApiCall) -> web.Response:
        check_exchange(sandbox, call.body)
        key = f"sk-or-v1-sandbox-{secrets.token_hex(16)}"
        sandbox.keys.add(key)
        return web.json_response({"key": key, "user_id": "user_sandbox"})

    return {"POST /auth/keys": keys}


def wish(parameters: dict[str, str]) -> dict[str, str]:
    """The three parameters of the page. Raises 400 for a callback that is neither https nor this computer."""
    callback = urlsplit(parameters.get("callback_url", ""))
    local = callback.scheme == "http" and callback.hostname in ("localhost", "127.0.0.1", "::1")
    if callback.scheme != "https" and not local:
        raise web.HTTPBadRequest(text="callback_url must be https, or http on localhost")
    challenge, method = parameters.get("code_challenge", ""), parameters.get("code_challenge_method", "")
    if method not in ("", "S256", "plain") or (method and not challenge):
        raise web.HTTPBadRequest(text="code_challenge_method must be S256 or plain, with a code_challenge")
    return {"callback_url": callback.geturl(), "code_challenge": challenge, "code_challenge_method": method}


def with_query(url: str, **more: str) -> str:
    """The address with more query parameters, its own kept."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])
    return urlunsplit(parts._replace(query=query))


def check_exchange(sandbox: SandboxState, body: Json) -> None:
    """Uses up the code. Raises `Rejected` 400 for a malformed request, 403 for a wrong code or verifier."""
    code, verifier = body.get("code"), body.get("code_verifier", "")
    if not isinstance(code, str) or not code:
        raise Rejected(400, "code: required")
    method = body.get("code_challenge_method", "S256")
    if method not in ("S256", "plain"):
        raise Rejected(400, "Invalid code_challenge_method")
    grant = sandbox.grants.pop(code, None)
    if grant is None:
        raise Rejected(403, "Invalid code or code_verifier")
    if grant.challenge and method != (grant.method or "plain"):
        raise Rejected(400, "Invalid code_challenge_method")
    if grant.challenge and not hmac.compare_digest(challenge_of(str(verifier), method), grant.challenge):
        raise Rejected(403, "Invalid code or code_verifier")


def challenge_of(verifier: str, method: str) -> str:
    """The challenge that belongs to a verifier. Source: RFC 7636, section 4.2."""
    if method == "plain":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
