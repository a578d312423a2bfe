"""Doors that speak as a vendor does: `<vendor>.py` has the routes, `interfaces/vendors/<vendor>/` reads and renders.

`listed.py` has one line a door: which requests it claims, and what makes the app that answers them, imported when the
first of them comes. An app admits its callers by itself (credentials of its kind of token, then `Admission`), asks the
use cases narrowed to them (`services.for_(caller)`), and answers errors in its vendor's form. A door of which no
credential is good is shut: 404.
"""
