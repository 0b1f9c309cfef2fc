"""Category CAT: the wallet as a payment terminal of UnifiedPOS."""
