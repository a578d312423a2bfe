"""One wire format each: what a vendor's client sends becomes our request, what we show becomes what it reads. Pure."""
