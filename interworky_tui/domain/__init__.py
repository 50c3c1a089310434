"""The rules of a front desk, pure: standard library only, no I/O, no clock of its own."""
