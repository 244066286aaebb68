"""The funds app: books, settlement with institutions, statements."""
