# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs a command that dies with its parent: `python -I -S leash.py PARENT_PID COMMAND...` (its text, passed by -c).

The kernel is asked (PR_SET_PDEATHSIG, Linux) to send SIGINT, PostgreSQL's fast shutdown, when the thread that started
this process ends, be it by kill -9. It must be asked after `unshare` and setuid: both change credentials, and the
kernel forgets the request then. Elsewhere than on Linux the next start finds and ends what was left behind.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Asks, checks that the parent did not die meanwhile, and becomes the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  # no shell is the point


main()
