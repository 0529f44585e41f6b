"""The flow by requests-oauthlib: prints the URL to authorize at, reads where the browser was sent, and goes on."""
import json
import os
import sys

import requests
from requests_oauthlib import OAuth2Session

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
base, client_id, client_secret, redirect_uri = sys.argv[1:5]
client = OAuth2Session(client_id, redirect_uri=redirect_uri, scope=["read", "write"], pkce="S256")
url, _state = client.authorization_url(f"{base}/api/o/authorize/")
print(url, flush=True)
landed = sys.stdin.readline().strip()
token = client.fetch_token(f"{base}/api/o/token/", authorization_response=landed, client_secret=client_secret)
first = client.get(f"{base}/api/v2/me/").json()["results"][0]["username"]
fresh = client.refresh_token(
    f"{base}/api/o/token/", refresh_token=token["refresh_token"], auth=(client_id, client_secret)
)
revoked = requests.post(
    f"{base}/api/o/revoke_token/", data={"token": fresh["access_token"]}, auth=(client_id, client_secret), timeout=10
)
after = requests.get(
    f"{base}/api/v2/me/", headers={"Authorization": f"Bearer {fresh['access_token']}"}, timeout=10
).status_code
print(json.dumps({"user": first, "rotated": fresh["refresh_token"] != token["refresh_token"], "revoked": revoked.status_code, "after": after}))
