def attacks(ground):
    yield from ()
