"""How the daemon is: channels kept connected, health told, counted, and asked for by the command line."""
