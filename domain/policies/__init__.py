"""Whenever this, then that: what follows from the events in the log. A policy runs once per event, for ever."""
