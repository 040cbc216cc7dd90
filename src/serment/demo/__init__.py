"""The demonstration: a real town, practices opened with real keys, patients who booked. Everybody in it is invented.

This is the one program that imports both the server's use cases and `seal`: it plays the practices' owners and the
patients, who in life sit at browsers of their own.
"""
