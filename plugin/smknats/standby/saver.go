package standby

import (
	"context"
	"errors"
	"sync"
	"time"
)

// saver saves the newest image of a term, on a goroutine of its own.
type saver struct {
	store   *store
	allowed func() bool
	failed  func(error)

	mu     sync.Mutex
	newest []byte
	wake   chan struct{}
	ended  chan struct{}
	cancel context.CancelFunc
}

const (
	saveAttempt = 2 * time.Second // how long the servers' answers to an image are awaited
	savePause   = 100 * time.Millisecond
)

func newSaver(s *store, allowed func() bool, failed func(error)) *saver {
	ctx, cancel := context.WithCancel(context.Background())
	v := &saver{
		store: s, allowed: allowed, failed: failed, wake: make(chan struct{}, 1), ended: make(chan struct{}),
		cancel: cancel,
	}
	go v.run(ctx)
	return v
}

// image has an image saved, unless another one follows before.
func (v *saver) image(content []byte) {
	v.mu.Lock()
	v.newest = content
	v.mu.Unlock()
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

func (v *saver) take() (content []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	content, v.newest = v.newest, nil
	return content
}

// restore has an image that could not be saved be tried again, if there is no newer one.
func (v *saver) restore(content []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.newest == nil {
		v.newest = content
	}
}

func (v *saver) run(ctx context.Context) {
	defer close(v.ended)
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-v.wake:
		}
		for content := v.take(); content != nil; content = v.take() {
			err := v.once(ctx, content)
			if err == nil {
				failing = false
				continue
			}
			if errors.Is(err, errOutdated) || ctx.Err() != nil {
				v.restore(content)
				break
			}
			v.restore(content)
			if !failing {
				failing = true
				v.failed(err)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(savePause):
			}
		}
	}
}

func (v *saver) once(ctx context.Context, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, saveAttempt)
	defer cancel()
	return v.store.save(ctx, content, v.allowed)
}

// finish ends the goroutine, and saves the newest image until a time.
func (v *saver) finish(until time.Time) error {
	v.cancel()
	<-v.ended
	content := v.take()
	if content == nil {
		return nil
	}
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	for {
		err := v.once(ctx, content)
		if err == nil || errors.Is(err, errOutdated) || ctx.Err() != nil {
			return err
		}
		<-time.After(savePause)
	}
}
