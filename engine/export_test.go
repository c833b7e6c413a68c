package engine

import (
	"runtime"

	"github.com/smk-go/smk/engine/internal/statefile"
)

// DialTCP is the dialer of those who bring none.
var DialTCP = dialTCP

// ReferenceBase draws where references begin.
var ReferenceBase = referenceBase

// BaseOf is where an engine's references begin.
func BaseOf(e *Engine) uint64 { return e.config.Session.ReferenceBase }

// SetStateFS sets the file system of Config.State.File.
func SetStateFS(c *Config, fs statefile.FS) { c.State.Files = fs }

// IsQuote reports whether a reference is of a request of quotes.
func IsQuote(e *Engine, reference uint64) bool { return e.trading.persist.isQuote(reference) }

// ReplicaAgrees reports whether the writer's orders, once it has read what was noted, are the engine's; the loop only.
func ReplicaAgrees(e *Engine) bool {
	p := e.trading.persist
	for p.writing && !p.writer.Free() {
		p.writer.Wait(savePatience)
	}
	for p.replica.queue.Len() > 0 {
		p.writer.Read()
		runtime.Gosched()
	}
	return p.replica.orders.Digest() == e.trading.orders.Digest()
}

// Stale reports whether the writer has to begin anew.
func Stale(e *Engine) bool { return e.trading.persist.replica.stale }

// FillNotes fills the queue of the writer, as a slow disk does.
func FillNotes(e *Engine) {
	for !e.trading.persist.replica.stale {
		e.trading.persist.note(noteTick, e.now)
	}
}
