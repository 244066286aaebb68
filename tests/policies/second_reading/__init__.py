"""A second, naive reading of the regulations: written from the texts alone, it knows nothing of the product's code."""
