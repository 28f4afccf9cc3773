"""Ivgi, Carmon and Berant (2022): Scaling Laws Under the Microscope."""
