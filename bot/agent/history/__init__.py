"""Conversation history: the context that fits the model, and summaries of what came before."""
