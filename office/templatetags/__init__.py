"""Filters of the pages that every room shares."""
