"""Speech synthesis, transcription and music."""
