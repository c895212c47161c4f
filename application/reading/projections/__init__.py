"""Folds of typed events into rows. A fold sees one event and returns changes to its own table: it can't act."""
