"""Profiles to jobs, notebooks, plans and tables."""
