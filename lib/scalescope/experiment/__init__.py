"""Profiles to runs, and runs to tidy tables."""
