"""HTTP to OpenRouter: client, routes, key rotation, server-sent events, failures."""
