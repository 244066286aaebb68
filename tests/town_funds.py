"""What the small town of the tests knows of funds."""


class FundsTown:
    """Methods of the town for stories about funds."""
