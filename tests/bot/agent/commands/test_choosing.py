"""/model and /think: what is answered to a name that fits, to one that does not, and to a typing error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.app_settings import models
from bot.config.agents import AgentDefaults
from bot.config.load import parse
from bot.core.messages import Text
from bot.openrouter.catalog import BUNDLED, ModelFacts
from bot.openrouter.guide import Guide
from tests.talk import Talk, open_talk

SOME = "{models: {'openrouter/moonshotai/kimi-k2.6': {alias: 'Kimi'}, 'openrouter/anthropic/claude-sonnet-4.6': {}}}"


class Listed:
    """A catalog that knows these models beside the bundled ones."""

    def __init__(self, *slugs: str) -> None:
        self._slugs = slugs

    async def models(self) -> tuple[ModelFacts, ...]:
        return (*BUNDLED, *map(ModelFacts, self._slugs))

    def on_hand(self, slug: str) -> ModelFacts:
        return ModelFacts(slug)


def guide(*slugs: str) -> Guide:
    return Guide(Listed(*slugs))  # type: ignore[arg-type]


def defaults(text: str) -> AgentDefaults:
    return parse(f"{{agents: {{defaults: {text}}}}}").agents.defaults


async def said(talk: Talk, text: str) -> Text:
    """The answer to a command."""
    await talk.says(text)
    await talk.settles()
    part = talk.channel.shown[-1].part
    assert isinstance(part, Text)
    return part


@pytest.mark.parametrize("written", ["openrouter/anthropic/claude-sonnet-4.6", "anthropic/claude-sonnet-4.6", "kimi"])
async def test_a_model_is_chosen_by_reference_by_vendor_and_by_short_name(tmp_path: Path, written: str) -> None:
    async with open_talk(tmp_path, models=models(defaults(SOME), "openrouter/auto")) as talk:
        assert (await said(talk, f"/model {written}")).text.startswith("From now on I answer here with `openrouter/")


async def test_where_a_list_is_kept_another_model_is_refused_with_the_nearest_and_with_all_of_them(
    tmp_path: Path,
) -> None:
    async with open_talk(tmp_path, models=models(defaults(SOME), "openrouter/auto")) as talk:
        for written in ("claud-sonnet", "openrouter/anthropic/claude-sonnet-4.5"):
            told = await said(talk, f"/model {written}")

            assert f"{written!r} is " in told.text
            assert "Did you mean `openrouter/anthropic/claude-sonnet-4.6`?" in told.text
            assert "You can choose `openrouter/auto`, `openrouter/moonshotai/kimi-k2.6`, " in told.text
            assert [choice.label for choice in told.choices] == [
                "openrouter/anthropic/claude-sonnet-4.6",
                "openrouter/auto",
                "Kimi",
            ]
        assert (await talk.store.session(talk.channel.shown[-1].to.conversation)).model == ""


async def test_the_model_that_answers_may_always_be_chosen_again(tmp_path: Path) -> None:
    async with open_talk(tmp_path, models=models(defaults(SOME), "openrouter/auto")) as talk:
        await said(talk, "/model kimi")

        assert (await said(talk, "/model openrouter/auto")).text == "From now on I answer here with `openrouter/auto`."
        assert (await said(talk, "/model default")).text == "From now on I answer here with `openrouter/auto`."


async def test_where_every_model_may_be_chosen_one_that_the_provider_does_not_list_is_doubted(tmp_path: Path) -> None:
    known = guide("openai/gpt-5", "anthropic/claude-sonnet-4.6")
    async with open_talk(tmp_path, models=models(defaults("{}"), "openrouter/auto"), guide=known) as talk:
        doubted = await said(talk, "/model openrouter/openai/gtp-5")
        no_vendor = await said(talk, "/model gpt5")

        assert doubted.text == (
            "From now on I answer here with `openrouter/openai/gtp-5`. But the provider does not list it. "
            "Did you mean `openrouter/openai/gpt-5`?"
        )
        assert doubted.choices[0].say == "/model openrouter/openai/gpt-5"
        assert no_vendor.text == (
            "'gpt5' is neither a model nor a short name. Did you mean `openrouter/openai/gpt-5`? "
            "Write it as `openrouter/<vendor>/<model>`."
        )
        for fine in ("openrouter/openai/gpt-5", "openai/GPT-5:free", "openrouter/openrouter/fusion"):
            assert "list" not in (await said(talk, f"/model {fine}")).text


async def test_nothing_is_doubted_while_the_list_cannot_be_had(tmp_path: Path) -> None:
    async with open_talk(tmp_path, models=models(defaults("{}"), "openrouter/auto"), guide=guide()) as talk:
        assert (await said(talk, "/model some/new")).text == "From now on I answer here with `openrouter/some/new`."


async def test_only_thinking_levels_that_a_model_understands_are_offered_and_other_spellings_are_taken(
    tmp_path: Path,
) -> None:
    async with open_talk(tmp_path, models=models(defaults("{}"), "openrouter/auto"), guide=guide()) as talk:
        auto = await said(talk, "/think")
        assert auto.text == "Thinking level: default. With `openrouter/auto` it makes no difference."
        assert [choice.label for choice in auto.choices] == ["default", "off"]

        await said(talk, "/model openrouter/deepseek/deepseek-v4-pro")
        assert [choice.label for choice in (await said(talk, "/think what?")).choices][-1] == "xhigh"
        assert (await said(talk, "/think Extra High")).text == "Thinking level: xhigh."
        assert (await said(talk, "/think default")).text == "Thinking level: default."


async def test_a_model_whose_name_is_too_long_for_a_button_is_chosen_by_its_short_name(tmp_path: Path) -> None:
    long, nameless = (f"openrouter/somebody/{'very-' * 8}long-{number}" for number in (1, 2))
    many = {long: {"alias": "short"}, nameless: {}, **{f"openrouter/some/model-{n}": {} for n in range(30)}}
    async with open_talk(tmp_path, models=models(defaults(json.dumps({"models": many})), "openrouter/auto")) as talk:
        shown = await said(talk, "/model")

        assert [(choice.label, choice.say) for choice in shown.choices[:3]] == [
            ("openrouter/auto", "/model openrouter/auto"),
            ("short", "/model short"),
            ("openrouter/some/model-0", "/model openrouter/some/model-0"),
        ]
        assert len(shown.choices) == 25
        assert f"`{long}`" in (await said(talk, shown.choices[1].say)).text
