"""How fast the desk is, measured from outside and beside two bare Textual programs."""
