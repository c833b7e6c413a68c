package smknats

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// beat says that the publisher is there, again and again, until ctx ends.
func (p *Publisher) beat(ctx context.Context) error {
	ticker := time.NewTicker(p.c.Beat)
	defer ticker.Stop()
	for {
		data, err := proto.Marshal(p.beatMessage())
		if err != nil {
			return fmt.Errorf("smknats: %w", err)
		}
		p.hook("beat")
		// A connection that is away keeps some of them and sends them late: the publisher is there, too.
		err = p.js.Conn().PublishMsg(&nats.Msg{Subject: p.names.Control(p.c.Account, "beat"), Data: data})
		if err != nil && !transient(err) {
			return fmt.Errorf("smknats: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (p *Publisher) beatMessage() *natspb.Envelope {
	e := p.envelope()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.stats
	behind, why := p.behind()
	b := &natspb.Beat{
		Period: proto.Int64(int64(p.c.Beat)), Behind: proto.Bool(behind), Session: proto.String(s.Session),
		Mode: proto.String(s.Mode), Log: &natspb.Cursor{
			Segment: proto.Uint64(s.Segment), Offset: proto.Uint64(uint64(s.Offset)), Record: proto.Uint64(s.Record),
		},
	}
	if s.Failures != p.failures {
		p.failures, b.Failure = s.Failures, proto.String(s.Failure)
	}
	if behind {
		b.Why = &why
	}
	e.Cursor, e.Body = p.cursor, &natspb.Envelope_Beat{Beat: b}
	return e
}
