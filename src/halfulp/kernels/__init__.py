"""Pure numerics: what one number, or one contiguous block of numbers, becomes. Knows no NumPy."""
