"""Count what happened: reports, business days, settlement files. Nothing here moves money."""
