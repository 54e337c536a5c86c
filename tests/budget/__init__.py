"""What requests may cost, counted and not timed: a guard against slow growth of the hot path."""
