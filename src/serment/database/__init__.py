# SPDX-License-Identifier: AGPL-3.0-or-later
"""PostgreSQL: the embedded one, the pool, the migrations and the named queries. Decides nothing."""
