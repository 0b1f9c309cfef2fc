"""The category POSPrinter of UnifiedPOS: members and methods over jobs on one printer."""
