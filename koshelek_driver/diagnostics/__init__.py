"""What a technician may look at: devices, scans, health; nothing secret."""
