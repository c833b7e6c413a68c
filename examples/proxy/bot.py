"""A bot for smk proxy with nothing but Python's standard library.

    python3 bot.py http://127.0.0.1:8701 TOKEN MARKET CONTRACT

It watches a market, buys a little below the best bid, and cancels when the order is on the book: long enough to see
how commands, reports and books fit together. It ends when its order has ended.
"""

import json
import sys
import urllib.request


def command(base, token, **members):
    """Sends a command and returns its result; an error of the proxy is one of ours."""
    request = urllib.request.Request(
        base + "/v1/commands",
        data=json.dumps(members).encode(),
        headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["result"]
    except urllib.error.HTTPError as e:
        raise RuntimeError(json.load(e)["result"]["error"]["text"]) from None


def messages(base, token, markets, after=None):
    """Yields messages as they come. after is the last account sequence that was handled before."""
    query = "&".join(["market=%d" % m for m in markets] + (["after=%s" % after] if after else []))
    request = urllib.request.Request(base + "/v1/stream?" + query, headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, timeout=60) as stream:  # a comment comes every 15 s
        for line in stream:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def main(base, token, market, contract):
    reference = None
    for message in messages(base, token, [market]):
        if message["type"] == "book":
            book = message["book"]
            if reference or book["contract"] != contract or book["state"] != "live" or not book["bids"]:
                continue
            reference = "1"
            command(base, token, type="create", market=market, contract=contract, side="buy",
                    price=book["bids"][0]["price"] - 100, quantity=10_000, reference=reference, label="python")
        elif message["type"] == "order" and message["order"].get("order", {}).get("label") == "python":
            report = message["order"]
            print(report["event"], report["order"]["state"], flush=True)
            if report["event"] == "accepted":
                command(base, token, type="cancel", order=report["order"]["id"], reference="2")
            if report["order"]["state"] in ("ended", "refused", "not_placed"):
                return
    raise RuntimeError("the stream has ended before the order, which may be live: open it again with after")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
