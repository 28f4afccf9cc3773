"""McLeish et al. (2025): the Gemstones, laws in parameters and tokens and in the shape of the model."""
