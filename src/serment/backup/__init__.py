# SPDX-License-Identifier: AGPL-3.0-or-later
"""Backups: a base and the WAL after it, sealed with age to a key that this machine does not hold, in files only added."""
