package standby

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats"
)

const (
	claimTries      = 10
	headerPublisher = "Smk-Publisher"
	publisherBytes  = 8
)

// errClaim means that another publisher wrote to the log each time that it was restored.
var errClaim = errors.New("standby: another publisher writes to the log")

// restoreLog brings the journal's folder up to the end of the log, and claims the log: what a holder before publishes
// late, although its time is over, is refused from then on. For that the last block is published once more, chained to
// itself: the log says the same twice there, and who was chained to the first is not to the second.
func (t *term) restoreLog(ctx context.Context) error {
	for range claimTries {
		sequence, err := t.copyLog(ctx)
		if err != nil || sequence == 0 {
			return err
		}
		claimed, err := t.claimLog(ctx, sequence)
		if claimed || err != nil {
			return err
		}
	}
	return errClaim
}

// copyLog restores the folder, and returns the stream's last message then, 0 if there is none.
func (t *term) copyLog(ctx context.Context) (sequence uint64, err error) {
	l, dir := &t.c.Lease, t.c.Engine.Journal.Dir
	r, err := smknats.Restore(ctx, l.JetStream, l.Environment, l.Account, dir)
	var other *smknats.MismatchError
	if errors.As(err, &other) {
		aside := fmt.Sprintf("%s.term-%d", dir, t.lease.Term())
		if err := os.Rename(dir, aside); err != nil {
			return 0, fmt.Errorf("standby: %w", err)
		}
		l.Logger.Warn("standby: the journal's folder has something else than the log and is moved aside",
			slog.String("to", aside), slog.Any("cause", err))
		r, err = smknats.Restore(ctx, l.JetStream, l.Environment, l.Account, dir)
	}
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil // the first term
	}
	return r.Sequence, err
}

// claimLog publishes the last block once more. It reports false if it is not the last any more.
func (t *term) claimLog(ctx context.Context, sequence uint64) (claimed bool, err error) {
	l := &t.c.Lease
	names, err := smknats.NewNames(l.Environment)
	if err != nil {
		return false, err
	}
	name := names.LogStream(l.Account)
	stream, err := l.JetStream.Stream(ctx, name)
	if err != nil {
		return false, fmt.Errorf("standby: stream %s: %w", name, err)
	}
	last, err := stream.GetMsg(ctx, sequence)
	if err != nil {
		return false, fmt.Errorf("standby: stream %s: %w", name, err)
	}
	h := nats.Header{}
	for key, values := range last.Header {
		h[key] = values
	}
	number := make([]byte, publisherBytes)
	_, _ = rand.Read(number) // never fails
	h.Set(headerPublisher, hex.EncodeToString(number))
	_, err = l.JetStream.PublishMsg(ctx, &nats.Msg{Subject: names.Log(l.Account), Header: h, Data: last.Data},
		jetstream.WithExpectLastSequencePerSubject(sequence), jetstream.WithExpectStream(name))
	var refused *jetstream.APIError
	if errors.As(err, &refused) && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("standby: stream %s: %w", name, err)
	}
	return true, nil
}
