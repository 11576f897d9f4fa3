"""Random kills: python -m tests.kills.chaos --kills 500 [--channel telegram|discord] [--seed N]

People write without a pause in several chats while the real daemon is killed and paused at random. In the end
what the remote side shows is compared with what was sent. Ends with status 1 when anything was lost, said twice
or out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import re
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bot.agent.history.summary import SUMMARISE
from bot.sandbox import Sandbox
from tests.daemon import Daemon, configure, daemon
from tests.sides import SIDES, DiscordSide, Side, TelegramSide

LIFE_SECONDS = (0.25, 0.8)  # from being ready to the kill
PAUSE_SECONDS = (0.05, 0.3)
PAUSES = 0.2  # the share of lives that are paused once
MESSAGES_A_LIFE = 12
UNANSWERED_AT_MOST = 12  # in one chat: of more than twenty the daemon says that it does not take them
WORDS_PER_SECOND = 20.0  # so that a kill often meets a turn half way
END_SECONDS = 60.0
ANSWER = re.compile(r"answer (\d+)$")
GAVE_UP = "I could not finish this one"
REFUSED = "wait already, so I did not take this one"


@dataclass
class Tally:
    """What was sent, chat by chat, and what was counted on the way."""

    sent: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    kills: int = 0
    pauses: int = 0
    calls: int = 0
    summaries: int = 0

    @property
    def updates(self) -> int:
        return sum(map(len, self.sent.values()))


@dataclass(frozen=True)
class Verdict:
    """What people see in the end."""

    lost: int
    twice: int
    out_of_order: int
    orphans: int
    given_up: int
    refused: int

    @property
    def clean(self) -> bool:
        return not (self.lost or self.twice or self.out_of_order or self.refused)


def judge(side: Side, tally: Tally) -> Verdict:
    """Compares what is shown with what was sent."""
    lost = twice = out_of_order = orphans = given_up = refused = 0
    for chat, sent in tally.sent.items():
        texts = [seen.text for seen in side.seen(chat)]
        answers = [int(found.group(1)) for text in texts if (found := ANSWER.match(text))]
        counts = Counter(answers)
        sorry = sum(GAVE_UP in text for text in texts)
        lost += sum(number not in counts for number in sent) - sorry
        twice += sum(count - 1 for count in counts.values())
        first_seen = list(dict.fromkeys(answers))
        out_of_order += sum(later < earlier for earlier, later in pairwise(first_seen))
        orphans += sum(text.endswith("…") for text in texts)
        given_up += sorry
        refused += sum(REFUSED in text for text in texts)
    return Verdict(lost, twice, out_of_order, orphans, given_up, refused)


def unanswered(side: Side, tally: Tally, chat: str) -> int:
    """How many messages of this chat wait for an answer, as far as people can see."""
    return len(tally.sent[chat]) - sum(bool(ANSWER.match(seen.text)) for seen in side.seen(chat))


async def get_to_know(side: Side, folder: Path, tally: Tally) -> None:
    """A first message in each chat: what was said before a bot first came to Discord is not for it."""
    async with daemon(folder) as running:
        await running.ready()
        for chat in side.chats:
            await write(side, tally, chat)
        await side.until(lambda: judge(side, tally).lost == 0, END_SECONDS)


async def write(side: Side, tally: Tally, chat: str) -> None:
    number = tally.updates
    tally.sent[chat].append(number)
    await side.say(f"reply with exactly: answer {number}", chat)


async def feed(side: Side, tally: Tally, dice: random.Random, seconds: float) -> None:
    """A few messages at random moments. Where too much waits already, nobody writes."""
    for _ in range(MESSAGES_A_LIFE):
        await asyncio.sleep(dice.uniform(0, 2 * seconds / MESSAGES_A_LIFE))
        chat = dice.choice(side.chats)
        if unanswered(side, tally, chat) < UNANSWERED_AT_MOST:
            await write(side, tally, chat)


async def live_and_die(side: Side, folder: Path, tally: Tally, dice: random.Random) -> None:
    """One life of the daemon: started, perhaps paused, killed."""
    forget_identifies(folder)
    feeding = asyncio.create_task(feed(side, tally, dice, 1.0))
    async with daemon(folder) as doomed:
        await doomed.ready()
        seconds = dice.uniform(*LIFE_SECONDS)
        if dice.random() < PAUSES:
            await asyncio.sleep(seconds / 2)
            doomed.signal(signal.SIGSTOP)
            await asyncio.sleep(dice.uniform(*PAUSE_SECONDS))
            doomed.signal(signal.SIGCONT)
            tally.pauses += 1
        await asyncio.sleep(seconds)
        if doomed.process.returncode is not None:
            raise RuntimeError(f"the daemon ended by itself: {doomed.said()}")
        await doomed.kill()
        tally.kills += 1
    await feeding


async def catch_up(side: Side, tally: Tally, last: Daemon) -> None:
    """Returns once everything is answered, or no further answer came for a minute: what still waits is not lost."""
    left = judge(side, tally).lost
    while left:
        soon = max(left - 50, 0)
        try:
            await side.until(lambda: judge(side, tally).lost <= soon, END_SECONDS)
        except TimeoutError:
            if judge(side, tally).lost == left:
                print(last.said())
                return
        left = judge(side, tally).lost


def forget_identifies(folder: Path) -> None:
    """A day has room for 200 Discord sessions; the kills of a month fit into one run."""
    if (database := folder / "state" / "voxline.db").exists():
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("DELETE FROM cursor WHERE name = 'discord:identify'")


def spends(folder: Path) -> int:
    """How many paid calls the daemon wrote down."""
    with closing(sqlite3.connect(folder / "state" / "voxline.db")) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM spend").fetchone()[0])


async def chaos(kills: int, channel: str, seed: int, folder: Path) -> bool:
    """Whether everything was well; prints the figures."""
    dice, tally, began = random.Random(seed), Tally(), time.monotonic()
    side: TelegramSide | DiscordSide = SIDES[channel]()
    async with Sandbox(words_per_second=WORDS_PER_SECOND) as sandbox, side:
        configure(folder, base_url=sandbox.base_url, key=sandbox.key, channels=side.config())

        def count_calls() -> None:
            asked = [str(request.body["messages"][0]) for request in sandbox.asked("/chat/completions")]
            summaries = sum(SUMMARISE.splitlines()[0] in instructions for instructions in asked)
            tally.calls += len(asked) - summaries
            tally.summaries += summaries
            sandbox.forget()

        await get_to_know(side, folder, tally)
        for _ in range(kills):
            await live_and_die(side, folder, tally, dice)
            count_calls()
        forget_identifies(folder)
        async with daemon(folder) as last:
            await catch_up(side, tally, last)
            last.signal(signal.SIGTERM)
            await last.ended()
        count_calls()
        verdict = judge(side, tally)
    written = spends(folder)
    print(f"channel {channel}, seed {seed}, {time.monotonic() - began:.0f} s")
    print(f"messages sent          {tally.updates}")
    print(f"kills                  {tally.kills} (and {tally.pauses} pauses)")
    print(f"lost                   {verdict.lost}")
    print(f"final texts twice      {verdict.twice}")
    print(f"out of order           {verdict.out_of_order}")
    print(f"refused, and said so   {verdict.refused}")
    print(f"given up, and said so  {verdict.given_up}")
    print(f"orphaned placeholders  {verdict.orphans} ({100 * verdict.orphans / max(1, tally.kills):.1f} % of kills)")
    print(f"model calls            {tally.calls} ({tally.calls - tally.updates} more than messages)")
    print(f"calls for summaries    {tally.summaries}")
    print(f"calls written down     {written} ({tally.calls + tally.summaries - written} cut off before that)")
    cut_off_at_most = tally.kills * len(side.chats)
    return verdict.clean and tally.calls <= tally.updates + cut_off_at_most


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--channel", choices=SIDES, default="telegram")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # whoever was killed has hung up: that is the point
    with tempfile.TemporaryDirectory(prefix="voxline-chaos-") as folder:
        return 0 if asyncio.run(chaos(given.kills, given.channel, given.seed, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
