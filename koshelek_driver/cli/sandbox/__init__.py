"""The verbs of the simulated peers: sandbox and demo."""
