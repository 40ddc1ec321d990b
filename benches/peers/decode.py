"""decode.py HEX SECONDS: how many times a second pypureomapi decodes this message."""

import sys
import time

import pypureomapi

octets = bytes.fromhex(sys.argv[1])
seconds = float(sys.argv[2])


def decode(count):
    for _ in range(count):
        for message in pypureomapi.InBuffer(octets).parse_message():
            if message is not None:
                break
    return message


assert len(decode(200).obj) == 15
count, begin = 0, time.perf_counter()
while time.perf_counter() - begin < seconds:
    decode(200)
    count += 200
print(count / (time.perf_counter() - begin))
