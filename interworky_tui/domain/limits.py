"""How much may be done at once."""

AT_ONCE = 300
"""Appointments in one act: so that nobody else waits long for the store, and one can look at it."""
