"""The pages of purchasing: replenishment, purchase orders, receiving, suppliers, policies."""
