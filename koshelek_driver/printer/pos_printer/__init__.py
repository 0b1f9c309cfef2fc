"""The category POSPrinter of UnifiedPOS: properties and methods over the jobs of one printer."""
