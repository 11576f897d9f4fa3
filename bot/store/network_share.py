"""Where a state directory must not lie: on a share that other machines reach.

A write-ahead log needs memory that all who open the database share, and locks that hold: a network file system gives
neither, and the database would be damaged some day. Source: sqlite.org/wal.html; man 5 proc, /proc/[pid]/mountinfo.
"""

from __future__ import annotations

import re
from pathlib import Path

from bot.core.errors import StateError

MOUNTS = Path("/proc/self/mountinfo")
_KERNEL = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "beegfs", "ceph", "gfs2", "lustre", "ocfs2", "orangefs")
_FUSE = ("cephfs", "curlftpfs", "davfs2", "glusterfs", "rclone", "s3fs", "smbnetfs", "sshfs")
SHARES = frozenset((*_KERNEL, *(f"fuse.{name}" for name in _FUSE)))
_OCTAL = re.compile(r"\\([0-7]{3})")  # blanks and backslashes in a mount point


def share_under(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of network share under `folder`; "" for a local disk, and where the mounts cannot be read."""
    try:
        listed = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    kind = file_system(folder.resolve(), listed)
    return kind if kind in SHARES else ""


def refuse_share(folder: Path, mounts: Path = MOUNTS) -> None:
    """Raises `StateError` when `folder` lies on a network share."""
    if kind := share_under(folder, mounts):
        raise StateError(
            f"the state directory {folder} lies on a network share ({kind}), where a database is damaged sooner or "
            "later; choose a directory on a disk of this machine with --state-dir, or set store.allowNetworkShare to "
            "true if you know that only this machine reaches it and that its locks hold"
        )


def file_system(folder: Path, mounts: str) -> str:
    """The kind of file system that an absolute path lies on, as the kernel calls it; "" when no mount holds it."""
    kind, deepest = "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]))
        if folder.is_relative_to(point) and len(point.parts) >= deepest:  # of two at one place the later is on top
            kind, deepest = after.split(" ")[0], len(point.parts)
    return kind
