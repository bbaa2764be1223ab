package jsonbody_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/scimbridge/scimbridge/internal/jsonbody"
)

type phone struct {
	Number string `json:"number"`
}

type body struct {
	Email  *string              `json:"email"`
	Flag   bool                 `json:"flag"`
	Roles  *map[string][]string `json:"roles"`
	Phones []phone              `json:"phones"`
}

// covers: T-38
func TestUnmarshalNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, in, field, dataPath, reason string
		strict                            bool
	}{
		{"empty", " \n", "", "", "the body is empty; a JSON value is expected", false},
		{"wrong type", `{"email":1}`, "email", ".email", "a string is expected, not a number", false},
		{"wrong type of a boolean", `{"flag":"true"}`, "flag", ".flag", "true or false is expected, not a string", false},
		{"deep", `{"roles":{"A":["x",7]}}`, "roles.A[1]", ".roles.A[1]", "a string is expected, not a number", false},
		{"in an array", `{"phones":[{},{"number":[]}]}`, "phones[1].number", ".phones[1].number", "a string is expected, not an array", false},
		{"object expected", `[]`, "", "", "an object is expected, not an array", false},
		{"null", " null\n", "", "", "an object is expected, not null", false},
		{"a word", `"x"`, "", "", "an object is expected, not a string", false},
		{"twice", `{"flag":true,"flag":false}`, "flag", ".flag", "the key is given twice", false},
		{"twice in an unknown object", `{"x":{"y":1,"y":2}}`, "x.y", ".x.y", "the key is given twice", false},
		{"truncated", `{"email":"a`, "", "", "the JSON value ends early", false},
		{"trailing", `{} {}`, "", "", "the body is not valid JSON at byte 3", false},
		{"no JSON", `email=a`, "", "", "the body is not valid JSON at byte 0", false},
		{"byte order mark", "\xef\xbb\xbf{}", "", "", "the body is not valid JSON at byte 0", false},
		{"invalid UTF-8", "{\"email\":\"\xff\"}", "email", ".email", "the body is not valid JSON at byte 10", false},
		{"lone surrogate", `{"email":"\ud800"}`, "email", ".email", "the body is not valid JSON at byte 10", false},
		{"unknown key, strict", `{"isAdmin":true}`, "isAdmin", ".isAdmin", "there is no such key", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b body
			err := jsonbody.Unmarshal([]byte(c.in), &b, c.strict)
			var e *jsonbody.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v, want a *jsonbody.Error", err)
			}
			if e.Field() != c.field || e.DataPath() != c.dataPath || e.Reason != c.reason {
				t.Errorf("got field %q, data path %q, reason %q", e.Field(), e.DataPath(), e.Reason)
			}
		})
	}
}

func TestUnmarshalAccepts(t *testing.T) {
	var b body
	err := jsonbody.Unmarshal([]byte(`{"email":"a@b.c","unknown":{"x":[1,null]},"flag":null,"phones":[{"number":"1"}]}`), &b, false)
	if err != nil || b.Email == nil || *b.Email != "a@b.c" || b.Flag || b.Roles != nil || len(b.Phones) != 1 {
		t.Errorf("got %+v, %v", b, err)
	}
}

// covers: T-38
func TestUnmarshalDeepNesting(t *testing.T) {
	var b body
	deep := `{"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`
	if err := jsonbody.Unmarshal([]byte(deep), &b, false); err == nil {
		t.Error("100,000 levels were accepted")
	}
}

// covers: T-66
func TestErrorsHoldNoValues(t *testing.T) {
	var b body
	err := jsonbody.Unmarshal([]byte(`{"flag":"CANARY-7f3a"}`), &b, false)
	if err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("the error is %v", err)
	}
	long := strings.Repeat("k", 10_000)
	err = jsonbody.Unmarshal([]byte(`{"`+long+`":1}`), &b, true)
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("the error for a long key has %d bytes", len(err.Error()))
	}
}
