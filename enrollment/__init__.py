"""The enrollment app: residents, households, cover, collection and renewal."""
