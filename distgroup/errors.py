"""The exceptions that users can act on: their messages stand alone, the command line prints them and no traceback."""


class RequestError(Exception):
    """What was asked for is wrong: a spec, a table or an option. Exit status 2.

    The message names the file, the field or column, what was found and what is allowed.
    """


class DivergedError(Exception):
    """Training left the finite numbers. A trial that meets it fails, others go on."""


class ClusterError(OSError):
    """The cluster went away, or a worker cannot live on it, through no fault of the spec. Exit status 1."""


class TrainingError(Exception):
    """The ranks of a data-parallel training kept failing; the message says how at last. Exit status 1."""


PLAIN = RequestError | DivergedError | ClusterError | TrainingError
"""Those whose message says all."""


def describe(error: BaseException) -> str:
    """One line that says what went wrong: of an error from a worker, its cause there."""
    inner = getattr(error, "cause", None) or error
    return str(inner) if isinstance(inner, PLAIN) else f"{type(inner).__name__}: {inner}"
