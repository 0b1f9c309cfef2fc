"""One talk with the host about one payment: pure generators, and what runs them."""
