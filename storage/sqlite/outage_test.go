package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/storage"
)

// A full disk takes a few lines of the log, whatever it refuses meanwhile.
//
// covers: T-49
func TestFullDiskIsNotLoggedForEachWrite(t *testing.T) {
	var log bytes.Buffer
	s := open(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	inWriter := func(fn func() error) {
		t.Helper()
		if err := s.Update(context.Background(), func(storage.Tx) error { return fn() }); err != nil {
			t.Fatal(err)
		}
	}
	now := epoch
	var pages int64
	inWriter(func() (err error) {
		s.writer.outage.now = func() time.Time { return now }
		pages, err = s.writer.c.pragma("page_count")
		return err
	})
	inWriter(func() error { return s.writer.c.run(fmt.Sprint("PRAGMA max_page_count = ", pages)) })
	refused := 0
	fill := func() {
		t.Helper()
		for range 50 {
			u := newUser(t, fmt.Sprint("u", refused))
			u.Document = append(u.Document[:len(u.Document)-1], `,"nickName":"`+strings.Repeat("x", 50_000)+`"}`...)
			if err := insert(s, u); err == nil {
				t.Fatal("the disk is not full")
			}
			refused++
		}
	}
	lines := func(level, text string) int {
		n := 0
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "level="+level) && strings.Contains(line, text) {
				n++
			}
		}
		return n
	}
	fill()
	if n := lines("ERROR", ""); n != 1 {
		t.Errorf("%d lines about %d refused writes, want 1:\n%s", n, refused, &log)
	}
	now = now.Add(outageInterval)
	fill()
	if n := lines("ERROR", ""); n != 2 || lines("ERROR", "repeated=49") != 1 {
		t.Errorf("%d lines after the interval, want 2, the second with repeated=49:\n%s", n, &log)
	}
	inWriter(func() error { return s.writer.c.run("PRAGMA max_page_count = 1073741823") })
	for i := range 3 {
		if err := insert(s, newUser(t, fmt.Sprint("after", i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := lines("INFO", "writes work again"); n != 1 || lines("INFO", "repeated=49") != 1 {
		t.Errorf("%d lines say that writes work again, want one with repeated=49:\n%s", n, &log)
	}
}

// A disk that takes every other write does not make a pair of lines of each.
func TestWavering(t *testing.T) {
	var log bytes.Buffer
	now := epoch
	o := newOutage(slog.New(slog.NewTextHandler(&log, nil)))
	o.now = func() time.Time { return now }
	o.worked()
	if log.Len() > 0 {
		t.Errorf("nothing had failed: %s", &log)
	}
	for range 100 {
		o.failed("a commit failed", "full", 1)
		o.worked()
		now = now.Add(outageInterval / 50)
	}
	if n := strings.Count(log.String(), "\n"); n != 4 {
		t.Errorf("%d lines in two intervals, want 4:\n%s", n, &log)
	}
	log.Reset()
	o.failed("a commit failed", "another cause", 1)
	if !strings.Contains(log.String(), "another cause") {
		t.Error("another cause is news, and was not logged")
	}
}
