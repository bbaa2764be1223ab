package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimbridge/scimbridge/directory"
	"github.com/scimbridge/scimbridge/journal"
	"github.com/scimbridge/scimbridge/storage"
)

// killVariable makes the test binary the child of TestKill: it holds the path
// of the database and the number of the round.
const killVariable = "SCIMBRIDGE_TEST_KILL"

func TestMain(m *testing.M) {
	if v := os.Getenv(killVariable); v != "" {
		path, round, _ := strings.Cut(v, "|")
		if err := writeUntilKilled(path, round); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes from several goroutines and prints the name of each
// user whose Update has returned.
func writeUntilKilled(path, round string) error {
	s, err := Open(context.Background(), Options{Path: path})
	if err != nil {
		return err
	}
	var mu sync.Mutex // a line is printed whole
	errs := make(chan error)
	refused := errors.New("refused")
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprint("user-", round, "-", w, "-", i)
				doc, err := directory.Profile{UserName: name, DisplayName: strings.Repeat("x", 500)}.Document()
				if err != nil {
					errs <- err
				}
				u := &directory.User{ID: directory.NewID(time.Now()), Tenant: 1, Version: 1, Created: epoch, Modified: epoch, Document: doc}
				err = s.Update(context.Background(), func(tx storage.Tx) error {
					err := errors.Join(tx.InsertUser(u, nil), tx.AppendJournal(&journal.Entry{At: epoch, Tenant: 1, Resource: u.ID}))
					if err == nil && i%10 == 9 {
						return refused // undone beside neighbours that are not
					}
					return err
				})
				if errors.Is(err, refused) {
					continue
				}
				if err != nil {
					errs <- err
				}
				mu.Lock()
				_, err = fmt.Println(name)
				mu.Unlock()
				if err != nil {
					errs <- err
				}
			}
		}()
	}
	return <-errs
}

// covers: T-49 kill -9 at any moment: what was acknowledged is there, whole
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	path := filepath.Join(t.TempDir(), "directory.db")
	acknowledged := map[string]bool{}
	for round := range 4 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), killVariable+"="+path+"|"+strconv.Itoa(round))
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var timer *time.Timer
		lines := bufio.NewReader(out)
		before := len(acknowledged)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				break // a last line without its end was not printed whole, so it does not count
			}
			acknowledged[strings.TrimSpace(line)] = true
			if timer == nil { // once it writes, it has not long to live
				timer = time.AfterFunc(time.Duration(50+70*round)*time.Millisecond, func() { child.Process.Kill() })
			}
		}
		if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("round %d: the child ended with %v, not killed", round, err)
		}
		if len(acknowledged) == before {
			t.Fatalf("round %d: nothing was written", round)
		}
		checkAfterKill(t, path, acknowledged)
	}
}

func checkAfterKill(t *testing.T, path string, acknowledged map[string]bool) {
	t.Helper()
	s, err := Open(context.Background(), Options{Path: path, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Update(context.Background(), func(tx storage.Tx) error {
		for row, err := range s.writer.c.Query("PRAGMA integrity_check") {
			if err != nil || row.Text(0) != "ok" {
				t.Errorf("integrity_check: %v, %v", row, err)
			}
		}
		for name := range acknowledged {
			u, err := tx.FindUser(1, storage.UserKey{UserName: name})
			if err != nil {
				t.Errorf("%s was acknowledged: %v", name, err)
				continue
			}
			if _, err := tx.AppState(u); err != nil {
				t.Errorf("application state of %s: %v", name, err)
			}
		}
		// Whole transactions only: as many users as entries, and the counter says so too.
		counted, err := tx.CountUsers(1, directory.Query{})
		if err != nil {
			return err
		}
		rows, err := tx.CountUsers(1, directory.Query{Where: directory.All{}})
		if err != nil {
			return err
		}
		totals, err := tx.Counts()
		if counted != rows || totals.JournalEntries != rows || rows < int64(len(acknowledged)) {
			t.Errorf("%d users by counter, %d rows, %d entries, %d acknowledged", counted, rows, totals.JournalEntries, len(acknowledged))
		}
		// What a refused write did is not there.
		for name := range acknowledged {
			if strings.HasSuffix(name, "9") {
				t.Errorf("%s was refused, but is acknowledged", name)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
