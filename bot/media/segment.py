"""pydub, as it is used here: on PCM in memory, so that it needs no ffmpeg of its own."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # it looks for an ffmpeg on the PATH and warns when there is none; ours comes from a package
    warnings.filterwarnings("ignore", message="Couldn't find ffmpeg", category=RuntimeWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # audioop, before Python 3.13
    warnings.filterwarnings("ignore", category=SyntaxWarning)  # its regular expressions, since Python 3.12
    from pydub import AudioSegment
    from pydub.effects import normalize
    from pydub.silence import detect_leading_silence

__all__ = ["AudioSegment", "detect_leading_silence", "normalize"]
