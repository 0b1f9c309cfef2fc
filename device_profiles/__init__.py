"""Data only: one TOML file a device model. README.md tells an integrator how to add one."""
