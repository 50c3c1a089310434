"""A front desk in the terminal: requests, visits, feedback, and word of every change."""

__version__ = "0.1.0"
