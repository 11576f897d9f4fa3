"""Model choice: the references and thinking levels that a person can choose from."""

from __future__ import annotations

from bot.openrouter.catalog import BUNDLED, Catalog
from bot.openrouter.refs import ref_of, slug_of
from bot.openrouter.shaping.thinking_levels import level_of, levels_for


class Guide:
    """Answers from the model list."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def listed(self) -> tuple[str, ...]:
        """The references of all models that answer with text; none when the list cannot be had."""
        slugs = [facts.slug for facts in await self._catalog.models()]
        return tuple(map(ref_of, slugs)) if len(slugs) > len(BUNDLED) else ()

    def levels(self, ref: str) -> tuple[str, ...]:
        """The thinking levels that make a difference with a model."""
        facts = self._catalog.on_hand(slug_of(ref))
        return levels_for(facts.slug, facts.efforts, must_think=facts.must_think)

    def level_of(self, text: str) -> str | None:
        """The thinking level that a word means, in any of its usual spellings; None when it means none."""
        return level_of(text)
