"""What the model can call: one file per tool, an explicit tuple, no scanning."""
