# SPDX-License-Identifier: AGPL-3.0-or-later
"""Thefts that happened elsewhere, done again here: one folder each, with its story, its script and what it may yield."""
