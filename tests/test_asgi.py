"""The entrance: whatever Django answers arrives whole, and nobody's long body fills the memory."""

import asyncio
import signal
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from textbank import asgi, live

MEGABYTE = 1024 * 1024


def echo(request: HttpRequest) -> HttpResponse:
    answer = JsonResponse({"asked": request.method, "n": request.GET.get("n"), "bytes": len(request.body)})
    answer.set_cookie("one", "1")
    answer.set_cookie("two", "2", httponly=True)
    return answer


def measure(request: HttpRequest) -> HttpResponse:
    kind = type(request._stream._file).__name__
    length = sum(len(piece) for piece in iter(lambda: request.read(65536), b""))
    return JsonResponse({"bytes": length, "kept": kind})


def export(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(b"x" * 100_000 for _ in range(20))


def picture(request: HttpRequest) -> FileResponse:
    return FileResponse(open(__file__, "rb"), content_type="text/plain")


def ask_the_database(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [path(f"{view.__name__}/", view) for view in (echo, measure, export, picture, ask_the_database)]


@pytest.fixture(autouse=True)
def entrance(settings, monkeypatch) -> Iterator[asgi.Threads]:
    """One with a single thread, two plain middlewares and the addresses above."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    entrance = asgi.Threads(1)
    monkeypatch.setattr(asgi, "_django", entrance)
    monkeypatch.setattr(live, "desk", live.Desk())
    yield entrance
    entrance.threads.shutdown()


def request(method: str, address: str, *pieces: bytes, headers: tuple = ()) -> SimpleNamespace:
    """What a client gets, and in how many pieces it came."""
    asked, _, query = address.partition("?")
    body = b"".join(pieces)
    length = (b"content-length", str(len(body)).encode())
    scope = {
        "type": "http", "method": method, "path": asked, "query_string": query.encode("latin-1"), "root_path": "",
        "scheme": "http", "headers": headers or [(b"host", b"localhost"), length], "client": ("127.0.0.1", 9),
    }  # fmt: skip
    last = len(pieces) - 1
    coming = iter(
        [{"type": "http.request", "body": piece, "more_body": at < last} for at, piece in enumerate(pieces)]
        or [{"type": "http.request", "body": b"", "more_body": False}]
    )
    sent: list[dict] = []

    async def receive() -> dict:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(asgi.application(scope, receive, send))
    if not sent:
        return SimpleNamespace(status=None)
    start, *rest = sent
    assert [message["more_body"] for message in rest] == [True] * (len(rest) - 1) + [False]
    content = b"".join(message["body"] for message in rest)
    return SimpleNamespace(status=start["status"], headers=start["headers"], body=content, pieces=len(rest))


def test_an_ordinary_answer():
    got = request("POST", "/echo/?n=5", b"Hi ", b"Sam")

    assert (got.status, got.pieces) == (200, 1)
    assert got.body == b'{"asked": "POST", "n": "5", "bytes": 6}'
    assert (b"content-type", b"application/json") in got.headers
    assert [value for name, value in got.headers if name == b"set-cookie"] == [
        b"one=1; Path=/",
        b"two=2; HttpOnly; Path=/",
    ]


def test_a_long_upload_waits_in_a_file_and_not_in_memory():
    got = request("POST", "/measure/", *[b"x" * MEGABYTE] * 3)

    assert got.body == b'{"bytes": 3145728, "kept": "BufferedRandom"}'


@pytest.mark.parametrize("honest", [True, False], ids=["announced", "not announced"])
def test_what_is_too_long_is_refused(settings, honest):
    settings.UPLOAD_LIMIT = MEGABYTE
    headers = () if honest else ((b"host", b"localhost"), (b"transfer-encoding", b"chunked"))

    got = request("POST", "/measure/", *[b"x" * MEGABYTE] * 3, headers=headers)

    assert got.status == 413


def test_who_hangs_up_while_asking_gets_nothing():
    async def receive() -> dict:
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        pytest.fail("nobody is there")

    asyncio.run(asgi.application({"type": "http", "path": "/echo/", "headers": []}, receive, send))


def test_a_long_export_goes_out_piece_by_piece():
    got = request("GET", "/export/")

    assert len(got.body) == 2_000_000
    assert got.pieces == 21


def test_a_short_file_is_sent_at_once():
    got = request("GET", "/picture/")

    assert got.pieces == 1
    assert got.body.startswith(b'"""The entrance')


def test_an_address_that_is_no_text_is_refused():
    assert request("GET", "/echo/?n=\xff").status == 400


@pytest.mark.django_db(transaction=True)
def test_the_thread_gives_its_connection_back(entrance):
    assert request("GET", "/ask_the_database/").status == 200

    assert entrance.threads.submit(lambda: connection.connection).result() is None


def test_a_server_says_when_it_is_up_and_when_it_is_down():
    async def story() -> list[str]:
        coming: asyncio.Queue = asyncio.Queue()
        for event in ("startup", "shutdown"):
            coming.put_nowait({"type": f"lifespan.{event}"})
        said: list[str] = []

        async def send(message: dict) -> None:
            said.append(message["type"])

        await asgi.application({"type": "lifespan"}, coming.get, send)
        return said

    assert asyncio.run(story()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_stop_lets_the_open_pages_go_before_the_server_waits_for_them():
    async def story() -> None:
        coming: asyncio.Queue = asyncio.Queue()
        coming.put_nowait({"type": "lifespan.startup"})
        said: asyncio.Queue = asyncio.Queue()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, coming.put_nowait, {"type": "lifespan.shutdown"})
        life = asyncio.create_task(asgi.application({"type": "lifespan"}, coming.get, said.put))
        await said.get()

        signal.raise_signal(signal.SIGTERM)

        await life
        assert live.desk.open_to == 0

    asyncio.run(story())
