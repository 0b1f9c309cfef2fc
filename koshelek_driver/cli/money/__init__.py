"""The verbs that sell, cancel, refund and print slips."""
