"""The desk: what a receptionist sees and presses. Rules live in the domain, verbs in services."""

import os

# Read by Textual when it is imported: a key is painted within a frame of 120 a second.
os.environ.setdefault("TEXTUAL_FPS", "120")
