"""Background work beside the turns: jobs, reminders, and what speech cost."""
