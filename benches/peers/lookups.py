"""lookups.py HOST PORT KEY-NAME KEY FIRST LEASES COUNT WARM-UP

COUNT lookups by address with pypureomapi, one after the other: prints the seconds that they took,
and the seconds of processor time.
"""

import ipaddress
import sys
import time

import pypureomapi

host, port, name, key, first, leases, count, warm_up = sys.argv[1:]
first, leases, count, warm_up = int(ipaddress.ip_address(first)), int(leases), int(count), int(warm_up)
server = pypureomapi.Omapi(host, int(port), name.encode(), key.encode(), timeout=10)


def look_up(times):
    for number in range(times):
        ip = str(ipaddress.ip_address(first + number % leases))
        assert server.lookup_by_lease(ip=ip)["ip-address"] == ip


look_up(warm_up)
begin, used = time.perf_counter(), time.process_time()
look_up(count)
print(time.perf_counter() - begin, time.process_time() - used)
