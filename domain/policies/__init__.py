"""Whenever this, then that: what follows from the events in the log. A policy handles each event exactly once."""
