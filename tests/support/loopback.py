"""HTTP to the servers of a test, in the clear and on this machine.

A client that is made for one request would first read 140 certificates, which takes longer than all else that it does.
"""

from functools import partial

import httpx2

get = partial(httpx2.get, trust_env=False, verify=False)
post = partial(httpx2.post, trust_env=False, verify=False)
client = partial(httpx2.Client, trust_env=False, verify=False)
