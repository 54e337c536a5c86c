"""What the members say of themselves: figures, samples, and the asking."""
