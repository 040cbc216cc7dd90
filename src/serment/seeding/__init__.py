"""Brings practices, agendas, openings, absences and visit types in from a file (`serment seed FILE`).

`format` reads the file and refuses what is wrong in a sentence; `plant` writes the rows. No key is made here:
a practice planted by a file takes no online booking until an owner opens it with keys of their own.
"""

from serment.seeding.format import SeedRefused, Town, read
from serment.seeding.plant import Planted, plant, seed_id

__all__ = ["Planted", "SeedRefused", "Town", "plant", "read", "seed_id"]
