from quart import Quart

from app.work import remove

app = Quart(__name__)


@app.get("/")
async def show():
    remove("x")
