package smknats

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// openStream returns a stream, which is made if there is none. One that is there stays as it is.
func openStream(
	ctx context.Context, js jetstream.JetStream, c jetstream.StreamConfig, subjects ...string,
) (jetstream.Stream, error) {
	c.Subjects = subjects
	for range streamWaitTries {
		s, err := js.Stream(ctx, c.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			s, err = js.CreateStream(ctx, c)
		}
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			continue // another publisher made it meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("smknats: stream %s: %w", c.Name, err)
		}
		return s, nil
	}
	return nil, fmt.Errorf("smknats: stream %s: %w", c.Name, jetstream.ErrStreamNameAlreadyInUse)
}

// logStream returns the settings of an account's log: what is kept is not thinned out, and nobody deletes parts of it.
func (p *Publisher) logStream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: p.names.LogStream(p.c.Account), Description: "smk: journal of an account, in blocks",
		Storage: jetstream.FileStorage, Replicas: p.c.replicas(p.js), MaxAge: p.c.LogAge, DenyDelete: true,
		MaxConsumers: consumersMax,
	}
}
