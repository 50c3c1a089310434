"""How messages leave the house: the outbox is read here, and only here."""
