"""Everything that knows OpenRouter's wire."""
