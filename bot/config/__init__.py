"""The configuration: the file, the environment and the stored keys as checked, frozen values."""
