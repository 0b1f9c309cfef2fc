"""Cards: from a label to a card presentation, and whether it is genuine. Time is handed in."""
