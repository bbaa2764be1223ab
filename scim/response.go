package scim

import (
	"maps"
	"net/http"
	"strings"

	"github.com/scimbridge/scimbridge/internal/web"
)

// response is what an endpoint answers when it did what was asked.
type response struct {
	status   int
	body     []byte
	etag     string
	location string
	header   http.Header // further headers, or nil
	page     *page       // that body is the buffer of, or nil
}

func ok(body []byte) *response { return &response{status: http.StatusOK, body: body} }

func (r *response) write(w http.ResponseWriter) {
	h := w.Header()
	maps.Copy(h, r.header)
	if r.etag != "" {
		h.Set("ETag", r.etag)
	}
	if r.location != "" {
		if r.status == http.StatusCreated || r.status == http.StatusAccepted {
			h.Set("Location", r.location)
		} else {
			h.Set("Content-Location", r.location)
		}
	}
	if r.status == http.StatusAccepted { // there is nothing to say yet
		h.Set("Content-Length", "0")
		w.WriteHeader(r.status)
		return
	}
	web.WriteJSON(w, r.status, ContentType, r.body)
	if r.page != nil {
		r.page.release()
	}
}

// id returns the id of the resource that was created or changed.
func (r *response) id() string { return r.location[strings.LastIndexByte(r.location, '/')+1:] }

// notModified reports whether the client already has this version (R-7644-3.14-02).
func notModified(r *http.Request, etag string) bool {
	v := r.Header.Values("If-None-Match")
	return len(v) > 0 && anyTag(v, etag)
}

// anyTag reports whether one of the entity tags in the header lines is "*" or
// has the opaque value of etag. SCIM hands out weak tags and lets clients
// send them back in If-Match, so only the opaque values are compared (reading 5).
func anyTag(lines []string, etag string) bool {
	want := opaque(etag)
	for _, line := range lines {
		for tag := range strings.SplitSeq(line, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || tag != "" && opaque(tag) == want {
				return true
			}
		}
	}
	return false
}

// opaque returns what stands between the quotes; some clients drop those.
func opaque(tag string) string {
	return strings.Trim(strings.TrimPrefix(tag, "W/"), `"`)
}
