import pytest
from problems import many


@pytest.fixture(scope="session")
def many_tasks():
    """Thirteen tasks: one more than are enumerated."""
    return many(13)
