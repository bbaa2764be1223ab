package sqlite

import (
	"context"
	"log/slog"
	"time"
)

// outageInterval is how often one complaint is repeated while it lasts.
const outageInterval = 10 * time.Second

// outage collapses the writer's complaints. A full disk fails each write until
// somebody makes room, which may be thousands in a second; a log that takes a
// line for each makes matters worse where it lies on the same disk.
type outage struct {
	log *slog.Logger
	now func() time.Time

	said    map[string]*complaint // by text and cause, of which there are few
	failing bool                  // since the last write that worked
	spoken  bool                  // the log knows of it
	last    time.Time             // when the last complaint was logged
}

// complaint is one kind of failure.
type complaint struct {
	logged time.Time
	unsaid int // since then
}

func newOutage(log *slog.Logger) *outage {
	return &outage{log: log, now: time.Now, said: map[string]*complaint{}}
}

// failed logs that writes failed for a cause, unless it did so shortly before.
func (o *outage) failed(text, cause string, writes int) {
	o.failing = true
	if o.say(slog.LevelError, text, text+"\x00"+cause, slog.String("cause", cause), slog.Int("writes", writes)) {
		o.spoken, o.last = true, o.now()
	}
}

// connected logs that there is a new connection, which an outage may need for
// each write.
func (o *outage) connected() {
	const text = "the writer has connected to the database again"
	o.say(slog.LevelInfo, text, text)
}

// say logs the text unless it has logged the key shortly before.
func (o *outage) say(level slog.Level, text, key string, attrs ...slog.Attr) bool {
	c, now := o.said[key], o.now()
	if c == nil {
		c = &complaint{}
		o.said[key] = c
	}
	if !c.logged.IsZero() && now.Sub(c.logged) < outageInterval {
		c.unsaid++
		return false
	}
	if c.unsaid > 0 {
		attrs = append(attrs, slog.Int("repeated", c.unsaid))
	}
	o.log.LogAttrs(context.Background(), level, text, attrs...)
	c.logged, c.unsaid = now, 0
	return true
}

// worked logs that writes work again, if they did not and the log says so. A
// disk that is almost full takes some writes and not others: what was not
// worth a line when it failed is not worth one now.
func (o *outage) worked() {
	if !o.failing || !o.spoken && o.now().Sub(o.last) < outageInterval {
		return
	}
	unsaid := 0
	for _, c := range o.said {
		unsaid += c.unsaid
		c.unsaid = 0
	}
	o.log.Info("writes work again", "repeated", unsaid)
	o.failing, o.spoken = false, false
}
