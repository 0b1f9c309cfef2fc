"""UnifiedPOS: the standard's names and numbers."""
