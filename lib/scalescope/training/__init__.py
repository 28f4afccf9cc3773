"""Batches to checkpoints, curves and metrics."""
