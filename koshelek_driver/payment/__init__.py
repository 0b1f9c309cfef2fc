"""Money: sales, refunds and their recovery. Conversations decide, the engine runs them, the journal remembers."""
