"""The words of files: the site file, device profiles, and the checks of both."""
