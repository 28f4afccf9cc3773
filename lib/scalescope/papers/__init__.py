"""One folder per paper: data, fits, claims or reported numbers, figures."""
