"""The desk: what a receptionist sees and presses. Rules live in the domain, verbs in services."""
