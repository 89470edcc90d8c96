"""The YAML in a source's docstring, which must stay true."""

import inspect
import re

import yaml


def example(source):
    """The options under ``data`` in the example."""
    block = re.search(r"```yaml\n(.*?)```", inspect.getdoc(source), re.DOTALL)
    return yaml.safe_load(block[1])["data"]
