"""Request shaping: what one model family or route needs to be different."""
