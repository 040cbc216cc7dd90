"""Serment: medical appointments that only the patient and the practice can read."""
