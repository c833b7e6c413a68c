package engine

import (
	"encoding/json"

	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/order"
)

// RestoreStart makes orders what those of a run were when it began: those of StateConfig.File, as the payload of the
// run's journal.KindStart records has them, put together. now is the clock reading of the last of these records. found
// is false if there was no such file; orders are left as they are then. The error is a *[ReplayError] if the payload
// does not have what the run began with, as that of a redacted copy, or a *[StateFileError]; orders are then empty, or
// those of the file without what was sent since.
func RestoreStart(start []byte, orders *order.Manager, now int64) (found bool, err error) {
	if len(start) == 0 {
		return false, nil // no engine's: imported, for example
	}
	var begin runStart
	if err := json.Unmarshal(start, &begin); err != nil {
		return false, &ReplayError{Reason: "the start of the run: " + err.Error()}
	}
	switch {
	case begin.Redacted:
		return false, &ReplayError{Reason: "a redacted journal does not have the state that the run began with"}
	case begin.Version == 0:
		return false, nil
	case begin.Version != runStartVersion:
		return false, &ReplayError{Reason: "the start of the run is of another version"}
	case len(begin.Files) == 0:
		return false, nil
	}
	store, err := statefile.Open(statefile.Config{
		FS: newMemoryFS(begin.Files), Path: begin.Files[0].Name, Owner: begin.Owner, Version: payloadVersion,
	})
	if err != nil {
		return false, err
	}
	p := persist{store: store}
	if err := p.read(now, orders, &Config{ReferenceTerm: begin.ReferenceTerm}); err != nil {
		return false, err
	}
	if err := p.readIntents(orders); err != nil {
		return true, err
	}
	orders.SetClock(now)
	return true, nil
}
