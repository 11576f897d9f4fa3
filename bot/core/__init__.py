"""The vocabulary: frozen values, errors and ports. Imports only the standard library."""
