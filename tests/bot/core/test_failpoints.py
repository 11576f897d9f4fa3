"""Failpoints do nothing until they are armed, and none can be forgotten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot.core.errors import ConfigError
from bot.core.failpoints import ENVIRONMENT_VARIABLE, FAILPOINTS, FailpointReached, arm, arm_from_environment, failpoint


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    arm("")


def test_nothing_happens_at_an_unarmed_failpoint() -> None:
    for name in FAILPOINTS:
        failpoint(name)


def test_a_failpoint_that_is_not_listed_cannot_be_called() -> None:
    with pytest.raises(LookupError, match=r"add it there"):
        failpoint("c99.before")


def test_an_armed_failpoint_acts_every_time() -> None:
    arm("c1.before=raise")

    for _ in range(2):
        with pytest.raises(FailpointReached):
            failpoint("c1.before")
    failpoint("c1.after")


def test_a_counted_failpoint_acts_only_that_time() -> None:
    arm("start=exit@9, c1.before=raise@2")

    failpoint("c1.before")
    with pytest.raises(FailpointReached):
        failpoint("c1.before")
    failpoint("c1.before")


@pytest.mark.parametrize(
    "spec", ["c99=raise", "c1.before=explode", "c1.before", "c1.before=raise@0", "c1.before=raise@"]
)
def test_a_wrong_spec_is_refused_with_what_to_write(spec: str) -> None:
    with pytest.raises(ConfigError, match=ENVIRONMENT_VARIABLE):
        arm(spec)


def test_without_the_variable_nothing_is_disarmed() -> None:
    arm("c1.before=raise")
    assert ENVIRONMENT_VARIABLE not in os.environ

    arm_from_environment()

    with pytest.raises(FailpointReached):
        failpoint("c1.before")


@pytest.mark.parametrize(("action", "status"), [("kill9", -signal.SIGKILL), ("exit", 1)])
def test_the_environment_can_kill_a_process(action: str, status: int) -> None:
    program = "from bot.core.failpoints import *; arm_from_environment(); failpoint('start')"

    ended = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, ENVIRONMENT_VARIABLE: f"start={action}"}, check=False
    )

    assert ended.returncode == status
