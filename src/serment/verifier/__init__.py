# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks a published ledger by spec/ledger.md alone. It shares no code with what writes the ledger, so that one mistake cannot
hide another."""
