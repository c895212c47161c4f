"""Why a session is parked."""

from enum import StrEnum


class ParkReason(StrEnum):
    """Why a session waits for a person and is never fulfilled by itself."""

    WRONG_MODE = "wrong_mode"
    CONNECTED_ACCOUNT = "connected_account"
    UNKNOWN_PAYMENT_STATUS = "unknown_payment_status"
    UNKNOWN_TO_STRIPE = "unknown_to_stripe"
    OTHER_APPLICATION = "other_application"
    """It waits for no person: another application of the same Stripe account handles it."""


FOREIGN = (ParkReason.WRONG_MODE, ParkReason.CONNECTED_ACCOUNT)
"""The key of this shop can't retrieve a session that is parked for one of these reasons, whatever a person does."""
