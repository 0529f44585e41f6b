"""The flow by Authlib: prints the URL to authorize at, reads where the browser was sent, exchanges, refreshes, revokes."""
import json
import os
import sys

from authlib.integrations.requests_client import OAuth2Session

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
base, client_id, client_secret, redirect_uri = sys.argv[1:5]
client = OAuth2Session(
    client_id,
    client_secret,
    scope="read write",
    redirect_uri=redirect_uri,
    code_challenge_method="S256",
    revocation_endpoint_auth_method="client_secret_basic",
)
verifier = "v" * 48
url, state = client.create_authorization_url(f"{base}/api/o/authorize/", code_verifier=verifier)
print(url, flush=True)
landed = sys.stdin.readline().strip()
token = client.fetch_token(f"{base}/api/o/token/", authorization_response=landed, code_verifier=verifier, state=state)
first = client.get(f"{base}/api/v2/me/").json()["results"][0]["username"]
fresh = client.refresh_token(f"{base}/api/o/token/", refresh_token=token["refresh_token"])
revoked = client.revoke_token(f"{base}/api/o/revoke_token/", token=fresh["access_token"])
after = client.get(f"{base}/api/v2/me/").status_code
print(json.dumps({"user": first, "rotated": fresh["refresh_token"] != token["refresh_token"], "revoked": revoked.status_code, "after": after}))
