package standby

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats"
)

// claimTries is how often the log is restored and claimed.
const claimTries = 10

// errClaim means that another publisher wrote to the log each time that it was restored.
var errClaim = errors.New("standby: another publisher writes to the log")

// errPart means that the log's beginning expired or was purged, so that there is no journal to go on with: a new one
// would not be the log's.
var errPart = fmt.Errorf("standby: the log does not have the beginning of a segment: %w", smknats.ErrGap)

// restoreLog brings the journal's folder up to the end of the log, and claims the log: what a holder before publishes
// late, although its time is over, is refused from then on: see smknats.Claim.
func (t *term) restoreLog(ctx context.Context) error {
	for range claimTries {
		sequence, err := t.copyLog(ctx)
		if err != nil || sequence == 0 {
			return err
		}
		l := &t.c.Lease
		claimed, err := smknats.Claim(ctx, l.JetStream, l.Environment, l.Account, t.c.Engine.Journal.Dir, sequence)
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
	if err == nil && r.Sequence != 0 && r.Segment == 0 {
		return 0, errPart
	}
	return r.Sequence, err
}
