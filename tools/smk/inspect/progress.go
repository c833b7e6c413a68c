package inspect

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/journal"
)

// Progress says how far a journal has been read. Any goroutine may read it.
type Progress struct {
	records atomic.Uint64
	wall    atomic.Int64
}

// Records returns how many records have been read, more than once by commands that read twice.
func (p *Progress) Records() uint64 { return p.records.Load() }

// Time returns when the last of them was recorded.
func (p *Progress) Time() time.Time { return time.Unix(0, p.wall.Load()).UTC() }

// add counts a record. p may be nil.
func (p *Progress) add(r *journal.Record) {
	if p != nil {
		p.records.Add(1)
		p.wall.Store(r.Wall)
	}
}

type progressKey struct{}

// WithProgress returns a context under which p follows every Read.
func WithProgress(ctx context.Context, p *Progress) context.Context {
	return context.WithValue(ctx, progressKey{}, p)
}
