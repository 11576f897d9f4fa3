"""A state directory on a network share is refused before anything is opened there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import StateError
from bot.store.network_share import file_system, refuse_share

MOUNTS = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
41 27 0:40 / /home rw,relatime shared:1 master:2 - nfs4 server:/home rw,vers=4.2
42 41 254:1 / /home/ann/disk rw,relatime - xfs /dev/vdb rw
43 27 0:44 / /mnt/two\040words rw - cifs //nas/two rw
44 27 0:45 / /mnt/cloud rw - fuse.sshfs ann@host: rw
45 27 0:46 / /mnt/over rw - nfs server:/a rw
46 27 0:47 / /mnt/over rw - tmpfs tmpfs rw
a line of another kind
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/voxline", "ext4"),
        ("/home/ann/.local/state/voxline", "nfs4"),
        ("/home/ann/disk/voxline", "xfs"),
        ("/homes/ann", "ext4"),
        ("/mnt/two words/state", "cifs"),
        ("/mnt/cloud", "fuse.sshfs"),
        ("/mnt/over/state", "tmpfs"),
    ],
)
def test_a_folder_lies_on_the_deepest_mount_above_it(folder: str, kind: str) -> None:
    assert file_system(Path(folder), MOUNTS) == kind


def test_nothing_is_known_without_a_mount() -> None:
    assert file_system(Path("/state"), "") == ""


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_share_is_refused_with_what_to_do(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / {tmp_path} rw - {kind} server:/x rw\n")

    with pytest.raises(StateError, match=rf"network share \({kind}\).*--state-dir.*store.allowNetworkShare"):
        refuse_share(tmp_path / "state", mounts)


def test_a_disk_and_a_machine_without_a_list_of_mounts_are_taken(tmp_path: Path) -> None:
    refuse_share(tmp_path)
    refuse_share(tmp_path, tmp_path / "no such file")


def test_a_link_that_leads_to_a_share_is_a_share(tmp_path: Path) -> None:
    share, mounts = tmp_path / "share", tmp_path / "mounts"
    share.mkdir()
    (tmp_path / "state").symlink_to(share)
    mounts.write_text(f"1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / {share} rw - nfs server:/x rw\n")

    with pytest.raises(StateError, match="network share"):
        refuse_share(tmp_path / "state", mounts)
