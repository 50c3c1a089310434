"""Which folders are on another machine's disk, as Linux tells it."""

from pathlib import Path

import pytest

from interworky_tui.doctor.machine import share_of

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
nonsense

40 22 0:40 / /srv/the\\040office rw,relatime - nfs4 nas:/desk rw
41 40 8:2 / /srv/the\\040office/here rw - xfs /dev/sdb1 rw
42 22 0:41 / /mnt/win rw - cifs //nas/win rw
43 22 0:42 / /mnt/ssh rw - fuse.sshfs ana@nas:/ rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/ana", ""),
        ("/srv/the office", "nfs4"),
        ("/srv/the office/data", "nfs4"),
        ("/srv/the office/here/data", ""),
        ("/srv/the offices", ""),
        ("/mnt/win/x", "cifs"),
        ("/mnt/ssh", "fuse.sshfs"),
    ],
)
def test_the_innermost_mount_counts(folder: str, kind: str) -> None:
    assert share_of(Path(folder), MOUNTS) == kind


def test_a_system_that_does_not_say() -> None:
    assert share_of(Path("/home/ana"), "") == ""
