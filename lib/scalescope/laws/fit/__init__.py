"""The one core of all fits: forms of laws, losses, the search over shapes, and the polish to the optimum."""
