# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ground floor: what a practice's time is and who may take it. Pure: told the time, it reads and writes
nothing.
"""
