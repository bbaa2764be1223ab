package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
)

// answer is what one API says of the person: the status and the gist.
type answer struct {
	status int
	gist   string
}

// answers are what the four APIs say, side by side.
type answers struct{ uniphore, rsa, syncari, mobility answer }

func (a answers) list() []struct {
	api, request string
	answer
} {
	return []struct {
		api, request string
		answer
	}{
		{"Uniphore", "POST sync-user", a.uniphore},
		{"RSA", "POST users/lookup", a.rsa},
		{"Syncari", "GET users", a.syncari},
		{"ServiceMobility", "GET User", a.mobility},
	}
}

func (a answers) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range a.list() {
		fmt.Fprintf(w, "    %s\t%s\t%d\t%s\n", line.api, line.request, line.status, line.gist)
	}
	_ = w.Flush() // the story goes to a terminal: nobody is told if that is gone
}

// summarize prints a line for each turn of the life and a column for each API.
func summarize(out io.Writer, turns []answers) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "    ")
	for _, a := range turns[0].list() {
		fmt.Fprintf(w, "\t%s", a.api)
	}
	fmt.Fprintln(w)
	for i, t := range turns {
		fmt.Fprintf(w, "    %s", scenes[i].turn)
		for _, a := range t.list() {
			gist := a.gist
			if a.status != http.StatusOK {
				gist = fmt.Sprintf("%d", a.status)
			}
			fmt.Fprintf(w, "\t%s", gist)
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // as above
}

// check compares with what the contracts say (documented-apis 6.1, 7.6).
func (a answers) check(want answers) error {
	var all []error
	expected := want.list()
	for i, got := range a.list() {
		if got.answer != expected[i].answer {
			all = append(all, fmt.Errorf("%s: got %d %q, want %d %q", got.api, got.status, got.gist, expected[i].status, expected[i].gist))
		}
	}
	return errors.Join(all...)
}

// ask puts the same question to the four APIs: who is she now?
func (s *story) ask(ctx context.Context) (a answers, err error) {
	for _, q := range []struct {
		method, path, body string
		header             http.Header
		into               *answer
		gist               func([]byte) (string, error)
	}{
		{"POST", "/ocms/v2/configuration/sync-user?environment=dev", "", http.Header{"Authorization": {s.tokens.uniphore}}, &a.uniphore, uniphoreGist},
		{"POST", "/AdminInterface/restapi/v1/users/lookup", `{"email":"` + adaName + `"}`,
			http.Header{"Authorization": {"Bearer " + s.tokens.rsa}, "Content-Type": {"application/json"}}, &a.rsa, rsaGist},
		{"GET", "/api/v1/users", "", http.Header{"Authorization": {"Bearer " + s.tokens.syncari}, "Syncariid": {demoInstance}}, &a.syncari, syncariGist},
		{"GET", "/seiapi/v3/trans/User/" + url.PathEscape(adaName), "", http.Header{"X-Access-Token": {s.tokens.mobility}}, &a.mobility, mobilityGist},
	} {
		status, body, err := s.call(ctx, q.method, s.base+q.path, q.body, q.header)
		if err != nil {
			return a, err
		}
		gist, err := q.gist(body)
		if err != nil {
			return a, fmt.Errorf("%s %s: %w: %s", q.method, q.path, err, body)
		}
		*q.into = answer{status, gist}
	}
	return a, nil
}

func uniphoreGist(b []byte) (string, error) {
	var v struct {
		User *struct {
			Status string `json:"status"`
			Role   string `json:"role-name"`
		} `json:"user"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return "", err
	}
	if v.User == nil {
		return v.Message, nil
	}
	return v.User.Status + ", " + v.User.Role, nil
}

func rsaGist(b []byte) (string, error) {
	var v struct {
		Status      string `json:"userStatus"`
		MarkDeleted bool   `json:"markDeleted"`
		Description string `json:"description"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return "", err
	}
	if v.MarkDeleted {
		return v.Status + ", marked deleted", nil
	}
	return v.Status + v.Description, nil
}

func syncariGist(b []byte) (string, error) {
	var v struct {
		Result []struct {
			Email  string              `json:"email"`
			Status string              `json:"status"`
			Roles  map[string][]string `json:"userRoles"`
		} `json:"result"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return "", err
	}
	for _, u := range v.Result {
		if u.Email == adaName {
			return u.Status + ", " + strings.Join(u.Roles[demoInstance], " and "), nil
		}
	}
	return "not listed: no role here", nil
}

func mobilityGist(b []byte) (string, error) {
	var v struct {
		Activated bool
		Team      string `json:"ServiceTeamID"`
		UserID    string
		Detail    struct {
			Message string `json:"message"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return "", err
	}
	if v.UserID == "" {
		return v.Detail.Message, nil
	}
	team := "no team"
	if v.Team != "" {
		team = "team " + v.Team
	}
	return fmt.Sprintf("Activated %t, %s", v.Activated, team), nil
}
