"""Stores speak SQL and decide nothing: rows in, rows out."""
