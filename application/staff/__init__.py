"""What staff do, with a name and a reason."""
