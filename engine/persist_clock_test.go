package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// TestPersistClockSetBack ends a process whose request has not reached the exchange, and sets the clock back an hour
// before it starts again: what is unknown is reported as with any other clock.
func TestPersistClockSetBack(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Hour} {
		dir, later := t.TempDir(), t.TempDir()
		reference := uint64(0)
		settings := func(config *engine.Config, dir string) {
			config.State.File, config.State.DurableIntents = filepath.Join(dir, "state"), true
			config.State.SaveEvery, config.OnStop = time.Hour, engine.StopLeave
		}
		onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
			advance(ahead)
			settings(&config, dir)
			r := startInBubble(t, config, nil)
			advance(time.Second)
			d := &tradingDay{t: t, Engine: r.Engine}
			d.do(r, func() {
				p, err := d.Place(limit(odds.Buy, 2000))
				if err != nil {
					t.Error(err)
				}
				reference = p.Reference()
			})
			advance(time.Second)
			for _, name := range statefile.Names(config.State.File) { // as a process leaves them that is killed
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(later, filepath.Base(name)), b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r.Stop()
			_ = r.wait()
		})
		// Another exchange, as if it had not got the request.
		onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
			advance(time.Minute)
			settings(&config, later)
			r := startInBubble(t, config, nil)
			advance(time.Second)
			if got := r.Recovery(); got.Intents != 1 || !got.Done || !slices.Equal(got.Unknown, []uint64{reference}) {
				t.Errorf("%v ahead: %+v, want reference %d", ahead, got, reference)
			}
			r.Stop()
			_ = r.wait()
		})
	}
}
