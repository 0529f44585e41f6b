// The flow by golang.org/x/oauth2: prints the URL to authorize at, reads where the browser was sent, and goes on.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	base, clientID, clientSecret, redirectURI := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	ctx := context.Background()
	config := &oauth2.Config{
		ClientID:     clientID,
		ClientSecret: clientSecret,
		RedirectURL:  redirectURI,
		Scopes:       []string{"read", "write"},
		Endpoint: oauth2.Endpoint{
			AuthURL:   base + "/api/o/authorize/",
			TokenURL:  base + "/api/o/token/",
			AuthStyle: oauth2.AuthStyleInHeader,
		},
	}
	verifier := oauth2.GenerateVerifier()
	fmt.Println(config.AuthCodeURL("a state", oauth2.S256ChallengeOption(verifier)))
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	must(err)
	landed, err := url.Parse(strings.TrimSpace(line))
	must(err)
	token, err := config.Exchange(ctx, landed.Query().Get("code"), oauth2.VerifierOption(verifier))
	must(err)
	// Expired by the clock of this client, so that its own source refreshes it.
	old := *token
	old.Expiry = time.Now().Add(-time.Hour)
	fresh, err := config.TokenSource(ctx, &old).Token()
	must(err)
	me := func() (int, string) {
		response, err := config.Client(ctx, fresh).Get(base + "/api/v2/me/")
		must(err)
		defer response.Body.Close()
		var page struct{ Results []struct{ Username string } }
		_ = json.NewDecoder(response.Body).Decode(&page)
		if len(page.Results) == 0 {
			return response.StatusCode, ""
		}
		return response.StatusCode, page.Results[0].Username
	}
	_, user := me()
	request, err := http.NewRequest("POST", base+"/api/o/revoke_token/", strings.NewReader(url.Values{"token": {fresh.AccessToken}}.Encode()))
	must(err)
	request.SetBasicAuth(clientID, clientSecret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	revoked, err := http.DefaultClient.Do(request)
	must(err)
	after, _ := me()
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"user": user, "rotated": fresh.RefreshToken != token.RefreshToken, "revoked": revoked.StatusCode, "after": after,
	}))
}
