"""Parts of the screen that know nothing of where their data comes from."""
