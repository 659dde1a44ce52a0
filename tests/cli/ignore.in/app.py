import time

from helpers import pause


async def handler():
    pause()  # loopwarden: ignore[blocking-slep] -- once a day


async def other():
    pause()  # loopwarden: ignore[blocking-sleep] -- once a day
    time.sleep(1)  # loopwarden: ignore[blocking-file-io]
