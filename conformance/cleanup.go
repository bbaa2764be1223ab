package conformance

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// clean deletes what was made, the latest first. What can not be deleted stays
// booked.
func (j *judge) clean(ctx context.Context) {
	for _, r := range slices.Backward(slices.Clone(j.made)) {
		if _, err := j.send(ctx, nil, call{method: "DELETE", path: r.path, token: r.token}); err != nil && ctx.Err() != nil {
			return
		}
	}
}

// cleanAll ends a run, whatever has become of its context: it deletes what is
// booked and what a search by the prefix still finds, as after a request whose
// answer was lost. It returns the paths that could not be deleted.
func (j *judge) cleanAll() (left []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(j.ctx), time.Minute)
	defer cancel()
	if j.o.Hurry != nil {
		done := make(chan struct{})
		defer close(done)
		go func() {
			select {
			case <-j.o.Hurry:
				cancel()
			case <-done:
			}
		}()
	}
	j.clean(ctx)
	if _, lacking := j.lacks[filter]; !lacking {
		for _, token := range []string{j.o.Token, j.o.OtherTenantToken} {
			if token != "" {
				j.sweep(ctx, "Users", "userName", token)
				j.sweep(ctx, "Groups", "displayName", token)
			}
		}
	}
	for _, r := range j.made {
		left = append(left, printable(r.path))
	}
	return left
}

// sweep deletes every resource whose name begins with the prefix of the run.
func (j *judge) sweep(ctx context.Context, endpoint, attribute, token string) {
	for range 20 {
		a, err := j.send(ctx, nil, call{method: "GET", path: endpoint + "?" + query("filter", attribute+` sw "`+j.prefix+`"`, "attributes", attribute), token: token})
		if err != nil || a.status != 200 {
			return
		}
		gone := 0
		for _, x := range list(a.at("Resources")) {
			// The filter is believed only as far as the name bears it out: a
			// server that ignores filters must not lose its own users here.
			id := text(at(x, "id"))
			if id == "" || !strings.HasPrefix(strings.ToLower(text(at(x, attribute))), j.prefix) {
				continue
			}
			r := resource{endpoint + "/" + url.PathEscape(id), token}
			if d, err := j.send(ctx, nil, call{method: "DELETE", path: r.path, token: token}); err == nil && d.status == 204 {
				gone++
			} else if !slices.Contains(j.made, r) {
				j.made = append(j.made, r)
			}
		}
		if gone == 0 {
			return
		}
	}
}
