"""The pages of forecasting."""
