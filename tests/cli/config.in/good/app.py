import time

import ourlib


async def handler():
    time.sleep(1)
    open("x").read()
    ourlib.Client().fetch()
