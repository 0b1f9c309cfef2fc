"""The category POSPrinter: lines in, paper out, and an honest word on whether it is there."""
