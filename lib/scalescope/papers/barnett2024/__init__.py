"""Barnett (2024), "An empirical study of scaling laws for transfer", repeated with our own runs."""
