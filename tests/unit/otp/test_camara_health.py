"""The CAMARA facade says that it is there to whoever asks, and asks nobody for it."""

from __future__ import annotations

import httpx

from xacthuc.otp.camara.application import Facade


async def test_a_probe_is_answered_without_a_key_a_store_or_otp():
    facade = Facade(otp=None, keys=None, texts=None)
    transport = httpx.ASGITransport(facade.application())

    async with httpx.AsyncClient(transport=transport, base_url="http://facade") as http:
        asked, posted = await http.get("/healthz"), await http.post("/healthz")

    assert (asked.status_code, asked.content, posted.status_code) == (204, b"", 405)
