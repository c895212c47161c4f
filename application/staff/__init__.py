"""What staff do, with a name and a reason. The commands, and what they take, are imported from here."""

from application.staff.by import By
from application.staff.commands import Staff
from application.staff.correction import Correction
from application.staff.parcels import ListedParcel

__all__ = ["By", "Correction", "ListedParcel", "Staff"]
