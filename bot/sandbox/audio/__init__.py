"""The sandbox's speech synthesis, speech recognition and songs."""
