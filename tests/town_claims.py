"""What the small town of the tests knows of claims."""


class ClaimsTown:
    """Methods of the town for stories about claims."""
