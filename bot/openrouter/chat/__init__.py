"""Chat completions: request, stream, tool calls, reasoning, retries and model fallbacks."""
