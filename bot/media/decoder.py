"""The decoder process on the leash: sets its own resource limits, then works on one file after the other."""

from __future__ import annotations

import importlib
import os
import resource
import sys

from bot.core.errors import MediaError
from bot.media.leash import CPU_SECONDS, DONE, MEMORY_BYTES, REFUSED, read, write


def main(module: str) -> None:
    """Works until its input ends. A limit that is met ends the process: the daemon starts another."""
    decoder = importlib.import_module(module)
    decoder.prepare()
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Linux lets a process begin with the peak of the one that started it: only growth beyond that is its own.
    inherited_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while True:
        try:
            _, task, data, number = read(sys.stdin.buffer)
        except EOFError:
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(
            resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU_SECONDS, resource.RLIM_INFINITY)
        )
        try:
            label, result = decoder.work(task, data, number)
        except MediaError as error:
            status, label, result = REFUSED, str(error), error.tell.encode()
        else:
            status = DONE
        peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        write(sys.stdout.buffer, status, label, result, peak_kib if peak_kib > inherited_kib else 0)


if __name__ == "__main__":
    main(sys.argv[1])
