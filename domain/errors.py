"""What our own commands refuse, and why. What Stripe says is never refused: it is recorded."""


class Refused(Exception):
    """The command can't be done as the checkout stands; the message says why and what can be done instead."""


class InvalidIdentifier(ValueError):
    """The text does not have the shape of the identifier it is given as."""
