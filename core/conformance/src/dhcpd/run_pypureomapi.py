"""Runs calls of pypureomapi 1.1 and prints what each gave, as one JSON list.

The one argument is a JSON object: server, port, key (name and secret, or nulls) and calls, each
[method, [argument, ...], {keyword: argument, ...}].
"""

import json
import sys

import pypureomapi


def shown(value):
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {k.decode() if isinstance(k, bytes) else k: shown(v) for k, v in value.items()}
    return value


def outcome(server, method, arguments, keywords):
    try:
        return {"ok": shown(getattr(server, method)(*arguments, **keywords))}
    except pypureomapi.OmapiError as error:
        return {"error": type(error).__name__}


order = json.loads(sys.argv[1])
name, secret = (part and part.encode() for part in order["key"])
server = pypureomapi.Omapi(order["server"], int(order["port"]), name, secret, timeout=5)
print(json.dumps([outcome(server, *call) for call in order["calls"]]))
