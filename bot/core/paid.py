"""A paid result: what a paid call brought, together with what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.core.spending import Spend

Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True, slots=True)
class Paid(Generic[Value]):
    """The value, and each call that was paid for on the way to it."""

    value: Value
    spend: tuple[Spend, ...] = ()
