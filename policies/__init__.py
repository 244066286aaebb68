"""The shelf of regulations: dated figures, formulas and worksheets, with no table and no framework behind them."""
