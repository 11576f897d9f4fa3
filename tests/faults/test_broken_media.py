"""What a person gets when a maker of media sends something broken: words, and nothing that cannot be opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.chat import ToolResult
from bot.core.errors import BadAnswer, Moderated, ProviderBusy, ProviderError
from bot.core.messages import Text
from tests.fakes.model import Calls, Says
from tests.talk import open_talk

PAINT = Calls((("image_generate", {"prompt": "a fox"}),))


@pytest.mark.parametrize(
    "fault", [BadAnswer("no base64", tell="The picture came back broken."), ProviderBusy("503"), Moderated("declined")]
)
async def test_a_picture_that_came_back_broken_is_told_to_the_model_and_not_sent(
    tmp_path: Path, fault: ProviderError
) -> None:
    async with open_talk(tmp_path, PAINT, Says("I could not paint it.")) as talk:
        talk.painter.faults.append(fault)
        await talk.says("paint a fox")
        await talk.settles()

        (result,) = (one for one in talk.model.requests[1].messages if isinstance(one, ToolResult))
        assert fault.tell in result.text
        assert talk.channel.parts("1") == [Text("I could not paint it.")]
        assert len(talk.painter.requests) == 1
