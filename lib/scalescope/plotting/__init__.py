"""What figures share: style, panels, grids, heat maps. No statistics."""
