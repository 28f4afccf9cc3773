"""Live studies: a grid of runs per paper, in the common run store; forecasts sealed before held-out runs; tables."""
