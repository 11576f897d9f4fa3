"""The sandbox's chat answers: rules, phrases, tool calls."""
