"""Conference systems: what they say of their microphones, told alike whatever they speak.

Parsers without I/O (:mod:`televic`, :mod:`shure`, :mod:`dicentis`, :mod:`generic`) turn bytes into :mod:`events`, leniently: what
is not understood is counted and left out. :mod:`links` runs them on sockets, for ever, with back-off.
"""
