"""Sound, pictures and text shaping: pydub, ffmpeg and Pillow live here and nowhere else."""
