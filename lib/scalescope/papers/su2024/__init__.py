"""Su et al. (2024), "Unraveling the mystery of scaling laws: part I", repeated with our own runs."""
