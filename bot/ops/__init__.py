"""How the daemon is: channels kept connected, health reported, events counted, the control socket answered."""
