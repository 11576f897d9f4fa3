"""Outgoing HTTP proxy: which one, if any, a request to an address of our own choice goes through.

It holds for the provider, Telegram and Discord. Addresses that people or models name never go through a proxy: the
SSRF guard looks at the machine that is connected to, which behind a proxy it could not.
Source: the conventions that curl, requests and Go's net/http share for HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

NAMES = ("https_proxy", "http_proxy", "all_proxy")


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """`https` and `http` are the proxies by the scheme of the request, "" for none; an address may hold a password.
    `direct` are the entries of NO_PROXY."""

    https: str = field(default="", repr=False)
    http: str = field(default="", repr=False)
    direct: tuple[str, ...] = ()

    def proxy_for(self, url: str) -> str | None:
        """The proxy's address for a request to `url`, as `proxy=` of aiohttp, httpx and discord.py takes it; None where
        the request goes out directly, as it always does to this machine."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        proxy = self.http if parts.scheme in ("http", "ws") else self.https
        if not proxy or not host or _is_this_machine(host):
            return None
        port = parts.port or (80 if parts.scheme in ("http", "ws") else 443)
        return None if any(_covers(entry, host, port) for entry in self.direct) else proxy


def rules(environ: Mapping[str, str], configured: str = "") -> ProxyRules:
    """The rules of the environment. `configured`, when it is not "", takes the place of its proxies; NO_PROXY stays."""
    everything = _variable(environ, "all_proxy")
    https = configured or _variable(environ, "https_proxy") or everything
    http = configured or _variable(environ, "http_proxy") or everything
    listed = _variable(environ, "no_proxy").replace(",", " ").split()
    return ProxyRules(_usable(https), _usable(http), tuple(entry.lower() for entry in listed))


def mistake(address: str) -> str:
    """Why the address of a proxy cannot be used, without repeating it; "" where it can."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return "is not an address; write it as http://host:port"
    if parts.scheme.startswith("socks"):
        return "is a SOCKS proxy; only HTTP proxies are used, written as http://host:port"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is not an http(s) address; write it as http://host:port"
    return ""


def unusable_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences about proxy variables that are set and cannot be used."""
    faults = ((name, mistake(_with_scheme(_variable(environ, name)))) for name in NAMES if _variable(environ, name))
    return tuple(f"{name.upper()} {fault}; requests go out directly" for name, fault in faults if fault)


def shown(address: str) -> str:
    """The proxy without user and password."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _usable(address: str) -> str:
    full = _with_scheme(address)
    return full if address and not mistake(full) else ""


def _with_scheme(address: str) -> str:
    """A bare host:port is an http proxy, as everywhere."""
    return address if "://" in address or not address else f"http://{address}"


def _variable(environ: Mapping[str, str], name: str) -> str:
    """The variable in lower case, else in upper case."""
    return environ.get(name, "").strip() or environ.get(name.upper(), "").strip()


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY names this host: itself, a domain above it, a network, or all (*)."""
    if entry == "*":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    name, colon, only_port = entry.rpartition(":")
    if colon and only_port.isdigit():
        if int(only_port) != port:
            return False
        entry = name.strip("[]")
    domain = entry.removeprefix("*").removeprefix(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
