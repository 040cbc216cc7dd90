# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of a breach: what they say (`notice`, `register`), as PDF (`pdf`), as JSON (`record`), and the evidence."""
