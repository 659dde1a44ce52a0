import anyio

from app.work import remove


async def main(path):
    remove(path)
    await anyio.sleep(1)
