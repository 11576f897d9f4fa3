"""The model provider: everything that knows OpenRouter's wire protocol."""
