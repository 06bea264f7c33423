"""The pages of stock and products."""
