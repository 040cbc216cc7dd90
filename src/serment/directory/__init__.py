# SPDX-License-Identifier: AGPL-3.0-or-later
"""The public directory: towns, specialties, practitioners of the official register, and how they are searched."""
