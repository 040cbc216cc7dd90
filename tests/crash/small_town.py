# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment`, whose demo books a week instead of three: for the tests that stop it, or kill it, on the way."""

if __name__ == "__main__":  # the workers of `serve` run this file again, and load nothing by it
    from serment.cli import main
    from serment.demo import run

    # Six days from any Friday evening on hold a working day, Easter Monday or not.
    run.MAIN_DAYS, run.MAIN_DAYS_BACK, run.OTHER_DAYS = 6, 2, 2
    main()
