"""The pages of the order desk: entry, orders, customers."""
