"""What can go wrong in the use cases, beside what the domain refuses and the ports raise."""


class NotFound(Exception):
    """The log does not know what was asked for."""


class Busy(Exception):
    """Too much is waiting to be written already. Try again in a moment."""


class StoreUnavailable(Exception):
    """The store could not take it: nothing was recorded. Try again later."""


class Stopped(Exception):
    """The engine is stopping or has failed: nothing was recorded."""
