"""Gadre et al. (2024): language models scale reliably with over-training and on downstream tasks."""
