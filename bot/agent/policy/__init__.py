"""Policies: access, budget, rate limit, bot loops, transcription. They decide; they know no verb."""
