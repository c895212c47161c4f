"""Why a target was missed, by how its name begins. Found out by a person, and shown while it is missed."""

from collections.abc import Mapping

REASONS: Mapping[str, str] = {}
