"""The one exception that means "what you asked for is wrong", not "the machine failed"."""


class RequestError(Exception):
    """A spec, a table or an option cannot be used.

    The message stands alone: it names the file, the field or column, what was found and what is allowed.
    The command line prints it and exits with status 2.
    """
