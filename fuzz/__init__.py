"""Laws that bytes from outside may not break, and a fuzzer that tries: `make fuzz SECONDS=20`.

Each `fuzz_<target>.py` has one function `check(data)` that raises when a law is broken. None of them needs the
fuzzer, so that the tests play every file of `fuzz/corpus/<target>/` through it too.
"""

TARGETS = ("sse", "split", "telegram_html", "config", "update", "redact")
