# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sees that a log only grows, and signs what it saw (C2SP tlog-witness). A process with its own key and folder; of ours it
imports the verifier alone."""
