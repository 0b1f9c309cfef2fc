"""The files that people edit: the site file and the device profiles, read and checked."""
