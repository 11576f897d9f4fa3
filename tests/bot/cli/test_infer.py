"""voxline infer model run: one question, one answer, and the envelope that scripts read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from tests.bot.cli.conftest import Voxline


@pytest.fixture
def connected(config: Path, sandbox: Sandbox) -> Path:
    config.write_text(
        f"{{ models: {{ providers: {{ openrouter: {{ baseUrl: '{sandbox.base_url}', apiKey: 'sandbox-key' }} }} }} }}"
    )
    return config


def test_the_envelope_holds_the_answer(voxline: Voxline, connected: Path) -> None:
    options = ["--model", "openrouter/openrouter/fusion", "--prompt", "Reply with exactly: FUSION_OK"]

    status, out, err = voxline("infer", "model", "run", "--local", *options, "--json")

    told = json.loads(out)
    assert (status, err) == (0, "")
    assert {name: told[name] for name in told if name not in ("outputs", "cost")} == {
        "ok": True,
        "capability": "model.run",
        "transport": "local",
        "provider": "openrouter",
        "model": "openrouter/openrouter/fusion",
        "attempts": [],
    }
    assert told["outputs"][0]["text"].strip()
    assert set(told["cost"]) == {"usd"}


def test_without_json_the_answer_is_all_there_is(voxline: Voxline, connected: Path) -> None:
    status, out, err = voxline("infer", "model", "run", "--prompt", "hello", "--thinking", "low")
    assert (status, err) == (0, "")
    assert out.strip()


def test_a_failure_is_in_the_envelope_and_in_the_exit_status(voxline: Voxline, connected: Path) -> None:
    status, out, _ = voxline(
        "infer", "model", "run", "--model", "openrouter/nobody/nothing", "--prompt", "hello", "--json"
    )
    told = json.loads(out)
    assert (status, told["ok"], told["outputs"]) == (1, False, [])
    assert "nobody/nothing" in told["error"]


def test_without_a_key_it_says_how_to_get_one(voxline: Voxline) -> None:
    status, out, err = voxline("infer", "model", "run", "--prompt", "hello")
    assert (status, out) == (1, "")
    assert "voxline onboard" in err


@pytest.mark.parametrize("options", [["--prompt", " "], ["--prompt", "x", "--model", "gpt"]])
def test_an_empty_prompt_and_an_unknown_model_are_wrong_usage(voxline: Voxline, options: list[str]) -> None:
    assert voxline("infer", "model", "run", *options)[0] == 2
