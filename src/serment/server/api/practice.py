"""The practice's routes."""

handlers: list[object] = []
