# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment`, whose demo books a week instead of three: for the tests that stop it, or kill it, on the way."""

from __future__ import annotations

from serment.cli import main
from serment.demo import run

if __name__ == "__main__":  # the workers of `serve` import this file again
    # Six days from any Friday evening on hold a working day, Easter Monday or not.
    run.MAIN_DAYS, run.MAIN_DAYS_BACK, run.OTHER_DAYS = 6, 2, 2
    main()
