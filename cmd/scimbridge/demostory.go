package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/scimbridge/scimbridge/auth"
	"github.com/scimbridge/scimbridge/internal/conversation"
	"github.com/scimbridge/scimbridge/testdata"
)

// story is the demo as it is told.
type story struct {
	app    *app
	cast   *cast
	base   string
	out    io.Writer
	client *http.Client
	token  string // of the SCIM client of the second part
	tokens appTokens
	user   string // SCIM id of its person
}

// The person of the second part.
const (
	adaName  = "ada.byron@example.com"
	adaGroup = "Quality"
)

// graceName is whom the reader is invited to create.
const graceName = "grace@example.com"

func (s *story) tell(ctx context.Context) error {
	fmt.Fprintf(s.out, "scimbridge demo: a bridge on a scratch database at %s\n\n", s.base)
	fmt.Fprintf(s.out, "The rules of this demo:\n\n%s\n", indent(demoRules))
	if err := s.replay(ctx); err != nil {
		return err
	}
	return s.life(ctx)
}

// replay plays what identity providers really send, each conversation in a
// tenant of its own.
func (s *story) replay(ctx context.Context) error {
	fmt.Fprintln(s.out, "Part 1. What identity providers send, and whether each answer is the right one")
	fmt.Fprintln(s.out)
	idp, err := fs.Sub(testdata.IdP, "idp")
	if err != nil {
		return err
	}
	all, err := conversation.ReadAll(idp)
	if err != nil {
		return err
	}
	exchanges := 0
	start := time.Now()
	for _, c := range all {
		provider := path.Dir(c.Name)
		if provider != "okta" && provider != "entra" || c.Mode != "" {
			continue
		}
		name := strings.ReplaceAll(strings.TrimSuffix(c.Name, ".txt"), "/", "-")
		token, err := s.app.newClient(ctx, "demo-"+name, provider)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "  %-34s ", c.Name)
		p := &conversation.Player{Base: s.base + "/scim/v2", Token: token, Client: s.client, Done: func(conversation.Exchange, conversation.Answer) {
			fmt.Fprint(s.out, ".")
		}}
		if err := p.Play(ctx, c); err != nil {
			fmt.Fprintln(s.out, " WRONG")
			return err
		}
		fmt.Fprintf(s.out, " %d right\n", len(c.Exchanges))
		exchanges += len(c.Exchanges)
	}
	fmt.Fprintf(s.out, "\n  %d exchanges in %d ms, every answer as expected.\n\n", exchanges, time.Since(start).Milliseconds())
	return nil
}

// scene is one push of the identity provider and what it should do to the four
// answers.
type scene struct {
	title  string
	turn   string // the title in a word, for the summary
	method string
	path   string
	body   string
	status int
	// capture is the variable that takes the id of the answer.
	capture string
	want    answers
}

// life follows one person through the five turns of an account's life.
func (s *story) life(ctx context.Context) (err error) {
	fmt.Fprintf(s.out, "Part 2. The life of %s, as the four applications see it\n", adaName)
	if s.token, err = s.app.newClient(ctx, auth.DefaultName, "entra"); err != nil {
		return err
	}
	if s.tokens, err = s.cast.logOn(ctx, s.client, s.base, adaName); err != nil {
		return err
	}
	vars := map[string]string{}
	var wrong []error
	var turns []answers
	for _, sc := range scenes {
		body, target := fill(sc.body, vars), fill(sc.path, vars)
		fmt.Fprintf(s.out, "\n%s\n  %s /scim/v2%s\n  %s\n", sc.title, sc.method, target, orDash(body))
		status, answer, err := s.scim(ctx, sc.method, target, body)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "  -> %d\n\n", status)
		if status != sc.status {
			return fmt.Errorf("%s %s answered %d, want %d: %s", sc.method, target, status, sc.status, answer)
		}
		if sc.capture != "" {
			var got struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(answer, &got); err != nil {
				return fmt.Errorf("%s %s: %w", sc.method, target, err)
			}
			vars[sc.capture] = got.ID
			if sc.capture == "user" {
				s.user = got.ID
			}
		}
		got, err := s.ask(ctx)
		if err != nil {
			return err
		}
		got.print(s.out)
		turns = append(turns, got)
		if err := got.check(sc.want); err != nil {
			wrong = append(wrong, fmt.Errorf("after %q: %w", sc.title, err))
			fmt.Fprintf(s.out, "  WRONG: %v\n", err)
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "\nHer life, side by side")
	fmt.Fprintln(s.out)
	summarize(s.out, turns)
	fmt.Fprintln(s.out, "\nEvery answer was the expected one.")
	return nil
}

