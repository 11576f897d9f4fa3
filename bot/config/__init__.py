"""What the operator wrote, checked once."""
