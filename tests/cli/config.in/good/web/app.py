import time


async def quiet():
    time.sleep(1)