const patchHead = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`

// scenes are the turns of the life, in the words of Entra ID.
var scenes = []scene{
	{
		title: "She is created", turn: "created", method: "POST", path: "/Users", status: 201, capture: "user",
		body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"ada","userName":"` + adaName + `","active":true,"name":{"givenName":"Ada","familyName":"Byron"},"displayName":"Ada Byron","emails":[{"primary":true,"type":"work","value":"` + adaName + `"}],"phoneNumbers":[{"type":"mobile","value":"+1 555 0100"}]}`,
		want: answers{
			uniphore: answer{200, "Active, Agent"}, rsa: answer{200, "Enabled"},
			syncari: answer{200, "not listed: no role here"}, mobility: answer{200, "Activated true, no team"},
		},
	},
	{
		title: "A group appears that the rules give roles to", turn: "group appears", method: "POST", path: "/Groups", status: 201, capture: "group",
		body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"g1","displayName":"` + adaGroup + `","members":[]}`,
		want: answers{
			uniphore: answer{200, "Active, Agent"}, rsa: answer{200, "Enabled"},
			syncari: answer{200, "not listed: no role here"}, mobility: answer{200, "Activated true, no team"},
		},
	},
	{
		title: "She becomes a member of it", turn: "role by group", method: "PATCH", path: "/Groups/{{group}}", status: 200,
		body: patchHead + `{"op":"Add","path":"members","value":[{"$ref":null,"value":"{{user}}"}]}]}`,
		want: answers{
			uniphore: answer{200, "Active, Quality Analyst"}, rsa: answer{200, "Enabled"},
			syncari: answer{200, "ACTIVE, Sync Manager"}, mobility: answer{200, "Activated true, team TEAM-EAST"},
		},
	},
	{
		title: "She is deactivated (Entra writes the boolean as a string)", turn: "deactivated", method: "PATCH", path: "/Users/{{user}}", status: 200,
		body: patchHead + `{"op":"Replace","path":"active","value":"False"}]}`,
		want: answers{
			uniphore: answer{401, "Unauthorized user"}, rsa: answer{200, "Disabled"},
			syncari: answer{200, "INACTIVE, Sync Manager"}, mobility: answer{200, "Activated false, team TEAM-EAST"},
		},
	},
	{
		title: "She is reactivated", turn: "reactivated", method: "PATCH", path: "/Users/{{user}}", status: 200,
		body: patchHead + `{"op":"replace","value":{"active":true}}]}`,
		want: answers{
			uniphore: answer{200, "Active, Quality Analyst"}, rsa: answer{200, "Enabled"},
			syncari: answer{200, "ACTIVE, Sync Manager"}, mobility: answer{200, "Activated true, team TEAM-EAST"},
		},
	},
	{
		title: "She is deleted; the applications keep what their contracts say, for seven days", turn: "deleted", method: "DELETE", path: "/Users/{{user}}", status: 204,
		want: answers{
			uniphore: answer{404, "user not found with username " + adaName}, rsa: answer{200, "Disabled, marked deleted"},
			syncari: answer{200, "INACTIVE, Sync Manager"}, mobility: answer{410, "User '" + adaName + "' does not exist."},
		},
	},
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n  ") + "\n"
}

func fill(s string, vars map[string]string) string {
	for name, v := range vars {
		s = strings.ReplaceAll(s, "{{"+name+"}}", v)
	}
	return s
}

func (s *story) scim(ctx context.Context, method, path, body string) (status int, answer []byte, err error) {
	return s.call(ctx, method, s.base+"/scim/v2"+path, body, http.Header{
		"Authorization": {"Bearer " + s.token}, "Content-Type": {"application/scim+json"},
	})
}

func (s *story) call(ctx context.Context, method, to, body string, h http.Header) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header = h
	res, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	if answer, err = io.ReadAll(res.Body); err != nil {
		return 0, nil, err
	}
	return res.StatusCode, answer, nil
}

// invite prints what the reader can try while the bridge keeps serving.
func (s *story) invite(admin string) {
	const invitation = `
The bridge keeps serving until you interrupt it (Ctrl-C). Try it:

  TOKEN={{token}}
  curl -s -H "Authorization: Bearer $TOKEN" '{{base}}/scim/v2/Users'
  curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/scim+json' '{{base}}/scim/v2/Users' \
    -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{grace}}","emails":[{"value":"{{grace}}","type":"work"}]}'

  # what the four applications' APIs say of her (tokens are good for an hour)
  curl -s -X POST -H 'Authorization: Bearer {{rsa}}' -H 'Content-Type: application/json' '{{base}}/AdminInterface/restapi/v1/users/lookup' -d '{"email":"{{grace}}"}'
  curl -s -H 'Authorization: Bearer {{syncari}}' -H 'syncariId: {{instance}}' '{{base}}/api/v1/users'
  curl -s -H 'x-access-token: {{mobility}}' '{{base}}/seiapi/v3/trans/User/{{escaped}}'
  curl -s -X POST -H 'Authorization: Bearer {{uniphore}}' '{{base}}/ocms/v2/configuration/sync-user?environment=dev'

  curl -s http://{{admin}}/metrics | grep ^scimbridge_
`
	fmt.Fprint(s.out, fill(invitation, map[string]string{
		"token": s.token, "base": s.base, "admin": admin, "instance": demoInstance, "grace": graceName, "escaped": url.QueryEscape(graceName),
		"rsa": s.tokens.rsa, "syncari": s.tokens.syncari, "mobility": s.tokens.mobility, "uniphore": s.cast.uniphoreToken(graceName),
	}))
}
