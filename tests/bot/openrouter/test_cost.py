"""What a call cost."""

from __future__ import annotations

import pytest

from bot.openrouter.usage import cost_microusd


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ({"cost": 0.0000015}, 2),
        ({"cost": 0}, 0),
        ({"cost": 3}, 3_000_000),
        ({"cost": True}, None),
        ({"cost": "0.1"}, None),
        ({"cost": -0.1}, None),
        ({"cost": float("nan")}, None),
        ({"cost": float("inf")}, None),
        ({"cost": 10**400}, None),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.36}}, 360_000),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.36}}, 370_000),
        ({"is_byok": True, "cost_details": {"upstream_inference_cost": 0.36}}, 360_000),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}, 10_000),
        ({"cost": 0.01, "is_byok": True, "cost_details": []}, 10_000),
        ({"cost": 0.01, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.36}}, 10_000),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_dollars_become_millionths_and_nonsense_becomes_nothing(usage: object, cost: int | None) -> None:
    assert cost_microusd(usage) == cost
