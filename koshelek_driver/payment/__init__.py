"""The money: a sale as a pure flow, the engine that drives it, the journal that outlives everything."""
