"""A live token for every request: what is fuzzed ends tokens, users and logins, the fuzzer's own among them."""

import json
import os
import urllib.error
import urllib.request

import schemathesis

BASE = os.environ["GRANTLOG_BASE"]
# Of many users with the same rights, so that one is left whatever was deleted.
TOKENS = json.loads(os.environ["GRANTLOG_TOKENS"])


def is_live(token):
    request = urllib.request.Request(f"{BASE}/api/v2/me/", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status == 200
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise
        return False


@schemathesis.auth(refresh_interval=1)
class LiveToken:
    def get(self, case, context):
        while not is_live(TOKENS[0]):
            TOKENS.pop(0)
        return TOKENS[0]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
