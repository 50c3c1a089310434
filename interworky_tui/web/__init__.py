"""The pages that clients open, and the door for other programs."""
