"""requests, httpx and aiohttp against the server at the first argument; run by python.py.
Its application is the third."""

import asyncio
import sys

import aiohttp
import httpx
import requests

from proof import PATIENCE, check

URL, TRANSPORT, APP = sys.argv[1:]
BODY = bytes(range(256)) * 1000
MANY = 100


def chunks():
    for start in range(0, len(BODY), 10_000):
        yield BODY[start:start + 10_000]


def checks(client, what, status, content, expects=(200, BODY)):
    check((status, content) == expects, f"{client}, {TRANSPORT}: {what}", (status, content[:200]))


def same_for_both(client, session):
    """Calls requests or httpx, and hides their differences."""
    for what, method, options in [
        ("POST", "POST", {"data" if client == "requests" else "content": BODY}),
        ("chunked PUT", "PUT", {"data" if client == "requests" else "content": chunks()}),
    ]:
        answer = session.request(method, URL, timeout=PATIENCE, **options)
        checks(client, what, answer.status_code, answer.content)
    answer = session.head(URL, timeout=PATIENCE)
    checks(client, "HEAD", answer.status_code, answer.content, (200, b""))
    answer = session.post(URL, json={"tea": "green"}, timeout=PATIENCE)
    check(answer.json() == {"tea": "green"}, f"{client}, {TRANSPORT}: JSON")


async def with_aiohttp():
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def post(body):
            async with session.post(URL, data=body) as answer:
                return answer.status, await answer.read()

        async def pieces():
            for chunk in chunks():
                yield chunk

        checks("aiohttp", "POST", *await post(BODY))
        checks("aiohttp", "chunked POST", *await post(pieces()))
        bodies = [f"{number}".encode() for number in range(MANY)]
        answers = await asyncio.gather(*(post(body) for body in bodies))
        own = answers == [(200, body) for body in bodies]
        check(own, f"aiohttp, {TRANSPORT}: {MANY} at once, each gets its own answer", answers)


def refused():
    """The answer arrives although the client is still uploading."""
    for status, path in [(413, "/collect"), (404, "/nothing")]:
        with httpx.Client() as client:
            answer = client.post(URL + path, content=bytes(100_000_000), timeout=PATIENCE)
        what = f"httpx, {TRANSPORT}: {status} while it uploads 100 MB"
        check(answer.status_code == status, what, answer)


if APP == "echo":
    with requests.Session() as session:
        same_for_both("requests", session)
    with httpx.Client() as session:
        same_for_both("httpx", session)
    asyncio.run(with_aiohttp())
else:
    refused()
