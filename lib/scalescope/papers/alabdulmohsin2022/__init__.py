"""Alabdulmohsin et al. (2022): 92 learning curves, and which law extrapolates them best."""
