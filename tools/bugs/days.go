package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/smk-go/smk/prove"
)

// caught says which day notices a bug.
type caught struct {
	Failed    bool
	Seeds     uint64 // how many ran
	Seed      uint64
	Round     int
	At        time.Duration // virtual time
	Invariant string
	Text      string
}

// String describes it in a line.
func (c caught) String() string {
	if !c.Failed {
		return fmt.Sprintf("survives %d seeds", c.Seeds)
	}
	text := c.Text
	if len(text) > 150 {
		text = text[:150] + "..."
	}
	return fmt.Sprintf("seed %d, round %d, %v, %s: %s", c.Seed, c.Round, c.At, c.Invariant, text)
}

// writeDays runs days and writes the first that fails.
func writeDays(w io.Writer, o *options) {
	if err := json.NewEncoder(w).Encode(runDays(o)); err != nil {
		panic(err)
	}
}

// runDays runs days in the order of their seeds, and returns the lowest seed that fails. A day without an end fails
// too.
func runDays(o *options) (c caught) {
	var mu sync.Mutex
	var workers sync.WaitGroup
	ended := make(chan struct{})
	hung := make(chan caught, 1)
	next := uint64(0)
	for range max(o.workers, 1) {
		workers.Go(func() {
			for {
				mu.Lock()
				seed := next
				if seed >= o.seeds || c.Failed {
					mu.Unlock()
					return
				}
				next++
				mu.Unlock()
				watch := time.AfterFunc(o.hang, func() {
					select {
					case hung <- caught{Failed: true, Seed: seed, Invariant: "end of the day"}:
					default:
					}
				})
				r := prove.Run(prove.New(seed))
				watch.Stop()
				mu.Lock()
				if c.Seeds++; r.Failure != nil && (!c.Failed || seed < c.Seed) {
					f := r.Failure
					c.Failed, c.Seed, c.Round, c.At, c.Invariant, c.Text = true, seed, f.Round, f.At, f.Invariant,
						f.Text
				}
				mu.Unlock()
			}
		})
	}
	go func() {
		workers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return c
	case c := <-hung:
		return c
	}
}
