package screen

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/smk-go/smk/journal"
)

const (
	// FrameTime is how often a journal that grows is read, and shown. Reading it more often is felt by the bot on a
	// machine with few cores: with 20 ms the p99 of its round trips was 1.7 times as long.
	FrameTime = 250 * time.Millisecond

	behindAfter = time.Second // age of the newest record that was read while there are more

	// existsEvery is how many readings at the journal's end there are between two looks whether it is still there.
	existsEvery = 4
)

// Frame is a picture of the present.
type Frame struct {
	*Picture
	First  Position // of the journal
	Behind bool     // the journal is read up to Picture.At, and there is more
	Error  string   // why the journal is not read any more
}

// Live reads a journal while it grows.
type Live struct {
	Timeline *Timeline // nil without Options.Past
	dir      string
	model    *Model
	noteAt   uint64 // record at which the timeline wants to follow
	shown    uint64 // record of the last frame
	shownAt  time.Time
	behind   bool // so the last frame said
	begun    bool
}

// NewLive returns a reader of the journal in a folder.
func NewLive(dir string, o Options) *Live {
	l := &Live{dir: dir, model: New(o)}
	if o.Past {
		l.Timeline = newTimeline(dir, o)
	}
	return l
}

// Run reads until ctx ends, and calls show with a frame now and then, if there is something new. The first frame comes
// at once. A journal that cannot be read any further is shown as it is, with the error in the frame, until ctx ends.
// One that is removed is shown as it was, with that as the error, until there is another in its place, which is read
// from its beginning. So is one whose next segment was removed before it was read, because it was old. The error is
// that of a folder that cannot be read.
func (l *Live) Run(ctx context.Context, show func(Frame)) error {
	r, err := journal.OpenDir(l.dir, journal.ReaderConfig{Follow: true})
	if err != nil {
		return err
	}
	defer func() {
		if r != nil {
			_ = r.Close()
		}
	}()
	for n, ends := 0, 0; ctx.Err() == nil; n++ {
		record, err := r.Next()
		switch {
		case err == nil:
			l.model.Apply(record)
			if l.Timeline != nil && (len(l.model.facts.marks) > 0 || l.model.Record() >= l.noteAt) && !record.Own {
				l.noteAt = l.Timeline.note(l.model)
			}
			if n%256 == 0 {
				l.show(show, true)
			}
			continue
		case errors.Is(err, io.EOF):
			l.show(show, false)
			ends++
		}
		failed := !errors.Is(err, io.EOF)
		if failed || ends%existsEvery == 0 {
			gone, _ := r.Replaced()
			switch {
			case gone:
				_ = r.Close()
				if r = l.next(ctx, show); r == nil {
					return nil
				}
				continue
			case errors.Is(err, journal.ErrRemoved): // this process was stopped, and the journal keeps only so much
				again, err := journal.OpenDir(l.dir, journal.ReaderConfig{Follow: true})
				if err != nil {
					l.fail(show, printable(err.Error()))
					<-ctx.Done()
					return nil
				}
				_ = r.Close()
				r = again
				l.forget()
				continue
			case failed:
				l.fail(show, printable(err.Error()))
				<-ctx.Done()
				return nil
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(FrameTime):
		}
	}
	return nil
}

// fail shows why the journal is not read any further.
func (l *Live) fail(show func(Frame), why string) {
	if l.Timeline != nil {
		l.Timeline.reach(l.model)
	}
	show(Frame{Picture: l.model.Picture(), First: l.first(), Error: why})
}

// next waits for another journal in the place of one that was removed, and begins anew. It returns nil if ctx ends.
func (l *Live) next(ctx context.Context, show func(Frame)) *journal.Reader {
	l.fail(show, "it was removed, and there is no other in its place")
	for ctx.Err() == nil {
		r, err := journal.OpenDir(l.dir, journal.ReaderConfig{Follow: true, Poll: FrameTime})
		if err == nil && r.Wait(ctx) == nil {
			l.forget()
			return r
		}
		if err == nil {
			_ = r.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(FrameTime):
		}
	}
	return nil
}

// forget begins anew, with the first record that there is.
func (l *Live) forget() {
	l.model, l.begun, l.noteAt = New(l.model.options), false, 0
	if l.Timeline != nil {
		l.Timeline.clear()
	}
}

func (l *Live) first() Position {
	if l.Timeline == nil {
		return Position{}
	}
	first, _ := l.Timeline.Range()
	return first
}

// show shows a frame if it is time and there is something new.
func (l *Live) show(show func(Frame), behind bool) {
	behind = behind && time.Since(time.Unix(0, l.model.At())) > behindAfter
	if l.begun && (time.Since(l.shownAt) < FrameTime || l.shown == l.model.Record() && l.behind == behind) {
		return
	}
	if l.Timeline != nil {
		l.Timeline.reach(l.model)
	}
	l.begun, l.behind, l.shown, l.shownAt = true, behind, l.model.Record(), time.Now()
	show(Frame{Picture: l.model.Picture(), First: l.first(), Behind: behind})
}
