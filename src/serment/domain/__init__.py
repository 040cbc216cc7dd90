"""The ground floor: what a practice's time is and who may take it. Pure: told the time, it reads and writes
nothing.
"""
