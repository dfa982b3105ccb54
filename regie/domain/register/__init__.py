"""The legal register of a séance, pure: ``decide`` a command, ``apply`` its events, and everything the law asks is computed.

A rule is looked up in ``rules``; the laws of each body and date in ``regimes``; dates in ``delays``; arithmetic in ``quorum``,
``votes``, ``rounds``. ``assembly`` says who is there and who may vote; ``convening``, ``attending``, ``connecting``, ``presiding``,
``discussing``, ``speaking``, ``voting`` and ``designating`` judge commands.
"""
