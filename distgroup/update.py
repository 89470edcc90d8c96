"""The update rules: how the groups of a grouping are trained."""

from typing import Literal

Update = Literal["separate", "selective"]
"""separate: one network a group. selective: one network, its groups updated one after another within each batch."""
