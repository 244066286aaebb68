"""The demo city: a made-up year of a real city, lived through by the office's own services."""
