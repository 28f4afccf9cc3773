"""Besiroglu et al. (2024): Chinchilla scaling, a replication attempt."""
