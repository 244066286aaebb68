"""Stories about residents, the yearly collection, cover and renewal."""
