package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/plugin/smknats"
)

// What the subjects of smknats.Names.Lease are about.
const (
	aboutChanged  = "changed"
	aboutHandover = "handover"
)

// Release ends the lease, so that a contender can have it at once: to is the name of the one that shall have it, which
// the others leave it to for half a TTL, or "" for any. The fence is closed at once: call it when the engine has ended.
// The error says that the servers did not answer before the lease would have expired by itself, which frees it, too.
func (l *Lease) Release(ctx context.Context, to string) error { return l.release(ctx, to) }

func (l *Lease) release(ctx context.Context, to string) error {
	l.stopping.Do(func() { close(l.stop) })
	<-l.ended
	if err := l.Err(); err != nil {
		if err == ErrReleased {
			return nil
		}
		return err
	}
	l.mu.Lock()
	until := l.until.Add(l.x.c.Margin)
	l.mu.Unlock()
	l.end(ErrReleased)
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	for {
		lost, err := l.releaseOnce(ctx, to)
		if err == nil {
			if lost {
				return ErrLost
			}
			_ = l.x.c.JetStream.Conn().Publish(l.x.names.Lease(l.x.c.Account, aboutChanged), nil)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("lease: not released: %w", err)
		case <-time.After(l.x.c.pollEvery()):
		}
	}
}

func (l *Lease) releaseOnce(ctx context.Context, to string) (lost bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.x.c.attempt())
	defer cancel()
	v := l.own
	v.State, v.To, v.N, v.Wall = released, to, l.tries.begin(time.Now()), time.Now().UnixNano()
	over := l.Revision()
	revision, refused, err := l.x.bucket.write(ctx, v, over)
	if err != nil {
		return false, err
	}
	if !refused {
		l.setRevision(revision)
		return false, nil
	}
	e, found, err := l.x.bucket.read(ctx)
	switch {
	case err != nil:
		return false, err
	case !found || e.ID != v.ID:
		return true, nil
	case e.State == released:
		return false, nil // the answer was lost
	case e.revision == over:
		return false, errRefusedNewest
	}
	l.setRevision(e.revision) // of a renewal whose answer was lost
	return l.releaseOnce(ctx, to)
}

func (l *Lease) setRevision(revision uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.revision = revision
}

var errRefusedNewest = errors.New("lease: the newest revision is refused")

// Handover is a request to hand the lease over. The holder ends what it does, calls Release with To, and then Done.
type Handover struct {
	To string // name of the contender that shall have the lease, "" for any

	request *nats.Msg
}

// handoverAnswer is what a request for a handover is answered with, as JSON.
type handoverAnswer struct {
	From  string `json:"from"`            // the holder that hands over
	Term  uint64 `json:"term"`            // its term
	Error string `json:"error,omitempty"` // why it does not
}

// Handovers returns a channel that has a request to hand over when there is one.
func (l *Lease) Handovers() <-chan *Handover { return l.asked }

// listen takes requests to hand over.
func (l *Lease) listen() (err error) {
	subject := l.x.names.Lease(l.x.c.Account, aboutHandover)
	l.handovers, err = l.x.c.JetStream.Conn().Subscribe(subject, func(m *nats.Msg) {
		var h Handover
		if len(m.Data) > valueMax || json.Unmarshal(m.Data, &h) != nil || len(h.To) > nameMax {
			l.answer(m, errors.New("not understood"))
			return
		}
		h.request = m
		if h.To == l.x.c.Name {
			l.answer(m, errors.New("it has the lease"))
			return
		}
		select {
		case l.asked <- &h:
		default:
			l.answer(m, errors.New("another request is being handled"))
		}
	})
	return err
}

// Answer answers who asked: with nil if the lease was released, else why not.
func (l *Lease) Answer(h *Handover, err error) { l.answer(h.request, err) }

func (l *Lease) answer(m *nats.Msg, err error) {
	if m == nil {
		return
	}
	a := handoverAnswer{From: l.x.c.Name, Term: l.term}
	if err != nil {
		a.Error = err.Error()
	}
	b, err := json.Marshal(a)
	if err != nil {
		panic("BUG: lease: " + err.Error())
	}
	_ = m.Respond(b) // who asked may be gone
}

// HandoverError is why a holder did not hand the lease over.
type HandoverError struct {
	From   string // the holder
	Reason string
}

// Error names both.
func (e *HandoverError) Error() string {
	return "lease: " + e.From + " does not hand over: " + e.Reason
}

// HandoverWait is how long RequestHandover waits for an answer at most.
const HandoverWait = 2 * time.Minute

// RequestHandover asks the holder of an account's lease to hand it over to the contender of a name, or to any if that
// is "", and waits until it was released. It returns the name and the term of the holder that did. The error is a
// *HandoverError, nats.ErrNoResponders if nobody has the lease, or that of ctx, after HandoverWait at the latest, if
// there was no answer: the lease may be handed over or not, or be yet.
func RequestHandover(
	ctx context.Context, nc *nats.Conn, environment, account, to string,
) (from string, term uint64, err error) {
	names, err := smknats.NewNames(environment)
	if err != nil {
		return "", 0, err
	}
	if _, err := smknats.Token(account); err != nil {
		return "", 0, err
	}
	b, err := json.Marshal(Handover{To: to})
	if err != nil {
		panic("BUG: lease: " + err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, HandoverWait)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, names.Lease(account, aboutHandover), b)
	if err != nil {
		return "", 0, fmt.Errorf("lease: handover: %w", err)
	}
	var a handoverAnswer
	if len(m.Data) > valueMax || json.Unmarshal(m.Data, &a) != nil {
		return "", 0, &HandoverError{"the holder", "its answer is not understood"}
	}
	if a.Error != "" {
		return a.From, a.Term, &HandoverError{a.From, a.Error}
	}
	return a.From, a.Term, nil
}
