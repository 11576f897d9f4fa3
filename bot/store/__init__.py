"""The truth: inbox, steps, history, outbox, jobs, money and media."""
