"""The category CAT of UnifiedPOS: the wallet as a payment terminal."""
