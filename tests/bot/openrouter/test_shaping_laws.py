"""Laws that every shaping step keeps, over routes and bodies."""

from __future__ import annotations

import ast
import copy
import inspect
import json
from collections.abc import Callable

import pytest

from bot.openrouter.refs import is_anthropic, is_deepseek_v4, is_fusion, is_gemini
from bot.openrouter.shaping.anthropic import drop_prefill, mark_caches
from bot.openrouter.shaping.deepseek import replay_deepseek
from bot.openrouter.shaping.fusion import note_fusion
from bot.openrouter.shaping.gemini import sanitise_signatures
from bot.openrouter.shaping.pipeline import PIPELINE, route_to_providers, shaped
from bot.openrouter.shaping.shape import Shape, Step
from tests.bot.openrouter.bodies import BODIES, SHAPES

steps = pytest.mark.parametrize("step", PIPELINE, ids=lambda step: step.__name__)


@steps
def test_a_step_changes_nothing_it_was_given(step: Step) -> None:
    for shape in SHAPES:
        for body in BODIES:
            before, params = copy.deepcopy(body), copy.deepcopy(shape.params)

            after = step(body, shape)

            assert (body, shape.params) == (before, params)
            json.dumps(after)


@steps
def test_a_step_done_twice_is_done_once(step: Step) -> None:
    for shape in SHAPES:
        for body in BODIES:
            once = step(body, shape)

            assert step(once, shape) == once


def test_the_whole_pipeline_done_twice_is_done_once() -> None:
    for shape in SHAPES:
        for body in BODIES:
            once = shaped(body, shape)

            assert shaped(once, shape) == once


ROUTES: dict[Step, Callable[[Shape], bool]] = {
    drop_prefill: lambda shape: shape.verified and is_anthropic(shape.slug),
    mark_caches: lambda shape: shape.verified and is_anthropic(shape.slug),
    replay_deepseek: lambda shape: shape.verified and is_deepseek_v4(shape.slug),
    sanitise_signatures: lambda shape: is_gemini(shape.slug),
    note_fusion: lambda shape: is_fusion(shape.slug),
    route_to_providers: lambda shape: shape.verified,
}


@pytest.mark.parametrize("step", ROUTES, ids=lambda step: step.__name__)
def test_a_step_leaves_routes_alone_that_it_does_not_name(step: Step) -> None:
    named, alone = 0, 0
    for shape in SHAPES:
        for body in BODIES:
            if ROUTES[step](shape):
                named += step(body, shape) != body
            else:
                alone += 1
                assert step(body, shape) == body

    assert named
    assert alone


@steps
def test_a_step_is_short_and_names_its_source(step: Step) -> None:
    source = inspect.getsource(step)
    function = ast.parse(source).body[0]

    assert source.count("\n") <= 25
    assert "Source:" in (inspect.getdoc(step) or "") or step.__name__ == "require_finite"
    assert isinstance(function, ast.FunctionDef)


def test_the_steps_come_in_the_order_that_their_effects_need() -> None:
    names = [step.__name__ for step in PIPELINE]

    assert names == [
        "apply_sampling",
        "settle_tools",
        "drop_openai_only",
        "route_to_providers",
        "inject_reasoning",
        "replay_deepseek",
        "sanitise_signatures",
        "drop_prefill",
        "mark_caches",
        "note_fusion",
        "merge_extra_body",
        "drop_store",
        "require_finite",
    ]
