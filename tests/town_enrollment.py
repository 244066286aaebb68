"""What the small town of the tests knows of enrollment."""


class EnrollmentTown:
    """Methods of the town for stories about enrollment."""
