"""Every line of ours in the program's log, by the name that programs read.

`infrastructure.log_lines` has the sentence of each for a person. Names never change: monitoring searches for them.
"""

from enum import StrEnum


class LogLine(StrEnum):
    # Stripe and customers
    WEBHOOK_DELIVERY = "webhook delivery"
    CHECKOUT_RETRIEVED = "checkout retrieved"
    LANDING_PAGE = "landing page"
    LANDING_PAGE_DID_NOT_WAIT = "landing page did not wait for Stripe"
    LANDING_PAGE_NOT_FULFILLED = "landing page could not fulfill"
    LANDING_PAGE_NOT_READ = "landing page can't read the log"
    LANDING_PAGE_FAILED = "landing page failed"

    # The log and those who follow it
    LEADING = "leading"
    STANDING_BY = "another process leads, this one stands by"
    READING_BEGINS = "reading begins"
    DECISION = "decision"
    EVENT_PARKED = "event parked"
    STRIPE_EVENT_NOT_MARKED = "stripe event not marked as failed"
    LOG_WENT_BACK = "the log went back to an earlier position, so everything is read again"
    LOG_FORGOTTEN = "the log went back to an earlier position, so nothing of it is kept in memory"
    LOG_NOT_WRITTEN = "the log still can't be written"
    LOG_NOT_LOOKED_AT = "the log can't be looked at for now"
    LOG_NOT_FOLLOWED = "the log can't be followed for now"
    NO_NOTIFICATIONS = "no notifications of commits for now"

    # Long streams
    LONG_STREAM_NOT_READ = "a long stream can't be read for now"
    LONG_STREAM_NOT_FOLDED = "long stream can't be folded"
    STATE_ROW_NOT_READ = "state row not read"
    STATE_ROW_NOT_WRITTEN = "state row not written"

    # Effects
    EFFECT_ATTEMPTED = "effect attempted"
    EFFECT_SET_ASIDE = "effect set aside until a restart"
    EFFECT_ENDED_ITS_THREAD = "effect ended its thread"
    EFFECTS_NOT_CLAIMED = "effects can't be claimed for now"
    OUTCOME_NOT_STORED = "outcome not stored yet"
    DELIVERY_AFTER_DEADLINE = "delivery answered after its deadline"
    DELIVERY_WITHOUT_RECEIPT = "delivered, but not answered with a DeliveryReceipt and a text"

    # Views
    EVENT_LEFT_OUT = "event left out of a view"
    VIEW_EMPTIED = "view emptied: it was made from another log, or from this one before a restore; it is rebuilt"
    VIEW_BUILT_AGAIN = "view is built again: it left out an event that this version can take in"
    VIEWS_NOT_UPDATED = "views can't be brought up to date for now"

    # The process
    SERVING = "serving"
    WORKING = "working"
    STOPPED = "stopped"
    ENGINE_FAILED = "engine failed"
    TOO_MANY_CONNECTIONS = "too many connections"
    TEXT_NOT_USED = "text is not used"
